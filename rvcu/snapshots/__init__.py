"""Snapshots: all open data as of a day in one folder, published once and kept as they are.

The folder `snapshots/<day>/<edition>/` of the storage holds every list in every format that it fits, `README.txt`,
`datapackage.json`, `manifest.json`, `SHA256SUMS` (of all of these, for `sha256sum -c`) and an archive of them all.
Rows of `DataSnapshot` say which folders are there and what each file must be; a folder without a row is what a run
left that was killed, and nobody is shown it.

    publishing    publish_snapshot(): the one verb
      reading       what the database holds, from one state of it
      packing       what belongs around the data
        data_package  a description of them for programs
      corrections   what a further edition changed
      storage       the files and folders
    verifying     flaws(): what is not as it was published
"""
