"""The lists as files, each with the query of its page."""

from ..datasets.call import CALLS, call_extract, calls_move
from ..datasets.city import CITIES, city_extract
from ..datasets.cooperation import COOPERATION, cooperation_extract
from ..datasets.country import COUNTRIES, country_extract
from ..datasets.creative_field import FIELDS, field_extract
from ..datasets.designation import DESIGNATIONS, designation_extract
from ..datasets.initiative import INITIATIVES, initiative_extract
from ..downloads import file_view

calls = file_view(CALLS, call_extract, moving=calls_move)
cities = file_view(CITIES, city_extract)
cooperation = file_view(COOPERATION, cooperation_extract)
countries = file_view(COUNTRIES, country_extract)
designations = file_view(DESIGNATIONS, designation_extract)
fields = file_view(FIELDS, field_extract)
initiatives = file_view(INITIATIVES, initiative_extract)
