"""What a row looks like, told by the columns of its dataset."""

from collections.abc import Collection
from functools import cache
from typing import Any

from rest_framework import serializers

from cities.datasets import Column, Dataset, Kind, Row

FIELD_OF = {
    Kind.TEXT: serializers.CharField,
    Kind.INTEGER: serializers.IntegerField,
    Kind.NUMBER: serializers.FloatField,
    Kind.BOOLEAN: serializers.BooleanField,
    Kind.DATE: serializers.DateField,
    Kind.INSTANT: serializers.DateTimeField,
    Kind.ADDRESS: serializers.URLField,
    Kind.LIST: serializers.ListField,
}


class RowSerializer(serializers.Serializer):
    """Rows of a dataset, all their columns or some. The fields describe the values; what writes files writes them."""

    dataset: Dataset

    def __init__(self, *args: Any, columns: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = [name for name in self.dataset.names if columns is None or name in columns]

    def to_representation(self, instance: Row) -> Row:
        return {name: instance[name] for name in self.names}


@cache
def serializer_of(dataset: Dataset) -> type[RowSerializer]:
    """The serializer of a dataset's rows: a field for each column, in their order."""
    fields = {column.name: field_of(column) for column in dataset.columns}
    name = dataset.name.title().replace("-", "").replace("_", "")
    return type(f"{name}RowSerializer", (RowSerializer,), {"dataset": dataset, **fields})


def field_of(column: Column) -> serializers.Field:
    described: dict[str, Any] = {"help_text": column.description, "read_only": True}
    # Texts that are not known are empty, all else is null.
    if not column.is_always_known and column.kind not in {Kind.TEXT, Kind.ADDRESS, Kind.LIST}:
        described["allow_null"] = True
    if column.kind == Kind.LIST:
        return serializers.ListField(child=serializers.CharField(), **described)
    if column.choices:
        return serializers.ChoiceField(choices=list(column.choices), **described)
    return FIELD_OF[column.kind](**described)
