"""Rows as Arrow, with the same types from both engines. Needs pyarrow, which is imported only when it is asked for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.errors import ConfigError

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader


def pyarrow() -> Any:
    """The module. Raises ConfigError if it is not installed."""
    try:
        import pyarrow
    except ImportError as error:
        raise ConfigError(
            "Arrow needs the package pyarrow, which is not installed. Run: pip install pyarrow"
        ) from error
    return pyarrow


def reader(columns: Mapping[str, str], schema: Any, batches: Iterable[Any]) -> "RecordBatchReader":
    """A reader of an engine's batches whose columns have the Arrow types of their GoogleSQL types.

    `columns` has the GoogleSQL types by name, `schema` the Arrow types that the engine gives. JSON becomes text. A
    column of a type that is none of GoogleSQL's keeps the engine's.
    """
    arrow = pyarrow()
    types = [_type(arrow, kind) or field.type for kind, field in zip(columns.values(), schema, strict=True)]
    target = arrow.schema(list(zip(columns, types, strict=True)))
    reader: RecordBatchReader = arrow.RecordBatchReader.from_batches(target, _cast(arrow, target, batches))
    return reader


def _cast(arrow: Any, target: Any, batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        arrays = [_plain(arrow, array).cast(field.type) for array, field in zip(batch.columns, target, strict=True)]
        yield arrow.RecordBatch.from_arrays(arrays, schema=target)


def _plain(arrow: Any, array: Any) -> Any:
    """The array without the extension type by which an engine marks JSON."""
    return array.storage if isinstance(array.type, arrow.BaseExtensionType) else array


def _type(arrow: Any, google_type: str) -> Any:
    if google_type.startswith("ARRAY<"):
        element = _type(arrow, google_type.removeprefix("ARRAY<").removesuffix(">"))
        return element and arrow.list_(element)
    types = {
        "STRING": arrow.string(),
        "INT64": arrow.int64(),
        "FLOAT64": arrow.float64(),
        "BOOL": arrow.bool_(),
        "TIMESTAMP": arrow.timestamp("us", tz="UTC"),
        "DATETIME": arrow.timestamp("us"),
        "DATE": arrow.date32(),
        "JSON": arrow.string(),
        "NUMERIC": arrow.decimal128(38, 9),
        "BYTES": arrow.binary(),
    }
    return types.get(google_type)
