from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.store import SqlStore, SqlUnitOfWork
from app.domain.errors import InvalidValueError
from app.services.ports import WarningFilter
from tests.db.samples import DAY, assessment, assessments, finished_sweep

TODAY = WarningFilter(as_of=DAY)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def add(store: SqlStore, *rows: Mapping[str, Any]) -> None:
    with store.write() as work:
        work.assessments.append(None, assessments(*rows))


def listed(store: SqlStore, where: WarningFilter = TODAY, *, limit: int = 100) -> list[str]:
    with store.read() as work:
        return [row["loan_id"] for row in work.assessments.page(where, after=None, limit=limit)]


def walk(work: SqlUnitOfWork, size: int) -> list[tuple[int, str]]:
    rows: list[tuple[int, str]] = []
    page = work.assessments.page(TODAY, after=None, limit=size)
    while page:
        rows.extend((row["urgency"], row["loan_id"]) for row in page)
        page = work.assessments.page(TODAY, after=page[-1]["cursor"], limit=size)
    return rows


def test_the_most_urgent_come_first_and_ties_by_loan(store: SqlStore) -> None:
    add(store, *(assessment(loan, urgency=u) for loan, u in [("b", 2), ("c", 1), ("a", 2), ("B", 2)]))

    assert listed(store) == ["c", "B", "a", "b"]
    assert listed(store, limit=2) == ["c", "B"]


def test_of_each_loan_the_assessment_added_last_for_the_day_is_current(store: SqlStore) -> None:
    add(store, assessment("L1", light="red", urgency=1), assessment("L2", urgency=2))
    add(store, assessment("L1", light="green", urgency=3))
    add(store, assessment("L1", light="red", urgency=0, as_of=DAY + timedelta(days=1)))

    assert listed(store) == ["L2", "L1"]
    assert listed(store, WarningFilter(as_of=DAY, light="red")) == []


def test_without_a_day_the_list_is_of_the_last_finished_sweep(store: SqlStore) -> None:
    add(store, assessment("old"), assessment("new", as_of=DAY + timedelta(days=1)))
    before = listed(store, WarningFilter())
    with store.write() as work:
        finished_sweep(work, DAY + timedelta(days=1))

    assert before == []
    assert listed(store, WarningFilter()) == ["new"]


def test_each_filter_keeps_its_own(store: SqlStore) -> None:
    columns = {
        "township": "township_code",
        "village": "village_code",
        "bank": "bank",
        "industry": "industry",
        "light": "light",
        "cause": "top_cause",
        "action": "top_action",
    }
    add(store, assessment("none"), *(assessment(name, **{column: "it"}) for name, column in columns.items()))

    wanted: list[dict[str, Any]] = [{name: "it"} for name in columns]
    found = [listed(store, WarningFilter(as_of=DAY, **values)) for values in wanted]

    assert found == [[name] for name in columns]


def test_due_within_keeps_what_matures_from_today_to_the_last_day(store: SqlStore) -> None:
    add(store, *(assessment(f"{days:+03}", days_to_maturity=days) for days in (-1, 0, 30, 31)))

    assert listed(store, WarningFilter(as_of=DAY, due_within_days=30)) == ["+00", "+30"]
    assert len(listed(store, WarningFilter(as_of=DAY, due_within_days=10**30))) == 3


def test_a_walk_meets_every_loan_once_whatever_is_added_meanwhile(store: SqlStore) -> None:
    add(store, *(assessment(f"L{n}", urgency=n // 4) for n in range(12)))
    seen: list[str] = []
    after = None
    for turn in range(6):
        with store.read() as work:
            page = work.assessments.page(TODAY, after=after, limit=2)
        seen += [row["loan_id"] for row in page]
        after = page[-1]["cursor"]
        moved, new = assessment(f"L{turn}", urgency=9), assessment(f"N{turn}", urgency=turn)
        add(store, moved, new, assessment(f"L{11 - turn}", urgency=-1))

    with store.read() as work:
        rest = work.assessments.page(TODAY, after=after, limit=2)
    assert sorted(seen) == sorted(f"L{n}" for n in range(12))
    assert rest == []
    assert len(listed(store)) == 18


def test_pages_of_any_size_make_up_the_whole_list(store: SqlStore) -> None:
    loans = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("aAbB户é")), max_size=12)

    @FEW
    @given(loans, st.integers(1, 5))
    def law(rows: list[tuple[int, str]], size: int) -> None:
        made = [assessment(loan, urgency=u, inputs_hash=str(n)) for n, (u, loan) in enumerate(rows)]
        with store.write() as work:
            for row in made:
                work.assessments.append(None, assessments({**row, "assessment_id": row["inputs_hash"]}))
            found = walk(work, size)
            work.facts.connection.get_transaction().rollback()  # type: ignore[union-attr]

        current = {loan: urgency for urgency, loan in rows}
        assert found == sorted((urgency, loan) for loan, urgency in current.items())

    law()


STRANGE = [
    (),
    (1, "L1"),
    ("1", "L1", 1),
    (1, "\0", 1),
    (2**70, "L1", 1),
    (1, "L1", -(2**70)),
    (1, "\ud800", 1),
]


@pytest.mark.parametrize("after", STRANGE)
def test_a_position_that_was_never_given_is_refused(store: SqlStore, after: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidValueError), store.read() as work:
        work.assessments.page(TODAY, after=after, limit=1)


def test_a_filter_with_a_strange_character_is_refused_by_name(store: SqlStore) -> None:
    with pytest.raises(InvalidValueError, match="township"):
        listed(store, WarningFilter(as_of=DAY, township="64\0"))


def test_a_summary_counts_loans_and_adds_money_by_light_and_group(store: SqlStore) -> None:
    add(
        store,
        assessment("L1", light="red", bank="甲", amount=5_000_000, balance=3_000_000),
        assessment("L2", light="red", bank="甲", amount=4_000_000, balance=4_000_000),
        assessment("L3", light="green", bank="乙", top_cause=None, amount=1, balance=1),
    )

    with store.read() as work:
        by_bank = work.assessments.summary(TODAY, by=["bank"])
        reds = work.assessments.summary(WarningFilter(as_of=DAY, light="red"), by=[])
        by_cause = work.assessments.summary(TODAY, by=["cause", "light"])

    assert by_bank == [
        {"light": "green", "bank": "乙", "loans": 1, "amount": 1, "balance": 1},
        {"light": "red", "bank": "甲", "loans": 2, "amount": 9_000_000, "balance": 7_000_000},
    ]
    assert reds == [{"light": "red", "loans": 2, "amount": 9_000_000, "balance": 7_000_000}]
    assert [(row["light"], row["cause"], row["loans"]) for row in by_cause] == [
        ("green", None, 1),
        ("red", "x", 2),
    ]


def test_a_summary_by_something_unknown_is_refused(store: SqlStore) -> None:
    with pytest.raises(InvalidValueError, match="township, village, bank"), store.read() as work:
        work.assessments.summary(TODAY, by=["payload"])
