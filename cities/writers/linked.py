"""Rows as linked data: JSON-LD in the words of schema.org, for datasets that say what their rows are there."""

from collections.abc import Iterator
from typing import Any

from ..datasets import Extract
from .plain import write_list

VOCABULARY = "https://schema.org/"
CONTEXT = {
    "@vocab": VOCABULARY,
    "url": {"@type": "@id"},
    "license": {"@type": "@id"},
    "itemListElement": {"@container": "@list"},
}
"""Stands in the file, so that no reader fetches anything to understand it. The list of rows keeps its order."""


def write_jsonld(extract: Extract) -> Iterator[bytes]:
    """The file as a `Dataset`, which is mainly about a list of its rows as nodes of their own."""
    about = dict(extract.about)
    language = about.pop("language")

    def worded(name: str) -> dict[str, str]:
        return {"@language": language, "@value": about.pop(name)}

    source, licence_address = about.pop("source"), about.pop("licence_url")
    dataset: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": source,
        "url": source,
        "name": worded("title"),
        "inLanguage": language,
        "publisher": {"@type": "Organization", "name": about.pop("publisher")},
        "license": {"@type": "CreativeWork", "@id": licence_address, "name": about.pop("licence")},
        "creditText": worded("credit"),
        "temporalCoverage": about.pop("as_of"),
        "dateModified": about.pop("last_change"),
    }
    # What schema.org has no word for.
    dataset["additionalProperty"] = [
        {"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in about.items() if value
    ]
    known = {name: value for name, value in dataset.items() if value}
    known["mainEntity"] = {"@type": "ItemList", "itemListElement": []}
    describe = extract.dataset.linked
    if describe is None:
        raise ValueError(f"{extract.dataset.name} has no words of schema.org")
    return write_list(known, (describe(row) for row in extract.rows))
