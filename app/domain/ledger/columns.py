"""What a column and a table of the ledger are; every schema below is made of these."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from app.domain.words import Word


class Kind(StrEnum):
    """How a column's text is read and kept."""

    TEXT = "text"
    CODE = "code"  # digits and letters that name something: never a number
    PERSON = "person"  # an ID number in a file, a pseudonymous person id everywhere else
    DATE = "date"
    MONTH = "month"  # the first day of a month
    MONEY = "money"  # yuan in a file, integer fen everywhere else
    RATE = "rate"  # per cent a year in a file, integer ppm everywhere else
    INTEGER = "integer"
    DECIMAL = "decimal"  # a quantity with unit, such as mu or head
    FLAG = "flag"
    CHOICE = "choice"


_DTYPES: dict[Kind, pl.DataType] = {
    Kind.DATE: pl.Date(),
    Kind.MONTH: pl.Date(),
    Kind.MONEY: pl.Int64(),
    Kind.RATE: pl.Int64(),
    Kind.INTEGER: pl.Int64(),
    Kind.DECIMAL: pl.Float64(),
    Kind.FLAG: pl.Boolean(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a ledger table: its name, Chinese heading, other headings and kind."""

    name: str
    zh: str
    kind: Kind
    also: tuple[str, ...] = ()
    required: bool = False
    choices: type[Word] | None = None
    unit: str = ""
    digits: int | None = None  # exact length of a division code

    @property
    def dtype(self) -> pl.DataType:
        """This function will give the Polars type that frames hold for this column."""
        return _DTYPES.get(self.kind, pl.String())


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of fact. `key` names the fact; a new row with a known key is a correction.

    `happened` is the column with the day the fact happened; `forward` tells that this day may lie
    in the future (dues, maturities). `subject` is the column by which frames are selected.
    """

    name: str
    zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    happened: str
    subject: str
    also: tuple[str, ...] = ()
    forward: bool = False
    personal: bool = False

    def column(self, name: str) -> Column:
        """This function will find a column by its name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """This function will list the column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """This function will give the Polars schema of a frame of this table, meta columns last."""
        return {column.name: column.dtype for column in (*self.columns, *META)}


META: tuple[Column, ...] = (
    Column(name="known_on", zh="知悉日期", kind=Kind.DATE, also=("获知日期", "登记日期"), required=True),
    Column(name="known_basis", zh="知悉依据", kind=Kind.CODE, required=True),
    Column(name="imported_on", zh="导入日期", kind=Kind.DATE, required=True),
    Column(name="import_id", zh="导入批次", kind=Kind.INTEGER, required=True),
    Column(name="version", zh="版本", kind=Kind.INTEGER, required=True),
)


def code(name: str, zh: str, *also: str, required: bool = False, digits: int | None = None) -> Column:
    """This function will declare a column of codes."""
    return Column(name=name, zh=zh, kind=Kind.CODE, also=also, required=required, digits=digits)


def text(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of free text."""
    return Column(name=name, zh=zh, kind=Kind.TEXT, also=also, required=required)


def person(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column that refers to a person by ID number in files."""
    return Column(name=name, zh=zh, kind=Kind.PERSON, also=also, required=required)


def day(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of dates."""
    return Column(name=name, zh=zh, kind=Kind.DATE, also=also, required=required)


def month(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of months, kept as their first day."""
    return Column(name=name, zh=zh, kind=Kind.MONTH, also=also, required=required)


def money(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of yuan, kept as fen."""
    return Column(name=name, zh=zh, kind=Kind.MONEY, also=also, required=required, unit="yuan")


def rate(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of yearly per cent, kept as ppm."""
    return Column(name=name, zh=zh, kind=Kind.RATE, also=also, required=required, unit="%/year")


def count(name: str, zh: str, *also: str, required: bool = False, unit: str = "") -> Column:
    """This function will declare a column of whole numbers."""
    return Column(name=name, zh=zh, kind=Kind.INTEGER, also=also, required=required, unit=unit)


def quantity(name: str, zh: str, *also: str, required: bool = False, unit: str = "") -> Column:
    """This function will declare a column of measured quantities."""
    return Column(name=name, zh=zh, kind=Kind.DECIMAL, also=also, required=required, unit=unit)


def flag(name: str, zh: str, *also: str, required: bool = False) -> Column:
    """This function will declare a column of yes and no."""
    return Column(name=name, zh=zh, kind=Kind.FLAG, also=also, required=required)


def choice(name: str, zh: str, words: type[Word], *also: str, required: bool = False) -> Column:
    """This function will declare a column whose values are fixed words."""
    return Column(name=name, zh=zh, kind=Kind.CHOICE, also=also, required=required, choices=words)
