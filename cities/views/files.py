"""The lists as files, each with the query of its page."""

from ..datasets.city import CITIES, city_extract
from ..downloads import file_view

cities = file_view(CITIES, city_extract)
