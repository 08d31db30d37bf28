from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from cities.models import Call, City, CityQuerySet, Country, CreativeField, Initiative
from meetings.models import Meeting


class Bilingual(Sitemap):
    i18n = True
    alternates = True
    x_default = True


class Pages(Bilingual):
    def items(self) -> list[str]:
        return [
            "home",
            "cities:directory",
            "cities:map",
            "cities:table",
            "cities:field_list",
            "cities:country_list",
            "cities:cooperation",
            "cities:initiatives",
            "cities:calls",
            "network",
            "statistics",
            "data",
            "meetings:list",
            "legal",
            "privacy",
            "accessibility",
            "contact",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class Cities(Bilingual):
    def items(self) -> CityQuerySet:
        return City.objects.members().only("slug").order_by("slug")


class Fields(Bilingual):
    def items(self):
        return CreativeField.objects.all()


class Countries(Bilingual):
    def items(self):
        return Country.objects.filter(cities__in=City.objects.members()).distinct()


class Initiatives(Bilingual):
    """The published ones; those invented for a demonstration are for no search engine."""

    def items(self):
        return Initiative.objects.public().filter(is_demonstration=False).order_by("slug")


class Calls(Bilingual):
    """The published ones; a demonstration is for no search engine."""

    def items(self):
        return Call.objects.public().filter(is_demonstration=False)


class Meetings(Bilingual):
    """All editions; a demonstration is for no search engine."""

    def items(self):
        return Meeting.objects.filter(is_demonstration=False)


SITEMAPS = {
    "pages": Pages,
    "cities": Cities,
    "fields": Fields,
    "countries": Countries,
    "initiatives": Initiatives,
    "calls": Calls,
    "meetings": Meetings,
}
