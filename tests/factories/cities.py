import datetime
import string

import factory

from cities.models import City, Country, CreativeField, Designation, Precision, Region


def letters(number: int, count: int) -> str:
    """A number written with capital letters: 0 → "AA", 27 → "BB"."""
    text = ""
    for _place in range(count):
        number, letter = divmod(number, 26)
        text = string.ascii_uppercase[letter] + text
    return text


class CountryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Country
        django_get_or_create = ("iso2",)  # the sequence comes by the codes of real countries

    iso2 = factory.Sequence(lambda n: letters(n, 2))
    iso3 = factory.Sequence(lambda n: letters(n, 3))
    name_en = factory.Sequence(lambda n: f"Country {n}")
    name_fr = factory.Sequence(lambda n: f"Pays {n}")
    region = Region.AFRICA
    unesco_status = Country.UnescoStatus.MEMBER


class CreativeFieldFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CreativeField

    slug = factory.Sequence(lambda n: f"field-{n}")
    name_en = factory.Sequence(lambda n: f"Field {n}")
    name_fr = factory.Sequence(lambda n: f"Domaine {n}")
    colour_light = "#633323"
    colour_dark = "#e0a080"
    pictogram = "M2 2h20v20z"
    valid_from = datetime.date(2004, 10, 1)


class CityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = City

    slug = factory.Sequence(lambda n: f"city-{n}")
    name_en = factory.Sequence(lambda n: f"City {n}")
    name_fr = factory.Sequence(lambda n: f"Ville {n}")
    country = factory.SubFactory(CountryFactory)
    latitude = 45.75
    longitude = 4.85


class DesignationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Designation

    city = factory.SubFactory(CityFactory)
    field = factory.SubFactory(CreativeFieldFactory)
    starts_on = datetime.date(2015, 12, 11)
    starts_precision = Precision.DAY
    source = "a source"
    member_since = factory.SelfAttribute("starts_on")
    member_since_precision = factory.SelfAttribute("starts_precision")
