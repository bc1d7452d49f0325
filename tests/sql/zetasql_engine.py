"""GoogleSQL as Google defines it: the analyzer and the reference executor of the `zetasql` package, typed.

Types are GoogleSQL text, `INT64` or `ARRAY<STRING>`. A row is a mapping by column name; a TIMESTAMP is an aware
datetime in UTC, a DATETIME one without a zone, and JSON is its text, so that repeated keys and wide integers can be
said.
"""

import contextlib
import ctypes
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from unittest.mock import patch

import wasmtime
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto.options_pb2 import AnalyzerOptionsProto, LanguageOptionsProto
from zetasql.wasi._pb2.zetasql.proto.simple_catalog_pb2 import SimpleCatalogProto
from zetasql.wasi._pb2.zetasql.public import options_pb2, type_pb2

Columns = Mapping[str, str]
"""The columns of a relation or of a statement's rows: name to type, in order."""

Relations = Mapping[str, Columns]
"""The tables that a statement may name."""

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""What stands in the tables; a table that is left out is empty."""


_Key = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class GoogleSqlError(Exception):
    """GoogleSQL refuses the statement, or fails while it runs it."""


# What the analyzer would take and BigQuery does not document.
_NOT_IN_BIGQUERY = (
    "ADDITIONAL_STRING_FUNCTIONS",
    "AGGREGATE_FILTERING",
    "ARRAY_EQUALITY",
    "ARRAY_FIND_FUNCTIONS",
    "ARRAY_ORDERING",
    "ARRAY_ZIP",
    "BARE_ARRAY_ACCESS",
    "CONCAT_MIXED_TYPES",
    "DML_RETURNING",
    "FIRST_AND_LAST_N",
    "FOR_UPDATE",
    "INSERT_ON_CONFLICT_CLAUSE",
    "JSON_CONTAINS_FUNCTION",
    "JSON_TYPE_COMPARISON",
    "LATERAL_JOIN",
    "LIMIT_OFFSET_EXPRESSIONS",
    "LITERAL_CONCATENATION",
    "MULTILEVEL_AGGREGATION",
    "MULTIWAY_UNNEST",
    "NULLIFZERO_ZEROIFNULL",
    "PI_FUNCTIONS",
    "STRUCT_POSITIONAL_ACCESSOR",
    "TIMESTAMP_NANOS",
    "TIMESTAMP_PICOS",
    "UNNEST_AND_FLATTEN_ARRAYS",
    "UUID_TYPE",
)


def analyze(sql: str, relations: Relations, parameters: Columns) -> Columns:
    """Type-check a statement; returns the columns of its rows, none for a change. Raises GoogleSqlError."""
    return _analyzed(sql, _key(relations), tuple(parameters.items()))


@cache
def _analyzed(sql: str, relations: _Key, parameters: tuple[tuple[str, str], ...]) -> Columns:
    request = service.AnalyzeRequest(
        sql_statement=sql, options=_options(dict(parameters)), registered_catalog_id=_catalog_id(relations)
    )
    statement = _call("Analyze", request, service.AnalyzeResponse).resolved_statement
    columns = statement.resolved_query_stmt_node.output_column_list
    return {column.name: type_text(column.column.type) for column in columns}


def resolved(sql: str, relations: Relations, parameters: Columns) -> Any:
    """The resolved statement: scans have only the columns that it names, nodes their places in the text."""
    options = _options(dict(parameters))
    options.prune_unused_columns = True
    options.parse_location_record_type = options_pb2.PARSE_LOCATION_RECORD_FULL_NODE_SCOPE
    request = service.AnalyzeRequest(
        sql_statement=sql, options=options, registered_catalog_id=_catalog_id(_key(relations))
    )
    return _call("Analyze", request, service.AnalyzeResponse).resolved_statement


def execute(sql: str, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a SELECT, in no order that could be relied on. Raises GoogleSqlError."""
    return select(sql, relations, rows, types, parameters)[1]


