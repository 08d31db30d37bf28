"""Every list of the site that leaves as data: its dataset, what selects its rows, and where it is read and taken away.

To make another list available, add it here: the page of open data and the buttons follow.
"""

from dataclasses import dataclass
from functools import partial

from django.urls import reverse

from cities.datasets import Dataset
from cities.datasets.call import CALLS, call_extract
from cities.datasets.city import CITIES, city_extract
from cities.datasets.cooperation import COOPERATION, cooperation_extract
from cities.datasets.country import COUNTRIES, country_extract
from cities.datasets.creative_field import FIELDS, field_extract
from cities.datasets.designation import DESIGNATIONS, designation_extract
from cities.datasets.initiative import INITIATIVES, initiative_extract
from cities.downloads import ExtractOf
from cities.filters import with_query
from cities.writers import FORMATS, Format
from meetings.datasets.meeting import MEETINGS, meeting_extract


@dataclass(frozen=True)
class Listed:
    dataset: Dataset
    extract: ExtractOf
    page: str
    """The name of the page that shows it; empty where no one page does."""
    file: str
    """The name of the address of its files, which takes an extension."""
    feed: str = ""
    calendar: str = ""
    real: ExtractOf | None = None
    """The extract without what is invented for a demonstration, where that is more than to leave rows out."""

    # A template that asked the dataset itself would get a column of that name, where there is one.

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def title(self) -> str:
        return str(self.dataset.title)

    @property
    def formats(self) -> list[Format]:
        """Those that can hold it, in the order in which they are offered."""
        return [form for form in FORMATS.values() if form.takes(self.dataset)]

    def address(self, form: Format, query: str = "") -> str:
        """Of its file in a format, in the language of the page; with the query of a list."""
        return with_query(reverse(self.file, kwargs={"extension": form.extension}), query)


LISTS = {
    one.dataset.name: one
    for one in (
        Listed(CITIES, city_extract, "cities:directory", "cities:cities_file", feed="cities:cities_feed"),
        Listed(DESIGNATIONS, designation_extract, "", "cities:designations_file"),
        Listed(FIELDS, field_extract, "cities:field_list", "cities:fields_file"),
        Listed(COUNTRIES, country_extract, "cities:country_list", "cities:countries_file"),
        Listed(
            INITIATIVES,
            initiative_extract,
            "cities:initiatives",
            "cities:initiatives_file",
            feed="cities:initiatives_feed",
        ),
        Listed(
            COOPERATION,
            cooperation_extract,
            "cities:cooperation",
            "cities:cooperation_file",
            real=partial(cooperation_extract, with_invented=False),
        ),
        Listed(CALLS, call_extract, "cities:calls", "cities:calls_file"),
        Listed(
            MEETINGS,
            meeting_extract,
            "meetings:list",
            "meetings:meetings_file",
            feed="meetings:feed",
            calendar="meetings:calendar_all",
        ),
    )
}
"""By the name of the dataset."""
