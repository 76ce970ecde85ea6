"""Bodies with nested facts, generated from the ledger's schemas so that there is one source of truth."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model
from pydantic_core import PydanticCustomError

from app.domain.identity import is_id_number, normal_id_number
from app.domain.ledger import BY_NAME, Column, Kind, Table
from app.domain.money import MAX_FEN, PPM
from app.services.inline import CHILDREN, own_columns

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
_ID_DIGITS: Final = 18
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EIGHTEEN: Final = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9X])")
_PLAIN: Final = r"^[^\x00-\x1f\x7f]+$"


class Strict(BaseModel):
    """A frozen body that takes no other types, no unknown fields, no infinities."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_enum_values=True
    )


def _day(value: object) -> object:
    if not isinstance(value, str) or _ISO.fullmatch(value) is None:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _no_id_number(value: str) -> str:
    if len(value) < _ID_DIGITS:
        return value
    # Only plausible years, so that an 18-digit contract number is not taken for a person.
    for text in _EIGHTEEN.findall(normal_id_number(value)):
        if is_id_number(text) and FIRST_DAY.year <= int(text[6:10]) <= LAST_DAY.year:
            raise PydanticCustomError("personal_number", "a citizen ID number stands here")
    return value


def _month(value: date) -> date:
    return value.replace(day=1)


Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_day)]
Month = Annotated[Day, AfterValidator(_month)]
Code = Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN), AfterValidator(_no_id_number)]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=_PLAIN), AfterValidator(_no_id_number)]
Fen = Annotated[int, Field(ge=0, le=MAX_FEN)]
Ppm = Annotated[int, Field(ge=0, le=PPM)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Quantity = Annotated[float, Field(ge=0, le=1e9)]
Pack = Annotated[str, Field(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]

_TYPES: Final[Mapping[Kind, Any]] = MappingProxyType(
    {
        Kind.TEXT: Text,
        Kind.CODE: Code,
        Kind.PERSON: Code,
        Kind.DATE: Day,
        Kind.MONTH: Month,
        Kind.MONEY: Fen,
        Kind.RATE: Ppm,
        Kind.INTEGER: Count,
        Kind.DECIMAL: Quantity,
        Kind.FLAG: bool,
    }
)

_UNITS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.PERSON: "pseudonymous person id, never an ID number",
        Kind.MONTH: "any day of the month",
        Kind.MONEY: "fen (1 yuan = 100 fen)",
        Kind.RATE: "ppm a year (43 500 = 4.35 %)",
    }
)

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "households": "Household",
        "household_members": "Member",
        "registrations": "RegistrationFact",
        "incomes": "Income",
        "outside_debts": "OutsideDebt",
        "shocks": "Shock",
        "insurance": "InsurancePolicy",
        "credit_marks": "CreditMarkFact",
        "ratings": "EarlierRating",
        "guarantee_groups": "GuaranteeGroupPlace",
        "applications": "Application",
        "credit_lines": "CreditLine",
        "loans": "Loan",
        "repayments_due": "RepaymentDue",
        "repayments": "Repayment",
        "visits": "Visit",
        "use_records": "UseRecord",
        "dispositions": "Disposition",
        "surveys": "SurveyAnswer",
        "course_events": "CourseEvent",
        "dividends": "Dividend",
        "society_members": "SocietyMembership",
        "society_dues": "SocietyDue",
        "claims": "Claim",
    }
)


def _field(column: Column) -> tuple[Any, Any]:
    kind: Any = column.choices or _TYPES[column.kind]
    if column.digits is not None:
        kind = Annotated[str, Field(pattern=rf"^[0-9]{{{column.digits}}}$")]
    words = "、".join(f"{word.value} {word.zh}" for word in column.choices or ())
    label = re.sub(r"\(.*\)$", "", column.zh)  # the unit of files is not the unit here
    notes = [label, _UNITS.get(column.kind, column.unit), words]
    description = "; ".join(note for note in notes if note)
    if column.required:
        return kind, Field(description=description)
    return kind | None, Field(default=None, description=description)


_KNOWN: Final = Field(
    default=None,
    description="知悉日期; the day this fact became known; left out: assumed from the policy's lag",
)


@cache
def facts_model(table: Table) -> type[Strict]:
    """This function will make the body of one kind of fact, with the facts nested in it."""
    fields: dict[str, Any] = {c.name: _field(c) for c in own_columns(table)}
    fields["known_on"] = (Day | None, _KNOWN)
    for name, child in CHILDREN.get(table.name, {}).items():
        fields[name] = (list[facts_model(child)], Field(default_factory=list, description=child.zh))  # type: ignore[misc]
    return create_model(_NAMES[table.name], __base__=Strict, __doc__=table.zh, **fields)


if TYPE_CHECKING:
    Household = Strict
    Application = Strict
else:
    Household = facts_model(BY_NAME["households"])
    Application = facts_model(BY_NAME["applications"])
