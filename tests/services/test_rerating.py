"""What changes if: one county under two packs or days."""

from datetime import date
from io import BytesIO
from pathlib import Path
from shutil import copytree

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.features.base import household_base
from app.features.build import build
from app.features.catalogue import RULE_COLUMNS
from app.ledgerfile.writing import write_workbook
from app.policy.differences import differences
from app.policy.policy import PACKS, Policy, load
from app.scoring.rating import rate
from app.services.labels import LABELS
from app.services.move_sheets import counts, move_sheets
from app.services.rerating import (
    BELOW,
    UNRATED,
    Moves,
    Opinion,
    PolicyOn,
    crossed,
    moves,
    relit,
    rerated,
)
from app.simulation import CountySpec, frames, simulate
from app.warning.effects import EffectTable

DAY = date(2025, 9, 30)
RULES_ONLY = Opinion(estimator=None, effects=EffectTable.of(None))


@pytest.fixture(scope="module")
def facts() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(DAY).knowledge}
    return frames(simulate(CountySpec(seed=3, loans=250, until=DAY)), lags)


def _altered(folder: Path, file: str, before: str, after: str) -> Policy:
    """A county's own draft: the pack with one thing changed."""
    draft = Path(copytree(PACKS / "yanchi", folder / "yanchi"))
    text = (draft / file).read_text(encoding="utf-8")
    assert before in text
    (draft / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    return load(draft)


@pytest.fixture
def stricter(tmp_path: Path) -> Policy:
    return _altered(tmp_path, "rating.yaml", "at_least: 90", "at_least: 95")


def test_a_pack_beside_itself_moves_nobody(facts: Frames) -> None:
    yanchi = load("yanchi")

    found = moves(facts, yanchi, yanchi, as_of=DAY, opinion=RULES_ONLY)

    assert set(found.households["grade_move"]) == set(found.households["limit_move"]) == {"same"}
    assert set(found.loans["light_move"]) == {"same"}
    assert differences(yanchi, DAY, yanchi, DAY) == ()


def test_each_side_is_the_rating_of_its_pack(facts: Frames, stricter: Policy) -> None:
    households = rerated(facts, load("yanchi"), stricter, as_of=DAY)

    base = household_base(facts, as_of=DAY)
    rated = rate(build(facts, base), stricter.at(DAY))
    expected = pl.DataFrame(
        {
            "household_id": base["household_id"],
            "points_b": rated["rating_points"],
            "limit_b": rated["limit_granted"],
        }
    )
    assert_frame_equal(households.select(expected.columns), expected)


def test_a_stricter_grade_moves_down_those_between_the_two_bounds(facts: Frames, stricter: Policy) -> None:
    households = rerated(facts, load("yanchi"), stricter, as_of=DAY)

    down = households.filter(pl.col("grade_move") == "down")
    assert down.height > 0
    assert down["points_a"].is_between(90, 94).all()
    assert set(down["grade_a"]) == {"A"}
    assert set(households["grade_move"]) == {"same", "down"}
    assert households.filter(pl.col("points_a").is_between(90, 94)).height == down.height


def test_a_pack_without_a_rating_leaves_everybody_unrated(facts: Frames) -> None:
    households = rerated(facts, load("yanchi"), load("national"), as_of=DAY)

    assert set(households["grade_b"]) == {UNRATED}
    assert households["limit_b"].is_null().all()
    assert set(households["grade_move"]) == set(households["limit_move"]) == {"changed"}


def test_households_below_the_lowest_grade_are_shown_as_such(facts: Frames) -> None:
    yanchi = load("yanchi")
    lowest = min(grade.now.at_least for grade in yanchi.at(DAY).grades)

    below = rerated(facts, yanchi, yanchi, as_of=DAY).filter(pl.col("points_a") < lowest)

    assert below.height > 0
    assert set(below["grade_a"]) == {BELOW}


def test_rules_of_another_day_judge_the_same_facts(facts: Frames) -> None:
    yanchi = load("yanchi")
    from_march = PolicyOn.of(yanchi, date(2026, 3, 1))

    households = rerated(facts, yanchi, from_march, as_of=DAY)

    up = households.filter(pl.col("limit_move") == "up")
    assert households["points_a"].equals(households["points_b"], check_names=False)
    assert up.height > 0
    assert (set(up["grade_a"]), set(up["limit_a"]), set(up["limit_b"])) == ({"A"}, {5_000_000}, {10_000_000})


def test_a_day_before_the_rules_is_named(facts: Frames) -> None:
    with pytest.raises(NoRulesInForceError, match="2013-12-31"):
        rerated(facts, PolicyOn.of(load("yanchi"), date(2013, 12, 31)), load("yanchi"), as_of=DAY)


def test_a_stricter_trigger_worsens_lights_only(facts: Frames, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    draft.mkdir()
    (draft / "pack.yaml").write_text(
        "name: draft\nzh: 试行\nen: a draft\nextends: yanchi\n", encoding="utf-8"
    )
    (draft / "triggers.yaml").write_text(
        "long_run:\n  zh: 在期\n  feature: days_since_disbursed\n  unit: days\n  cause: monitoring\n"
        "  in_force:\n    - {from: 2014-01-01, yellow: {at_least: 0}, reference: {kind: design}}\n",
        encoding="utf-8",
    )

    loans = relit(facts, load("yanchi"), load(draft, features=RULE_COLUMNS), as_of=DAY, opinion=RULES_ONLY)

    assert loans.filter(light_a="green").height > 0
    assert set(loans.filter(light_a="green")["light_b"]) == {"yellow"}
    assert set(loans.filter(pl.col("light_a") != "green")["light_move"]) == {"same"}
    assert set(loans["light_move"]) == {"same", "down"}


def test_counts_reconcile_with_everybody(facts: Frames, stricter: Policy) -> None:
    found = moves(facts, load("yanchi"), stricter, as_of=DAY, opinion=RULES_ONLY)

    assert crossed(found.households, "grade")["n"].sum() == found.households.height
    assert crossed(found.loans, "light")["n"].sum() == found.loans.height
    assert sum(n for *_, n in counts(found)) == 2 * found.households.height + found.loans.height


def test_entries_that_differ_are_told_with_what_each_says(stricter: Policy) -> None:
    (grade,) = differences(load("yanchi"), DAY, stricter, DAY, LABELS)

    assert (grade.section, grade.code) == ("grades", "A")
    assert grade.before is not None
    assert grade.after is not None
    assert (grade.before.says.zh[:4], grade.after.says.zh[:4]) == ("90分起", "95分起")


def test_an_entry_of_one_pack_only_has_nothing_beside_it() -> None:
    found = {(d.section, d.code): d for d in differences(load("national"), DAY, load("yanchi"), DAY, LABELS)}

    assert found["grades", "A"].before is None
    assert found["grades", "A"].after is not None


def test_the_same_number_on_another_ground_is_no_difference(tmp_path: Path) -> None:
    draft = _altered(tmp_path, "rating.yaml", "kind: design", "kind: unverified")

    assert differences(load("yanchi"), DAY, draft, DAY) == ()


def test_the_workbook_holds_differences_counts_and_movers(facts: Frames, stricter: Policy) -> None:
    found: Moves = moves(facts, load("yanchi"), stricter, as_of=DAY, opinion=RULES_ONLY)
    target = BytesIO()

    write_workbook(target, move_sheets(differences(load("yanchi"), DAY, stricter, DAY, LABELS), found))

    book = openpyxl.load_workbook(target)
    movers = list(book["户变动"].iter_rows(min_row=2, values_only=True))
    assert book.sheetnames == ["条目差异", "变动计数", "户变动", "灯变动"]
    assert len(movers) == found.households.filter(pl.col("grade_move") == "down").height
    assert {row[4] for row in movers} == {"下调"}
    assert book["条目差异"].max_row == 2
