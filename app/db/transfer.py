"""Bulk transfer between tables and Polars frames: COPY on PostgreSQL, the bare cursor on SQLite."""

import gc
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, cast

import polars as pl
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Schema = dict[str, pl.DataType]

_FETCH: Final = 2_000
# SQLite, and packed columns, hand days and flags over as integers.
_Handed = Mapping[pl.DataType, pl.DataType]
_HANDED: Final[_Handed] = {pl.Date(): pl.Int32(), pl.Boolean(): pl.Int8()}
_EPOCH: Final[sa.ColumnElement[Any]] = sa.literal_column("date '1970-01-01'")
_FLUSH: Final = 1 << 25
_FEW: Final = 100  # below this a temporary table costs more than it saves
_SLICE: Final = 50_000


def read(
    connection: sa.Connection,
    query: sa.Select[Any],
    schema: Schema,
    values: Mapping[str, Any] = MappingProxyType({}),
    *,
    packed: bool = False,
    few: bool = False,
) -> pl.DataFrame:
    """This function will read a query's columns, in the order of `schema`, into a frame.

    `values` fills the query's named parameters; on PostgreSQL they must be what psycopg takes as it is.
    `packed` suits thousands of rows whose text fits in memory: it takes a third of the processor's time.
    `few` suits a handful of rows: PostgreSQL keeps the plans of such queries, but none of COPY.
    """
    with _collector_resting():
        if packed and not any(dtype.is_float() for dtype in schema.values()):  # SQLite writes 15 digits
            return _fetch_packed(connection, query, schema, values)
        if few or connection.dialect.name == "sqlite":
            return _fetch(connection, query, schema, values)
        compiled = query.compile(dialect=connection.dialect)
        statement = f"COPY ({compiled}) TO STDOUT (FORMAT csv)".encode()
        return _copy_out(_postgresql(connection), statement, compiled.construct_params(dict(values)), schema)


def insert(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame, *, new_only: bool = False) -> int:
    """This function will add rows and count them; with `new_only`, those whose keys are not there yet."""
    if rows.is_empty():
        return 0
    if connection.dialect.name == "sqlite":
        return _insert_sqlite(connection, table, rows, new_only=new_only)
    if not new_only:
        return _copy_in(_postgresql(connection).cursor(), f"{table.name} ({_names(rows)})", rows)
    return (_insert_few if rows.height <= _FEW else _insert_many)(connection, table, rows)


def tell_planner(connection: sa.Connection, *names: str) -> None:
    """This function will have PostgreSQL count afresh: plans for tables just filled are bad by far."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Rows form no cycles: looking for some among millions would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _fetch(
    connection: sa.Connection, query: sa.Select[Any], schema: Schema, values: Mapping[str, Any]
) -> pl.DataFrame:
    cursor, parts = connection.execute(query, values).cursor, []
    handed = _HANDED if connection.dialect.name == "sqlite" else {}
    while rows := cursor.fetchmany(_FETCH):
        columns = zip(schema.items(), zip(*rows, strict=True), strict=True)
        parts.append(pl.DataFrame([_series(name, dtype, given, handed) for (name, dtype), given in columns]))
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _series(name: str, dtype: pl.DataType, given: tuple[Any, ...], handed: _Handed) -> pl.Series:
    known = handed.get(dtype)
    return pl.Series(name, given, dtype) if known is None else pl.Series(name, given, known).cast(dtype)


def _fetch_packed(
    connection: sa.Connection, query: sa.Select[Any], schema: Schema, values: Mapping[str, Any]
) -> pl.DataFrame:
    """Have the database write each column as one JSON text, so that no value becomes an object of Python."""
    pack, rows = _PACK[connection.dialect.name], query.subquery()
    columns = sa.select(*(pack(rows.c[name], dtype) for name, dtype in schema.items()))
    texts = connection.execute(columns, values).one()
    given = zip(schema.items(), texts, strict=True)
    return pl.DataFrame([_decoded(name, dtype, text) for (name, dtype), text in given])


def _decoded(name: str, dtype: pl.DataType, text: str | None) -> pl.Series:
    lists = pl.Series([text or "[]"]).str.json_decode(pl.List(_HANDED.get(dtype, dtype)))
    values: pl.Series = lists[0]
    return values.alias(name).cast(dtype)


def _pack_sqlite(column: sa.ColumnElement[Any], _dtype: pl.DataType) -> sa.ColumnElement[Any]:
    return sa.func.json_group_array(column, type_=sa.Text)


def _pack_postgresql(column: sa.ColumnElement[Any], dtype: pl.DataType) -> sa.ColumnElement[Any]:
    if dtype == pl.Date():
        column = column.op("-", return_type=sa.Integer())(_EPOCH)
    elif dtype == pl.Boolean():
        column = sa.cast(column, sa.Integer)
    return sa.cast(sa.func.json_agg(column), sa.Text)


_PACK: Final = {"sqlite": _pack_sqlite, "postgresql": _pack_postgresql}


def _copy_out(
    connection: psycopg.Connection[Any], statement: bytes, values: Mapping[str, Any], schema: Schema
) -> pl.DataFrame:
    parts, buffer = [], bytearray()
    with connection.cursor() as cursor, cursor.copy(statement, values) as lines:
        for line in lines:
            buffer += line
            if len(buffer) > _FLUSH:
                parts.append(_parsed(bytes(buffer), schema))
                buffer.clear()
    if buffer:
        parts.append(_parsed(bytes(buffer), schema))
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _parsed(data: bytes, schema: Schema) -> pl.DataFrame:
    """Read CSV as PostgreSQL writes it: unquoted nothing is null, quoted nothing an empty text, t is true."""
    flags = [name for name, dtype in schema.items() if dtype == pl.Boolean()]
    frame = pl.read_csv(data, has_header=False, schema={**schema, **dict.fromkeys(flags, pl.String())})
    return frame.with_columns(pl.col(flags) == "t") if flags else frame


def _insert_sqlite(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame, *, new_only: bool) -> int:
    plain = rows.with_columns(pl.col(pl.Date).cast(pl.Int32), pl.col(pl.Boolean).cast(pl.Int8))
    marks, ending = ", ".join("?" * rows.width), " ON CONFLICT DO NOTHING" if new_only else ""
    statement = f"INSERT INTO {table.name} ({_names(rows)}) VALUES ({marks}){ending}"  # noqa: S608 - our names
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    before = driver.total_changes
    driver.executemany(statement, plain.iter_rows(buffer_size=_FETCH))
    return driver.total_changes - before


def _insert_few(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> int:
    key = next(iter(table.primary_key))
    statement = postgresql.insert(table).on_conflict_do_nothing().returning(key)
    return len(connection.execute(statement, rows.to_dicts()).all())


def _insert_many(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> int:
    names = _names(rows)
    likeness = f"SELECT {names} FROM {table.name} LIMIT 0"  # noqa: S608 - our names
    merge = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM incoming ON CONFLICT DO NOTHING"  # noqa: S608
    with _postgresql(connection).cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE incoming AS {likeness}".encode())
        _copy_in(cursor, "incoming", rows)
        added = cursor.execute(merge.encode()).rowcount
        cursor.execute("DROP TABLE incoming")
    return added


def _copy_in(cursor: psycopg.Cursor[Any], target: str, rows: pl.DataFrame) -> int:
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)".encode()) as lines:
        for part in rows.iter_slices(_SLICE):
            lines.write(part.write_csv(include_header=False, quote_style="non_numeric").encode())
    return rows.height


def _postgresql(connection: sa.Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _names(rows: pl.DataFrame) -> str:
    return ", ".join(rows.columns)
