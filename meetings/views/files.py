"""The list of meetings as files."""

from cities.downloads import file_view

from ..datasets.meeting import MEETINGS, meeting_extract, meetings_move

meetings = file_view(MEETINGS, meeting_extract, moving=meetings_move)
