"""Credit lines: drawn and repaid at will within their years, and what refuses a draw."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidValueError, NoRulesInForceError, NotFoundError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.line_sheets import line_totals, lines_sheet
from app.portfolio.lines import DRAW_COLUMNS, LINE_COLUMNS, check_draws, line_states
from tests.features import ledger

DAY = date(2024, 6, 1)
RULES = load("yanchi").at(DAY)
LIMIT = 5_000_000
LINE: dict[str, Any] = {
    "line_id": "C1", "household_id": "H1", "bank": "B1", "credit_limit": LIMIT,
    "granted_on": date(2022, 6, 1), "expires_on": date(2025, 6, 1), "revolving": True,
}  # fmt: skip


def draw(number: int, amount: int, **more: Any) -> dict[str, Any]:
    drawn = {"loan_id": f"L{number}", "line_id": "C1", "amount": amount}
    return ledger.loan(**(drawn | {"disbursed_on": date(2023, 6, 1), "matures_on": date(2025, 6, 1)} | more))


def county(*loans: dict[str, Any], line: dict[str, Any] | None = None, **tables: Any) -> Frames:
    return ledger.ledger(loans=list(loans), credit_lines=[LINE | (line or {})], **tables)


def state(frames: Frames, day: date = DAY) -> dict[str, Any]:
    rules = load("yanchi").at(day)
    return line_states(frames, loan_book(frames, as_of=day), as_of=day, rules=rules).row(0, named=True)


def answer(frames: Frames, amount: int, day: date = DAY) -> dict[str, Any]:
    rules = load("yanchi").at(day)
    states = line_states(frames, loan_book(frames, as_of=day), as_of=day, rules=rules)
    asked = pl.DataFrame({"line_id": ["C1"], "amount": [amount]})
    return check_draws(states, asked, as_of=day, rules=rules).row(0, named=True)


def test_an_untouched_line_gives_its_whole_limit() -> None:
    found = state(county())

    assert tuple(found) == LINE_COLUMNS
    assert (found["drawn"], found["available"], found["overdrawn"]) == (0, LIMIT, 0)
    assert (found["usable_until"], found["days_left"]) == (date(2025, 6, 1), 365)


@settings(max_examples=25, deadline=None)
@given(
    amounts=st.lists(st.integers(1, 2_000_000), min_size=1, max_size=3),
    shares=st.lists(st.integers(0, 4), min_size=3, max_size=3),
)
def test_what_is_repaid_may_be_drawn_again(amounts: list[int], shares: list[int]) -> None:
    loans = [draw(number, amount) for number, amount in enumerate(amounts)]
    back = [amount * share // 4 for amount, share in zip(amounts, shares, strict=False)]
    paid = [
        ledger.paid(date(2024, 1, 5), principal=principal, loan_id=f"L{number}")
        for number, principal in enumerate(back)
        if principal
    ]

    found = state(county(*loans, repayments=paid))

    owed = sum(amounts) - sum(back)
    assert found["drawn"] == owed
    assert found["available"] == max(LIMIT - owed, 0)
    assert found["overdrawn"] == max(owed - LIMIT, 0)
    assert found["draws"] == len(amounts)


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 6_000_000), amounts=st.lists(st.integers(1, 6_000_000), max_size=2))
def test_availability_is_never_negative_and_a_draw_of_all_of_it_is_the_most(
    limit: int, amounts: list[int]
) -> None:
    frames = county(*(draw(n, amount) for n, amount in enumerate(amounts)), line={"credit_limit": limit})

    found = state(frames)

    assert found["available"] >= 0
    assert found["available"] == 0 or found["overdrawn"] == 0
    assert answer(frames, found["available"] + 1)["result"] == "refused"
    assert found["available"] == 0 or answer(frames, found["available"])["result"] == "allowed"


def test_a_line_repaid_in_full_gives_its_whole_limit_back() -> None:
    paid = ledger.paid(date(2024, 5, 31), principal=LIMIT, loan_id="L1")

    found = state(county(draw(1, LIMIT), repayments=[paid]))

    assert (found["drawn"], found["available"], found["draws"]) == (0, LIMIT, 1)


def test_a_renewal_draws_nothing_new() -> None:
    renewed = draw(2, LIMIT, kind="renewal", continues_loan_id="L1", disbursed_on=date(2024, 5, 1))

    found = state(county(draw(1, LIMIT), renewed))

    assert (found["drawn"], found["draws"], found["overdrawn"]) == (LIMIT, 1, 0)


def test_a_line_that_does_not_revolve_keeps_what_was_ever_drawn() -> None:
    paid = ledger.paid(date(2024, 1, 5), principal=2_000_000, loan_id="L1")
    frames = county(draw(1, 2_000_000), line={"revolving": False}, repayments=[paid])

    found, small, large = state(frames), answer(frames, 3_000_000), answer(frames, 3_000_001)

    assert (found["drawn"], found["available"]) == (2_000_000, 3_000_000)
    assert (small["result"], small["decided_by"]) == ("referred", ["not_revolving"])
    assert (large["result"], large["decided_by"]) == ("refused", ["above_available"])


def test_a_second_draw_on_a_line_of_which_revolving_is_not_recorded_goes_to_a_person() -> None:
    found = answer(county(draw(1, 100_000), line={"revolving": None}), 100_000)

    assert (found["result"], found["unclear"]) == ("referred", ["not_revolving"])


@pytest.mark.parametrize(("day", "result"), [(date(2025, 6, 1), "allowed"), (date(2025, 6, 2), "refused")])
def test_a_line_may_be_drawn_up_to_its_last_day(day: date, result: str) -> None:
    found = answer(county(), 100_000, day)

    assert found["result"] == result
    assert found["decided_by"] == ([] if result == "allowed" else ["line_ended"])
    assert found["available"] == (LIMIT if result == "allowed" else 0)


def test_no_line_is_usable_longer_than_the_three_years_of_the_pack() -> None:
    months = int(RULES.parameters["credit_line_months"])

    found = state(county(line={"expires_on": date(2027, 6, 1)}))

    assert months == 36
    assert found["usable_until"] == date(2025, 6, 1)
    assert found["expires_on"] == date(2027, 6, 1)


def test_a_shorter_line_ends_on_its_own_day() -> None:
    assert state(county(line={"expires_on": date(2024, 6, 30)}))["days_left"] == 29


def test_a_loan_paid_out_after_the_line_had_ended_is_told() -> None:
    late = draw(1, 300_000, disbursed_on=date(2025, 6, 2), matures_on=date(2026, 6, 2))

    found = state(county(late), date(2025, 7, 1))

    assert (found["expired"], found["drawn_after_expiry"], found["drawn"]) == (True, 300_000, 300_000)


def test_a_line_overdrawn_by_a_cut_of_its_limit_says_so() -> None:
    frames = county(draw(1, 4_000_000))
    before = frames["credit_lines"].row(0, named=True)
    cut = before | {"credit_limit": 3_000_000, "known_on": date(2024, 3, 1), "version": 2}
    lines = pl.DataFrame([before, cut], schema=BY_NAME["credit_lines"].schema)
    cut_frames = Frames.of({**frames.tables, "credit_lines": lines})

    earlier, found = state(cut_frames, date(2024, 2, 29)), state(cut_frames)

    assert (earlier["overdrawn"], earlier["available"]) == (0, 1_000_000)
    assert (found["limit_before"], found["credit_limit"]) == (LIMIT, 3_000_000)
    assert (found["overdrawn"], found["overdrawn_by_cut"], found["available"]) == (1_000_000, 1_000_000, 0)


def test_a_line_overdrawn_without_a_cut_says_so_too() -> None:
    found = state(county(draw(1, LIMIT), draw(2, 1_000_000)))

    assert (found["overdrawn"], found["overdrawn_by_cut"]) == (1_000_000, 0)


def test_a_draw_of_a_household_with_an_overdue_loan_goes_to_a_person() -> None:
    due = ledger.due(date(2024, 5, 31), principal=0, interest=5_000, loan_id="L1")
    frames = county(draw(1, 1_000_000), repayments_due=[due])

    found = answer(frames, 100_000)

    assert state(frames)["overdue_days"] == 1
    assert (found["result"], found["decided_by"]) == ("referred", ["household_overdue"])


def test_draws_are_judged_together_as_alone_and_in_their_order() -> None:
    frames = county(draw(1, 1_000_000))
    states = line_states(frames, loan_book(frames, as_of=DAY), as_of=DAY, rules=RULES)
    asked = pl.DataFrame({"line_id": ["C1"] * 3, "amount": [4_000_001, 4_000_000, 1]})

    found = check_draws(states, asked, as_of=DAY, rules=RULES)

    assert found.columns == list(DRAW_COLUMNS)
    assert found["result"].to_list() == ["refused", "allowed", "allowed"]
    assert found["amount"].to_list() == asked["amount"].to_list()


def test_draw_rules_that_refuse_are_cited() -> None:
    refusing = [rule.now.reference for rule in RULES.draw_rules if rule.now.effect == "refused"]

    assert len(refusing) == 2
    assert all(reference.kind == "cited" and reference.clause for reference in refusing)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"line_id": ["C9"], "amount": [1]}, NotFoundError, "C9"),
        ({"line_id": ["C1"], "amount": [0]}, InvalidValueError, "more than 0"),
        ({"line_id": ["C1"], "amount": [None]}, InvalidValueError, "more than 0"),
    ],
)
def test_a_wrong_question_is_one_clear_error(asked: Any, error: type[Exception], message: str) -> None:
    frames = county()
    states = line_states(frames, loan_book(frames, as_of=DAY), as_of=DAY, rules=RULES)

    with pytest.raises(error, match=message):
        check_draws(
            states, pl.DataFrame(asked, schema_overrides={"amount": pl.Int64}), as_of=DAY, rules=RULES
        )


def test_a_pack_without_rules_on_draws_says_so() -> None:
    frames, national = county(), load("national").at(DAY)
    states = line_states(frames, loan_book(frames, as_of=DAY), as_of=DAY, rules=national)

    with pytest.raises(NoRulesInForceError, match=f"'national' has no rules on draws on {DAY}"):
        check_draws(states, pl.DataFrame({"line_id": ["C1"], "amount": [1]}), as_of=DAY, rules=national)


def test_a_line_granted_later_is_not_there_yet() -> None:
    frames = county()
    day = date(2022, 5, 31)

    states = line_states(frames, loan_book(frames, as_of=day), as_of=day, rules=load("yanchi").at(day))

    assert states.height == 0


def test_totals_and_sheet_hold_every_line() -> None:
    frames = ledger.ledger(
        loans=[draw(1, 1_000_000)],
        credit_lines=[LINE, LINE | {"line_id": "C2", "expires_on": DAY - timedelta(days=1)}],
    )

    states = line_states(frames, loan_book(frames, as_of=DAY), as_of=DAY, rules=RULES)

    assert lines_sheet(states).rows.height == 2
    assert line_totals(states) == {
        "lines": 2, "usable": 1, "expired": 1, "overdrawn": 0, "overdrawn_by_cut": 0,
        "drawn_after_expiry": 0, "credit_limit": LIMIT, "drawn": 1_000_000, "available": 4_000_000,
    }  # fmt: skip
