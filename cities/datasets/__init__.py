"""What leaves as data: for each subject its columns, its rows, and what a file of them says about itself.

One definition serves every form: the files of the lists, the API, the snapshots and their description. A writer
(`cities.writers`) knows nothing of cities or meetings, a dataset nothing of CSV or KML.
"""

from .base import BadQuery, Column, Dataset, Extract, Kind, Row, Rows

__all__ = ["BadQuery", "Column", "Dataset", "Extract", "Kind", "Row", "Rows"]
