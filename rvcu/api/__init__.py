"""The API: the lists of the site for programs, from the same datasets, filters and formats as pages and files.

`resources` is the table of what there is; views and the document are derived from it.
"""
