"""What a pack may say of a subsidy: its share, its rate, for whom, from when, and when it stops."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.domain.errors import PolicyError
from app.policy.policy import Policy, load
from app.portfolio.subsidy import pieces, subsidy_plan
from tests.portfolio.packs import HEAD
from tests.portfolio.vintages import county, lent

ALL_YEAR = (date(2022, 6, 1), date(2025, 6, 1))
TERMS: dict[str, Any] = {
    "from": date(2023, 1, 1),
    "day_count": "flat_year",
    "rate": "loan",
    "share": 1.0,
    "stops_when_overdue": "true",
    "stops_at_maturity": "true",
    "reference": "{kind: design}",
}


def _pack(folder: Path, **entries: list[dict[str, Any]]) -> Policy:
    lines = ["subsidies:"]
    for code, values in entries.items():
        lines += [f"  {code}:", "    zh: 贴息", "    in_force:"]
        lines += [
            "      - {" + ", ".join(f"{k}: {v}" for k, v in (TERMS | each).items()) + "}" for each in values
        ]
    (folder / "pack.yaml").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return load(folder)


def _plan(
    policy: Policy, *loans: dict[str, Any], year: int = 2023, **tables: list[dict[str, Any]]
) -> pl.DataFrame:
    return subsidy_plan(county(*loans, **tables), policy, year=year, as_of=date(year, 1, 2))


def _became(registration: str, day: date, household: str = "H000001") -> dict[str, Any]:
    return {"household_id": household, "registration": registration, "registered_on": day, "known_on": day}


def test_a_share_of_70_percent_from_a_new_year_on(tmp_path: Path) -> None:
    policy = _pack(tmp_path, interest=[{"to": date(2023, 12, 31)}, {"from": date(2024, 1, 1), "share": 0.7}])
    loan = lent(1, 5_000_000, *ALL_YEAR)

    assert _plan(policy, loan).get_column("interest").to_list() == [59_375] * 4
    assert _plan(policy, loan, year=2024).get_column("interest").to_list() == [41_563] * 4  # 41 562.5


def test_a_change_within_a_quarter_splits_it_by_days(tmp_path: Path) -> None:
    policy = _pack(tmp_path, interest=[{"to": date(2023, 2, 14)}, {"from": date(2023, 2, 15), "share": 0.5}])

    plan = _plan(policy, lent(1, 5_000_000, *ALL_YEAR))

    first = plan.filter(quarter=1)
    assert first.get_column("days").to_list() == [45, 45]
    assert first.get_column("interest").to_list() == [29_688, 14_844]  # 29 687.5 and 14 843.75
    assert len(pieces(policy, 2023)) == 5


def test_a_change_of_the_base_rate_alone_does_not_split_a_quarter(tmp_path: Path) -> None:
    policy = _pack(tmp_path, interest=[{}])

    assert any(date(2023, 6, 1) < day < date(2023, 7, 1) for day in policy.changes)
    assert len(pieces(policy, 2023)) == 4


def test_stable_households_lose_the_subsidy_from_the_quarter_after_they_are_found_so(tmp_path: Path) -> None:
    when = "{feature: registration, is_in: [registered, lifted]}"
    policy = _pack(tmp_path, interest=[{"when": when}])
    facts = [
        _became("lifted", date(2021, 1, 1)),
        _became("stable", date(2023, 2, 1)) | {"known_on": date(2023, 1, 1)},
        _became("ordinary", date(2021, 1, 1), "H000002"),
    ]

    plan = _plan(
        policy,
        *(lent(n, 5_000_000, *ALL_YEAR) for n in (1, 2, 3)),
        registrations=facts,
    )

    assert plan.select("loan_id", "quarter").rows() == [("L000001", 1)]


def test_of_two_subsidies_the_one_declared_last_goes_to_a_loan_that_both_are_for(tmp_path: Path) -> None:
    firms = "{feature: use_mode, is_in: [firm]}"
    policy = _pack(tmp_path, common=[{}], firms=[{"share": 0.5, "when": firms}])

    plan = _plan(
        policy, lent(1, 5_000_000, *ALL_YEAR), lent(2, 5_000_000, *ALL_YEAR, use_mode="firm")
    ).filter(quarter=1)

    assert plan.select("loan_id", "subsidy", "interest").rows() == [
        ("L000001", "common", 59_375),
        ("L000002", "firms", 29_688),
    ]


def test_a_pack_may_go_on_subsidising_after_maturity_and_when_overdue(tmp_path: Path) -> None:
    loan = lent(1, 5_000_000, date(2021, 2, 1), date(2023, 2, 1))
    frames = county(loan)
    days = {}
    for overdue in ("true", "false"):
        terms = {"stops_at_maturity": "false", "stops_when_overdue": overdue}
        policy = _pack(tmp_path, interest=[terms])
        plan = subsidy_plan(frames, policy, year=2023, as_of=date(2023, 6, 30))
        days[overdue] = plan.get_column("days").to_list()

    assert days == {"true": [31], "false": [90, 91, 92, 92]}


def test_a_condition_on_a_column_that_subsidies_do_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no feature 'village_code'"):
        _pack(tmp_path, interest=[{"when": "{feature: village_code, is_in: [x]}"}])


def test_a_fact_known_later_changes_no_earlier_plan(tmp_path: Path) -> None:
    policy = _pack(tmp_path, interest=[{}])
    paid = {
        "loan_id": "L000001",
        "paid_on": date(2023, 1, 1),
        "principal": 5_000_000,
        "interest": 0,
        "receipt_no": "R1",
    }
    loan = lent(1, 5_000_000, *ALL_YEAR)

    known = _plan(policy, loan, repayments=[paid])
    later = _plan(policy, loan, repayments=[paid | {"known_on": date(2023, 1, 3)}])

    assert known.is_empty()
    assert later.equals(_plan(policy, loan))
