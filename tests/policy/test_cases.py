"""Every value of every pack that ships is held to a case, on both sides of its boundaries."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from app.domain.errors import PolicyError
from app.domain.ledger import FACT_TABLES
from app.domain.words import Action
from app.features.catalogue import REFUSED, RULE_COLUMNS
from app.policy.cases import Checked, check_cases
from app.policy.entries import ReferenceKind
from app.policy.merging import read_pack
from app.policy.pack import SECTIONS, Pack
from app.policy.policy import PACKS, load, policies
from app.policy.schema import Indicator

OWN = {name: read_pack(PACKS / name).pack for name in policies()}
SHIPPED = tuple(OWN)
DAYS = (date(2014, 1, 1), date(2019, 6, 1), date(2023, 6, 1), date(2026, 6, 1))


@pytest.fixture(scope="module", params=SHIPPED, name="name")
def _name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", name="checked")
def _checked(name: str) -> list[Checked]:
    return list(check_cases(load(name), PACKS / name))


def _values(pack: Pack) -> Iterator[tuple[str, str, Any]]:
    for section in SECTIONS:
        for code, entry in getattr(pack, section).items():
            yield from ((section, code, value) for value in entry.in_force)


def test_a_pack_says_what_its_cases_want(checked: list[Checked]) -> None:
    wrong = [f"{c.line.file.name}:{c.line.number} {c.case.name}: {c.found}" for c in checked if not c.holds]

    assert wrong == []


def test_every_dated_value_is_covered_by_a_case(name: str, checked: list[Checked]) -> None:
    days = defaultdict(set)
    for case in checked:
        days[case.section, case.code].add(case.day)

    bare = [
        (section, code, value.from_)
        for section, code, value in _values(OWN[name])
        if not any(
            value.from_ <= day and (value.to is None or day <= value.to) for day in days[section, code]
        )
    ]

    assert bare == []


def test_every_period_is_tried_on_its_first_and_last_day(name: str, checked: list[Checked]) -> None:
    tried = {(case.section, case.code, case.day) for case in checked}
    periodic = {"parameters", "eligibility", "reminders", "regimes"}

    untried = [
        (code, day)
        for section, code, value in _values(OWN[name])
        if section in periodic
        for day in (value.from_, value.to or value.from_)
        if (section, code, day) not in tried
    ]

    assert untried == []


def test_every_condition_is_tried_where_it_speaks_and_where_it_does_not(
    name: str, checked: list[Checked]
) -> None:
    answers = defaultdict(set)
    for case in checked:
        if case.given is not None:
            answers[case.section, case.code].add(case.found)

    conditional = {
        (section, code)
        for section, code, value in _values(OWN[name])
        if getattr(value, "when", None) is not None or section in {"triggers", "indicators"}
    }

    assert {entry for entry in conditional if len(answers[entry]) < 2} == set()


def test_every_band_and_the_missing_value_of_an_indicator_is_tried(name: str, checked: list[Checked]) -> None:
    found = defaultdict(set)
    for case in checked:
        found[case.code].add(case.found)

    for code, indicator in OWN[name].indicators.items():
        now = indicator.in_force[0]
        assert found[code] >= {band.points for band in now.points} | {now.missing}


def test_both_sides_of_every_band_are_tried(name: str, checked: list[Checked]) -> None:
    for code, indicator in OWN[name].indicators.items():
        tried = sorted(_numbers(checked, code, indicator))
        for band in indicator.in_force[0].points[:-1]:
            assert band.below in tried
            assert any(value < band.below for value in tried if band.below is not None)


def _numbers(checked: list[Checked], code: str, indicator: Indicator) -> Iterator[float]:
    given = (case.given for case in checked if case.code == code and case.given)
    yield from (float(g[indicator.feature] or 0) for g in given if g[indicator.feature] is not None)


def test_both_sides_of_every_bracket_of_a_stake_are_tried(name: str, checked: list[Checked]) -> None:
    for code, stake in OWN[name].stakes.items():
        given = {float(c.given["amount_yuan"] or 0): c.found for c in checked if c.code == code and c.given}
        for value in stake.in_force:
            for bracket, above in pairwise(value.brackets):
                assert bracket.up_to is not None
                assert given[bracket.up_to] == bracket.share
                assert above.share in {said for amount, said in given.items() if amount > bracket.up_to}


def test_steps_of_a_ladder_rise_with_the_years_and_each_is_tried(name: str, checked: list[Checked]) -> None:
    tried = {case.code for case in checked if case.section == "ladder"}

    steps = sorted(OWN[name].ladder.items(), key=lambda step: step[1].in_force[0].years_on_time)

    limits = [step.in_force[0].limit for _, step in steps]
    assert limits == sorted(set(limits))
    assert tried == {code for code, _ in steps}


def test_conditions_of_schemes_are_tried_where_they_speak_and_where_they_are_silent(
    name: str, checked: list[Checked]
) -> None:
    said = defaultdict(set)
    for case in checked:
        if case.given is not None:
            said[case.section, case.code].add(case.found)
    sections = {"standings", "findings", "claim_rules", "draw_rules", "subsidies"}

    untried = [
        (section, code)
        for section, code, value in _values(OWN[name])
        if section in sections and value.when is not None
        if "silent" not in said[section, code] or not said[section, code] - {"silent", "unclear"}
    ]

    assert untried == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("every: month, day: 6", "month 6 x1"),
        ("every: year, month: 12, day: 20", "year 12-20 x1"),
        ("every: quarter, day: 31, times: 2", "quarter 31 x2"),
    ],
)
def test_a_duty_is_told_by_its_period_day_and_times(tmp_path: Path, written: str, told: str) -> None:
    folder = tmp_path / "small"
    (folder / "cases").mkdir(parents=True)
    (folder / "pack.yaml").write_text("name: small\nzh: 小\nen: small\nextends: national\n", encoding="utf-8")
    (folder / "duties.yaml").write_text(
        f"lists:\n  zh: 清单\n  in_force:\n    - {{from: 2020-01-01, {written}, by: 乡镇, what: 报送,"
        " reference: {kind: design}}\n",
        encoding="utf-8",
    )
    (folder / "cases" / "duties.yaml").write_text(
        f"lists:\n  - {{name: 清单, on: [2020-06-01], value: {told}}}\n", encoding="utf-8"
    )

    assert [case.found for case in check_cases(load(folder), folder)] == [told]


def test_a_pack_reads_only_features_of_the_catalogue(name: str) -> None:
    assert load(name, features=RULE_COLUMNS).name == name


def test_no_pack_reads_what_would_be_unfair(name: str) -> None:
    policy = load(name)
    read = {i.feature for i in policy.pack.indicators.values()}

    assert read.isdisjoint({refused.name for refused in REFUSED})
    assert not {word for word in read if "village" in word or "township" in word}


def test_every_fact_table_has_a_lag_on_any_day(name: str) -> None:
    for day in DAYS:
        assert {lag.code for lag in load(name).at(day).knowledge} == {table.name for table in FACT_TABLES}


def test_every_action_names_a_clause_on_any_day(name: str) -> None:
    for day in DAYS:
        assert {rule.entry.action for rule in load(name).at(day).action_rules} == set(Action)


def test_exactly_one_reminder_is_the_formal_assessment_on_any_day(name: str) -> None:
    for day in DAYS:
        formal = [step.now.days_before for step in load(name).at(day).reminders if step.now.formal]
        assert formal == [30]


def test_a_design_or_unverified_value_never_claims_to_refuse(name: str) -> None:
    soft = {ReferenceKind.DESIGN, ReferenceKind.UNVERIFIED, ReferenceKind.DERIVED}
    refusing = [
        code
        for _, code, value in _values(OWN[name])
        if getattr(value, "effect", None) == "refused" and value.reference.kind in soft
    ]

    assert refusing == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{given: {amount_yuan: 50001}, says: refused}", "{given: {amount_yuan: 50001}, says: silent}"),
        ("{given: {borrower_age: 65}, says: silent}", "{given: {borrower_age: 65}, says: referred}"),
    ],
)
def test_a_case_that_the_pack_contradicts_is_found(tmp_path: Path, before: str, after: str) -> None:
    folder = Path(copytree(PACKS / "national", tmp_path / "national"))
    file = folder / "cases" / "eligibility.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    wrong = [case for case in check_cases(load(folder), folder) if not case.holds]

    assert {case.found for case in wrong} == {before.rpartition(": ")[2].rstrip("}")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing_such:\n  - {name: x, on: [2023-06-01], value: 1}\n", "line 2: there is no 'nothing_such'"),
        (
            "pd_red:\n  - {name: x, on: [], value: 1}\n",
            "line 2: pd_red.0: a case has days, and value or rows",
        ),
        ("pd_red:\n  - {name: x, on: [2023-06-01], valu: 1}\n", "line 2: pd_red.0.valu: Extra inputs"),
    ],
)
def test_a_broken_case_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "parameters.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(PolicyError, match=message):
        list(check_cases(load("national"), tmp_path))
