"""Who is admitted where all households are granted: ages, registration and marks together (003 一)."""

from datetime import date
from itertools import product

import polars as pl
import pytest

from app.policy.evaluate import outcomes
from app.policy.policy import load

DAY = date(2023, 6, 1)
POOR = ("registered", "lifted", "stable")
NONE, NOT_BAD_FAITH, BAD_FAITH = "none", "not_bad_faith", "bad_faith"


Said = tuple[str, list[str]]


def said(pack: str, *, age: float | None, registration: str | None, mark: str = NONE) -> Said:
    rules = load(pack).at(DAY)
    read = {name for rule in rules.eligibility if rule.now.when for name in rule.now.when.features()}
    facts: dict[str, float | str | None] = {
        **dict.fromkeys(read, 0.0), "has_village": 1.0, "borrower_age": age, "registration": registration,
        "credit_mark_open": float(mark != NONE), "bad_faith_open": float(mark == BAD_FAITH),
    }  # fmt: skip
    text = {"registration": pl.String()}
    row = pl.DataFrame({name: [value] for name, value in facts.items()}, schema_overrides=text)
    found = outcomes(rules.eligibility, row.with_row_index("row"), rules.parameters).row(0, named=True)
    return found["eligibility"], found["decided_by"]


@pytest.mark.parametrize("pack", ["yanchi", "yanchi_1531"])
@pytest.mark.parametrize("registration", POOR)
@pytest.mark.parametrize(
    ("age", "result"),
    [(17, "refused"), (18, "allowed"), (60, "allowed"), (61, "allowed"), (65, "allowed"), (66, "refused")],
)
def test_registered_households_are_admitted_from_18_to_65(
    pack: str, registration: str, age: int, result: str
) -> None:
    assert said(pack, age=age, registration=registration)[0] == result


@pytest.mark.parametrize("pack", ["yanchi", "yanchi_1531"])
@pytest.mark.parametrize("registration", POOR)
def test_a_mark_not_in_bad_faith_keeps_no_registered_household_out(pack: str, registration: str) -> None:
    for age in (18, 60, 61, 65):
        assert said(pack, age=age, registration=registration, mark=NOT_BAD_FAITH)[0] == "allowed"


@pytest.mark.parametrize("pack", ["yanchi", "yanchi_1531"])
@pytest.mark.parametrize("registration", POOR)
def test_a_mark_in_bad_faith_keeps_a_registered_household_out(pack: str, registration: str) -> None:
    found = said(pack, age=40, registration=registration, mark=BAD_FAITH)

    assert found == ("refused", ["bad_faith"])


@pytest.mark.parametrize(
    ("age", "result"),
    [(17, "refused"), (18, "allowed"), (60, "allowed"), (61, "referred"), (65, "referred"), (66, "refused")],
)
def test_an_ordinary_household_is_admitted_by_1531_from_18_to_60(age: int, result: str) -> None:
    assert said("yanchi_1531", age=age, registration="ordinary")[0] == result


def test_the_631_leaves_an_ordinary_household_to_a_person() -> None:
    assert said("yanchi", age=40, registration="ordinary") == ("referred", ["registered_household"])


@pytest.mark.parametrize(
    ("mark", "code"), [(NOT_BAD_FAITH, "credit_mark"), (BAD_FAITH, "bad_faith_ordinary")]
)
def test_an_ordinary_household_with_a_mark_goes_to_a_person(mark: str, code: str) -> None:
    assert said("yanchi_1531", age=40, registration="ordinary", mark=mark) == ("referred", [code])


def test_what_is_not_known_goes_to_a_person_and_is_never_refused() -> None:
    for pack, (age, registration) in product(("yanchi", "yanchi_1531"), ((None, "lifted"), (62, None))):
        assert said(pack, age=age, registration=registration)[0] == "referred"
    assert said("yanchi_1531", age=40, registration=None, mark=BAD_FAITH)[0] == "referred"


def test_the_1531_speaks_for_no_county_that_the_631_claims() -> None:
    claimed = load("yanchi").pack.county_codes

    assert claimed
    assert load("yanchi_1531").pack.county_codes == ()
