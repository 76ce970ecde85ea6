"""What documents are made of: tables of figures with their headings, and the paragraphs of a bulletin."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import polars as pl

Language = Literal["zh", "en"]


class Form(StrEnum):
    """How the values of a column are kept and shown."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"  # fen, shown in yuan
    PERCENT = "percent"  # ppm, shown in per cent
    POINTS = "points"  # two decimals
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a report's table: its name in the rows, its headings, and the form of its values."""

    name: str
    zh: str
    en: str
    form: Form

    def text(self, language: Language) -> str:
        """This function will give the heading in a language, with the unit of its values."""
        unit = _UNITS[language].get(self.form, "")
        return (self.zh if language == "zh" else self.en) + unit


_UNITS: dict[Language, dict[Form, str]] = {
    "zh": {Form.MONEY: "(元)", Form.PERCENT: "(%)"},
    "en": {Form.MONEY: " (yuan)", Form.PERCENT: " (%)"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet of a report: its name, headings, rows and, where there is one, the row of its totals."""

    zh: str
    en: str
    headings: tuple[Heading, ...]
    rows: pl.DataFrame
    total: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """This function will give the name of the sheet in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A small table within a bulletin, as it is printed; the last row may hold the totals."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a bulletin: a heading, paragraphs, tables."""

    heading: str
    paragraphs: tuple[str, ...]
    tables: tuple[TextTable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A bulletin (通报): the lines of its title, the sentence it opens with, its sections, and notes."""

    title: tuple[str, ...]
    lead: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
