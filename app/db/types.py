"""Column types that hold the same values on SQLite (STRICT tables) and PostgreSQL."""

# ruff: noqa: ANN401 - what a driver hands over has no type

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Double,
    Integer,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

EPOCH: Final = date(1970, 1, 1).toordinal()

# Bytes decide the order on both databases, whatever the locale, so that pages are the same.
WORDS: Final = Text().with_variant(Text(collation="C"), "postgresql")
WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")
NUMBER: Final[TypeEngine[float]] = Double().with_variant(REAL(), "sqlite")


class Day(TypeDecorator[date]):
    """A date; on SQLite the days since 1970-01-01, which STRICT checks and Polars takes as they are."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """This function will choose an integer on SQLite and a date elsewhere."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """This function will turn a date into what the database keeps."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.toordinal() - EPOCH

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """This function will turn what the database keeps into a date."""
        if value is None or dialect.name != "sqlite":
            return value  # type: ignore[no-any-return]
        return date.fromordinal(value + EPOCH)


class Flag(TypeDecorator[bool]):
    """Yes or no; on SQLite 1 or 0."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """This function will choose an integer on SQLite and a boolean elsewhere."""
        plain = Integer() if dialect.name == "sqlite" else Boolean()
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: FBT001
        """This function will turn a flag into what the database keeps."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ARG002
        """This function will turn what the database keeps into a flag."""
        return None if value is None else bool(value)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; on SQLite its ISO 8601 text. A moment without time zone is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """This function will choose text on SQLite and a timestamp with time zone elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """This function will bring a moment to UTC and into the database's form."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """This function will give the moment in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)