def select(
    sql: str, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]
) -> tuple[Columns, list[Row]]:
    """The columns of a SELECT too, without a second analysis of it. Raises GoogleSqlError."""
    request = service.EvaluateQueryRequest(sql=sql)
    _fill(request, relations, rows, types, parameters)
    response = _call("EvaluateQuery", request, service.EvaluateQueryResponse)
    columns = {column.name: type_text(column.type) for column in response.prepared.columns}
    return columns, [_row(columns, row.cell) for row in response.content.table_data.row]


def modify(sql: str, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows that an INSERT adds, or that an UPDATE leaves of those it changes. Raises GoogleSqlError."""
    request = service.EvaluateModifyRequest(sql=sql)
    _fill(request, relations, rows, types, parameters)
    response = _call("EvaluateModify", request, service.EvaluateModifyResponse)
    columns = relations[response.table_name] if response.content else {}
    return [_row(columns, row.cell) for row in response.content]


class _Client(wasm_client.WasmClient):  # type: ignore[misc]
    """The package's client, which copies byte by byte, with copies of whole messages."""

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(self._address() + ptr, data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(self._address() + ptr, size)

    def _address(self) -> int:
        return ctypes.addressof(self.memory.data_ptr().contents)


@cache
def _client() -> _Client:
    """One a process. Its 28 MB module is compiled once a machine: the compiled one is kept."""

    def caching() -> wasmtime.Config:
        config = wasmtime.Config()
        with contextlib.suppress(wasmtime.WasmtimeError):
            config.cache = True
        return config

    with patch.object(wasm_client, "Config", caching):
        return _Client(get_wasm_path())


def _call(method: str, request: Any, response: Any) -> Any:
    try:
        return _client().call_grpc_func(f"ZetaSqlLocalService_{method}", request, response)
    except ServerError as error:
        raise GoogleSqlError(error.raw_error) from error


@cache
def _language() -> Any:
    request = service.LanguageOptionsRequest(maximum_features=True)
    language = _call("GetLanguageOptions", request, LanguageOptionsProto)
    left_out = {options_pb2.LanguageFeature.Value(f"FEATURE_{name}") for name in _NOT_IN_BIGQUERY}
    kept = [feature for feature in language.enabled_language_features if feature not in left_out]
    del language.enabled_language_features[:]
    language.enabled_language_features.extend(kept)
    # None named means all: by default only SELECT is let through.
    del language.supported_statement_kinds[:]
    language.product_mode = options_pb2.PRODUCT_EXTERNAL
    return language


def _options(types: Columns) -> Any:
    options = AnalyzerOptionsProto(
        language_options=_language(),
        # Else Los Angeles.
        default_timezone="UTC",
        error_message_mode=options_pb2.ERROR_MESSAGE_ONE_LINE,
        prune_unused_columns=False,
    )
    for name, type_text in types.items():
        options.query_parameters.add(name=name, type=_type(type_text))
    return options


def _key(relations: Relations) -> _Key:
    return tuple((name, tuple(columns.items())) for name, columns in relations.items())


@cache
def _catalog(relations: _Key) -> Any:
    catalog = SimpleCatalogProto(name="root")
    catalog.builtin_function_options.language_options.CopyFrom(_language())
    for name, columns in relations:
        table = catalog.table.add(name=name)
        for column, type_text in columns:
            table.column.add(name=column, type=_type(type_text), is_writable_column=True)
    return catalog


@cache
def _catalog_id(relations: _Key) -> int:
    """The catalog as the service keeps it, which spares an analysis half its time; it takes no rows."""
    request = service.RegisterCatalogRequest(simple_catalog=_catalog(relations))
    registered_id: int = _call("RegisterCatalog", request, service.RegisterResponse).registered_id
    return registered_id


def _fill(request: Any, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]) -> None:
    request.options.CopyFrom(_options(types))
    request.simple_catalog.CopyFrom(_catalog(_key(relations)))
    for name, columns in relations.items():
        table = request.table_content[name].table_data
        # A table that is not mentioned cannot be read; an empty one has to be.
        table.SetInParent()
        for row in rows.get(name, ()):
            cells = table.row.add()
            for column, type_text in columns.items():
                _encode(row[column], type_text, cells.cell.add())
    for name, value in parameters.items():
        _encode(value, types[name], request.params.add(name=name).value)


_KINDS = {"FLOAT64": "TYPE_DOUBLE"}
_NAMES = {"DOUBLE": "FLOAT64"}


def _type(text: str) -> Any:
    proto = type_pb2.TypeProto()
    if text.startswith("ARRAY<"):
        proto.type_kind = type_pb2.TYPE_ARRAY
        proto.array_type.element_type.CopyFrom(_type(_element(text)))
    elif text.startswith("STRUCT<"):
        proto.type_kind = type_pb2.TYPE_STRUCT
        for name, field in _fields(text):
            proto.struct_type.field.add(field_name=name, field_type=_type(field))
    else:
        proto.type_kind = type_pb2.TypeKind.Value(_KINDS.get(text, f"TYPE_{text}"))
    return proto


def type_text(proto: Any) -> str:
    """A type as GoogleSQL writes it."""
    if proto.type_kind == type_pb2.TYPE_ARRAY:
        return f"ARRAY<{type_text(proto.array_type.element_type)}>"
    if proto.type_kind == type_pb2.TYPE_STRUCT:
        raise GoogleSqlError("a column of a struct type: DuckDB's own types have no name for it here")
    name = str(type_pb2.TypeKind.Name(proto.type_kind)).removeprefix("TYPE_")
    return _NAMES.get(name, name)


def _element(array_type: str) -> str:
    return array_type.removeprefix("ARRAY<").removesuffix(">")


def _fields(struct_type: str) -> list[list[str]]:
    """Name and type of each field; none of them is a struct itself."""
    return [each.split(" ") for each in struct_type.removeprefix("STRUCT<").removesuffix(">").split(", ")]


_EPOCH = date(1970, 1, 1)
# A NUMERIC goes as the whole number of its billionths, in two's complement, the least byte first.
_NUMERIC_PLACES = 9
_FIELDS = {
    "BOOL": "bool_value",
    "FLOAT64": "double_value",
    "INT64": "int64_value",
    "JSON": "json_value",
    "STRING": "string_value",
}


def _encode(value: Any, type_text: str, proto: Any) -> None:
    if value is None:
        return
    if type_text == "TIMESTAMP":
        proto.timestamp_value.FromDatetime(value)
    elif type_text == "DATE":
        proto.date_value = (value - _EPOCH).days
    elif type_text == "DATETIME":
        proto.datetime_value.bit_field_datetime_seconds = _packed(value)
        proto.datetime_value.nanos = value.microsecond * 1000
    elif type_text == "NUMERIC":
        scaled = int(Decimal(value).scaleb(_NUMERIC_PLACES))
        proto.numeric_value = scaled.to_bytes(scaled.bit_length() // 8 + 1, "little", signed=True)
    elif type_text.startswith("ARRAY<"):
        proto.array_value.SetInParent()
        for element in value:
            _encode(element, _element(type_text), proto.array_value.element.add())
    elif type_text.startswith("STRUCT<"):
        for name, field in _fields(type_text):
            _encode(value[name], field, proto.struct_value.field.add())
    else:
        setattr(proto, _FIELDS[type_text], value)


def _packed(value: datetime) -> int:
    """A time of day and its date in one number: a group of bits each."""
    packed = value.year
    for part, bits in ((value.month, 4), (value.day, 5), (value.hour, 5), (value.minute, 6), (value.second, 6)):
        packed = packed << bits | part
    return packed


def _row(columns: Columns, cells: Sequence[Any]) -> Row:
    return {name: _decode(cell, type_text) for (name, type_text), cell in zip(columns.items(), cells, strict=True)}


def _decode(proto: Any, type_text: str) -> Any:
    if proto.WhichOneof("value") is None:
        return None
    if type_text == "TIMESTAMP":
        return proto.timestamp_value.ToDatetime(tzinfo=UTC)
    if type_text == "DATE":
        return _EPOCH + timedelta(days=proto.date_value)
    if type_text == "NUMERIC":
        scaled = int.from_bytes(proto.numeric_value, "little", signed=True)
        return Decimal(f"{scaled}E-{_NUMERIC_PLACES}")
    if type_text.startswith("ARRAY<"):
        return [_decode(element, _element(type_text)) for element in proto.array_value.element]
    return getattr(proto, _FIELDS[type_text])
