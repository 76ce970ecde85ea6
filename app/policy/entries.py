"""What every entry of a pack has in common: labels, dated values, and where each comes from."""

from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.policy.mistakes import mistake

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Strict(BaseModel):
    """A frozen value that accepts no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ReferenceKind(StrEnum):
    """How sure we are of where a value comes from."""

    CITED = "cited"  # printed in a document we read
    DERIVED = "derived"  # computed from printed figures
    DESIGN = "design"  # ours, because no document states it
    UNVERIFIED = "unverified"  # remembered, not seen


class Reference(Strict):
    """Where a value comes from; `document` and `clause` for cited and derived ones."""

    kind: ReferenceKind
    document: str = ""
    clause: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _names_its_source(self) -> Self:
        if self.kind in {ReferenceKind.CITED, ReferenceKind.DERIVED} and not self.document:
            raise mistake(
                zh=f"{self.kind} 的值必须写明文件（document）", en=f"a {self.kind} value names its document"
            )
        return self


class InForce(Strict):
    """The dated part of an entry."""

    from_: date = Field(alias="from")
    to: date | None = None
    reference: Reference

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to is not None and self.to < self.from_:
            raise mistake(
                zh=f"止期 {self.to} 早于起期 {self.from_}", en=f"it ends on {self.to}, before {self.from_}"
            )
        return self


Dated = TypeVar("Dated", bound=InForce)


class Entry(Strict, Generic[Dated]):
    """One thing a pack says, with all its dated values, oldest first, without gap or overlap."""

    zh: str
    en: str = ""
    in_force: tuple[Dated, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Self:
        for before, after in pairwise(self.in_force):
            _check_neighbours(before, after)
        return self

    def at(self, day: date) -> Dated | None:
        """This function will find the value in force on a day; None where there is none."""
        return next((v for v in self.in_force if v.from_ <= day and (v.to is None or day <= v.to)), None)


def _check_neighbours(before: InForce, after: InForce) -> None:
    if before.to is None or before.to >= after.from_:
        raise mistake(zh=f"{after.from_} 当日的取值重叠", en=f"values overlap on {after.from_}")
    if before.to + timedelta(days=1) != after.from_:
        raise mistake(
            zh=f"{before.to} 与 {after.from_} 之间没有取值",
            en=f"no value between {before.to} and {after.from_}",
        )
