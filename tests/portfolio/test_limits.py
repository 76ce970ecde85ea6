"""How much longer loans may run and how much more households may owe, at the boundaries of the rules."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.frames import Frames
from app.policy.policy import Rules, load
from app.portfolio.extension import extension_room
from app.portfolio.scheme import SchemeAbsentError
from app.portfolio.top_up import top_up_room
from tests.features.ledger import paid, visit
from tests.portfolio.packs import small
from tests.portfolio.vintages import county, lent

DAY = date(2022, 6, 1)
BEGAN = date(2022, 1, 31)
NATIONAL = load("national")


def _until(months: int) -> date:
    years, month = divmod(months, 12)
    return date(BEGAN.year + years, 1 + month, 28) if month else date(BEGAN.year + years, 1, 31)


def _extension(*loans: dict[str, Any], on: date = DAY, **tables: list[dict[str, Any]]) -> dict[str, Any]:
    rows = extension_room(county(*loans, **tables), NATIONAL.at(on), as_of=on)
    return rows.row(-1, named=True)


# --- extensions ---


@pytest.mark.parametrize(
    ("months", "term_class", "allowed"),
    [
        (1, "short", 1),
        (12, "short", 12),
        (13, "medium", 6),
        (36, "medium", 18),
        (60, "medium", 30),
        (61, "long", 36),
    ],
)
def test_what_may_be_added_follows_the_length_of_the_first_term(
    months: int, term_class: str, allowed: int
) -> None:
    found = _extension(lent(1, 5_000_000, BEGAN, _until(months)), on=BEGAN)

    assert (found["term_months"], found["term_class"]) == (months, term_class)
    assert (found["months_allowed"], found["months_left"]) == (allowed, allowed)


def test_the_latest_maturity_ends_with_its_month() -> None:
    loan = lent(1, 5_000_000, date(2021, 12, 31), date(2022, 8, 31))

    found = _extension(loan)

    assert (found["months_left"], found["latest_maturity"]) == (8, date(2023, 4, 30))


@pytest.mark.parametrize(
    ("matures_on", "eligibility", "months_left", "ask_by"),
    [
        (date(2022, 6, 2), "allowed", 12, date(2022, 6, 1)),
        (date(2022, 6, 1), "referred", 12, None),
        (date(2022, 5, 31), "refused", 0, None),
    ],
)
def test_an_extension_is_asked_for_before_maturity(
    matures_on: date, eligibility: str, months_left: int, ask_by: date | None
) -> None:
    found = _extension(lent(1, 5_000_000, matures_on - timedelta(days=365), matures_on))

    assert (found["eligibility"], found["months_left"], found["ask_by"]) == (eligibility, months_left, ask_by)
    assert (found["latest_maturity"] is None) == (eligibility == "refused")


def test_months_added_in_place_count_and_a_second_time_is_referred() -> None:
    moved = {
        "loan_id": "L000001",
        "action": "extension",
        "decided_on": date(2022, 1, 10),
        "new_matures_on": date(2022, 7, 20),
    }

    found = _extension(lent(1, 5_000_000, date(2020, 1, 20), date(2022, 1, 20)), dispositions=[moved])

    assert (found["term_months"], found["months_used"], found["months_left"]) == (24, 6, 6)
    assert (found["eligibility"], found["decided_by"]) == ("referred", ["extension_once"])


def test_an_extension_loan_is_measured_by_the_term_of_the_loan_it_extends() -> None:
    first = lent(1, 5_000_000, date(2020, 1, 20), date(2022, 1, 20))
    second = lent(2, 5_000_000, date(2022, 1, 20), date(2023, 1, 20)) | {
        "household_id": "H000001",
        "kind": "extension",
        "continues_loan_id": "L000001",
    }

    found = _extension(first, second)

    assert (found["loan_id"], found["term_months"], found["months_used"]) == ("L000002", 24, 12)
    assert (found["months_left"], found["latest_maturity"]) == (0, None)
    assert found["decided_by"] == ["extension_once", "extension_medium_share"]


def test_a_renewed_loan_starts_a_term_of_its_own() -> None:
    first = lent(1, 5_000_000, date(2020, 1, 20), date(2022, 1, 20))
    second = lent(2, 5_000_000, date(2022, 1, 20), date(2023, 1, 20)) | {
        "household_id": "H000001",
        "kind": "renewal",
        "continues_loan_id": "L000001",
    }

    found = _extension(first, second)

    assert (found["term_months"], found["months_left"], found["eligibility"]) == (12, 12, "allowed")


def test_a_used_up_room_refuses_where_its_numbers_are_cited(tmp_path: Path) -> None:
    cited = "reference: {kind: cited, document: 文件}"
    parameters = "".join(
        f"  {code}:\n    zh: 期限\n    unit: months\n"
        f"    in_force: [{{from: 2014-01-01, value: {value}, {cited}}}]\n"
        for code, value in (("short_term_months", 12), ("medium_term_months", 60))
    )
    rules = small(tmp_path, f"parameters:\n{parameters}", DAY)
    moved = {
        "loan_id": "L000001",
        "action": "extension",
        "decided_on": date(2022, 1, 10),
        "new_matures_on": date(2023, 1, 20),
    }
    frames = county(lent(1, 5_000_000, date(2020, 1, 20), date(2022, 1, 20)), dispositions=[moved])

    found = extension_room(frames, rules, as_of=DAY).row(0, named=True)

    assert (found["eligibility"], found["decided_by"]) == ("refused", ["extension_medium_share"])


def test_repaid_and_continued_loans_are_not_listed() -> None:
    frames = county(
        lent(1, 5_000_000, date(2020, 1, 20), date(2023, 1, 20)),
        repayments=[paid(date(2022, 5, 1), principal=5_000_000, loan_id="L000001")],
    )

    assert extension_room(frames, NATIONAL.at(DAY), as_of=DAY).is_empty()
    assert top_up_room(frames, NATIONAL.at(DAY), as_of=DAY).is_empty()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 120))
def test_a_longer_first_term_never_makes_more_than_three_years_or_its_own_length(months: int) -> None:
    began = date(2020, 1, 1)
    until = date(began.year + months // 12, 1 + months % 12, 1)

    found = _extension(lent(1, 5_000_000, began, until), on=date(2020, 1, 15))

    assert 0 <= found["months_allowed"] <= min(months, 36)


# --- top-ups ---


SOUND = [visit(date(2022, 5, 1), production="sound") | {"loan_id": f"L{n:06}"} for n in (1, 2)]
RUNS = (date(2020, 7, 1), date(2023, 6, 1))


def _top_up(*loans: dict[str, Any], on: date = DAY) -> dict[str, Any]:
    visits = [seen | {"visited_on": on, "known_on": on} for seen in SOUND]
    return top_up_room(county(*loans, visits=visits), NATIONAL.at(on), as_of=on).row(0, named=True)


@pytest.mark.parametrize(
    ("balance", "room", "subsidised", "eligibility"),
    [
        (3_000_000, 7_000_000, 2_000_000, "allowed"),
        (5_000_000, 5_000_000, 0, "allowed"),
        (9_999_900, 100, 0, "allowed"),
        (10_000_000, 0, 0, "refused"),
        (10_000_100, 0, 0, "refused"),
    ],
)
def test_a_household_may_owe_100_000_of_which_50_000_is_subsidised(
    balance: int, room: int, subsidised: int, eligibility: str
) -> None:
    found = _top_up(lent(1, balance, *RUNS))

    assert (found["room"], found["subsidised_room"], found["eligibility"]) == (room, subsidised, eligibility)


def test_all_loans_of_a_household_take_room_together() -> None:
    found = _top_up(lent(1, 3_000_000, *RUNS), lent(2, 4_000_000, *RUNS) | {"household_id": "H000001"})

    assert (found["loans"], found["balance"], found["room"]) == (2, 7_000_000, 3_000_000)


@pytest.mark.parametrize(
    ("day", "eligibility"),
    [
        (date(2020, 12, 31), "referred"),
        (date(2021, 1, 1), "refused"),
        (date(2026, 2, 28), "refused"),
        (date(2026, 3, 1), "referred"),
    ],
)
def test_only_the_regime_whose_text_was_read_refuses_beyond_the_total(day: date, eligibility: str) -> None:
    found = _top_up(lent(1, 10_000_000, date(2020, 7, 1), date(2026, 7, 1)), on=day)

    assert (found["room"], found["eligibility"], found["decided_by"]) == (0, eligibility, ["top_up_total"])


def test_a_refused_top_up_leaves_no_room() -> None:
    found = _top_up(lent(1, 3_000_000, *RUNS, use_mode="firm"))

    assert (found["eligibility"], found["room"], found["subsidised_room"]) == ("refused", 0, 0)
    assert found["decided_by"] == ["top_up_firm"]


def test_the_worst_of_a_households_loans_decides() -> None:
    found = _top_up(
        lent(1, 3_000_000, *RUNS), lent(2, 1_000_000, *RUNS, use_mode="firm") | {"household_id": "H000001"}
    )

    assert (found["eligibility"], found["decided_by"]) == ("refused", ["top_up_firm"])


def test_a_loan_nobody_visited_is_referred() -> None:
    frames = county(lent(1, 3_000_000, *RUNS))

    found = top_up_room(frames, NATIONAL.at(DAY), as_of=DAY).row(0, named=True)

    assert (found["eligibility"], found["decided_by"]) == ("referred", ["top_up_production"])


def test_a_pack_without_the_caps_says_so(tmp_path: Path) -> None:
    text = (
        "name: bare\nzh: 空\nen: bare\nregimes:\n  scheme:\n    zh: 时期\n"
        "    in_force: [{from: 2014-01-01, title_zh: 试, title_en: test, reference: {kind: design}}]\n"
    )
    (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
    bare: Rules = load(tmp_path).at(DAY)

    with pytest.raises(SchemeAbsentError, match="household_total_cap"):
        top_up_room(Frames.of({}), bare, as_of=DAY)
    with pytest.raises(SchemeAbsentError, match="short_term_months"):
        extension_room(Frames.of({}), bare, as_of=DAY)


def test_an_empty_ledger_has_nothing_to_limit() -> None:
    assert extension_room(Frames.of({}), NATIONAL.at(DAY), as_of=DAY).is_empty()
    assert top_up_room(Frames.of({}), NATIONAL.at(DAY), as_of=DAY).is_empty()
