import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from app.bootstrap import effects
from app.db.store import SqlStore, open_store
from app.domain.errors import InvalidValueError
from app.domain.frames import Frames
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.policy.policy import Rules, load
from app.scoring.drift import SCORE, Reference, reference_of
from app.scoring.pd_model import Estimator
from app.scoring.shelf import read_shelf
from app.services.desk import Desk
from app.services.drifting import NO_REFERENCE
from app.services.gating import Contest, gate, learnt_until
from app.services.importing import import_ledger
from app.services.matured import seen_rows
from app.services.quality import quality
from app.services.registry import Champions, Signatures, promote
from app.services.sweeping import sweep
from app.services.watch_sheets import drift_sheets, gate_sheets, gate_verdict, quality_sheets, swap_sheets
from app.services.watching import drift, swaps
from app.settings import ROOT, Settings
from app.simulation import CountySpec, frames, simulate
from tests.services.artefacts import add_copy, models_folder

DAY = date(2025, 9, 30)
NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)
SWEPT = (date(2025, 2, 28), date(2025, 4, 30), date(2025, 6, 30))
BY = Signatures(proposed_by="op-17", approved_by="op-03", reason="试运行")


def _imported(store: SqlStore, folder: Path, loans: int) -> None:
    file = folder / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=loans, until=DAY)).ledger)
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(DAY).knowledge}
    import_ledger(store, file, imported_on=DAY, lags=lags, limits=FileLimits())


def _desk(store: SqlStore, models: Path) -> Desk:
    ids, speaking = count(1), Champions(store, lambda: read_shelf(models), lambda: NOON, timedelta(0))
    return Desk(
        store=store, settings=Settings(), clock=lambda: NOON, new_id=lambda: f"D{next(ids)}",
        estimators=speaking, effects=effects(ROOT / "models"), challengers=speaking.challengers,
    )  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ships, and a copy that knows what it learnt from."""
    folder = models_folder(tmp_path_factory.mktemp("shelf"))
    add_copy(folder, "other", reference=reference(read_shelf(folder).shipped["maturity"]))
    return folder


@pytest.fixture(scope="module")
def county(sqlite_template: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county whose loans were judged on three days of the half-year before."""
    folder = tmp_path_factory.mktemp("county")
    file = Path(shutil.copy(sqlite_template, folder / "county.db"))
    with closing(open_store(f"sqlite:///{file}")) as store:
        _imported(store, folder, 700)
        for day in SWEPT:
            sweep(_desk(store, models), as_of=day)
    return file


@pytest.fixture
def desk(county: Path, models: Path, tmp_path: Path) -> Iterator[Desk]:
    with closing(open_store(f"sqlite:///{shutil.copy(county, tmp_path / 'county.db')}")) as store:
        yield _desk(store, models)


def _other(models: Path) -> str:
    shelf = read_shelf(models)
    return next(name for name, folder in shelf.folders.items() if folder == "other")


def rules(desk: Desk) -> Rules:
    return desk.policies.get("yanchi").at(DAY)


def reference(estimator: Estimator) -> Reference:
    """What another county's loans look like to the estimator thirty days before maturity."""
    county: Frames = frames(simulate(CountySpec(seed=9, loans=400, until=DAY)), {})
    rows = seen_rows(county, county["loans"]["loan_id"], estimator, days_before=30)
    margin = estimator.tables.to_log_odds(estimator.opinion(rows)["margin_fixed"].to_numpy())
    names = [feature.name for feature in estimator.features]
    return reference_of(estimator.matrix(rows), names, margin, landmark_days=30)


def test_a_promoted_champion_is_watched_by_its_reference(desk: Desk, models: Path) -> None:
    shipped, other = read_shelf(models).shipped["maturity"], _other(models)
    promote(desk.store, read_shelf(models), other, by=BY, at=NOON, despite_gate=True)

    found = drift(desk, rules(desk), as_of=DAY)

    assert found.artefact_id == other
    assert NO_REFERENCE not in found.notes
    assert found.scores["column"].unique().to_list() == [SCORE]
    assert set(found.scores["verdict"]) <= {"stable", "watch", "drifted", "too_few"}
    assert set(found.apart["column"]) == {feature.name for feature in shipped.features}
    assert found.apart["loans"].unique().item() == found.scores["loans"].sum() > 0
    assert set(found.features["column"]) == {*found.apart["column"], SCORE}
    year = found.features.filter(pl.col("column") == SCORE)["loans"].max()
    assert year == found.scores["loans"].sum()
    assert [sheet.rows.height > 0 for sheet in drift_sheets(found)] == [True] * 4


def test_what_spoke_and_what_was_watched_are_both_measured_by_cohort(desk: Desk, models: Path) -> None:
    found = drift(desk, rules(desk), as_of=DAY).performance

    judged = quality(desk, rules(desk), as_of=DAY).loans
    with desk.store.read() as work:
        said = work.watching.said(DAY)
    spoken = said.filter(pl.col("pd_ppm").is_not_null(), pl.col("days_to_maturity") >= 0)
    told = judged.join(spoken, on="loan_id", how="semi").height
    shipped = read_shelf(models).shipped["maturity"].artefact_id
    totals = found.group_by("artefact_id").agg(pl.col("loans").sum()).sort("artefact_id")
    assert totals.rows() == sorted([(shipped, told), (_other(models), told)])


def test_warnings_are_judged_by_township_and_month(desk: Desk) -> None:
    found = quality(desk, rules(desk), as_of=DAY)

    assert found.since == SWEPT[0]
    assert found.whole["defaults"].item() > 0
    assert found.by_place_and_month["loans"].sum() == found.by_month["loans"].sum() == found.loans.height
    assert found.loans["township_code"].null_count() == 0
    assert [sheet.rows.height > 0 for sheet in quality_sheets(found)] == [True] * 4


def test_the_two_opinions_and_a_challenger_are_compared_loan_by_loan(desk: Desk, models: Path) -> None:
    rating, challenger = swaps(desk, rules(desk), as_of=DAY)

    shipped = read_shelf(models).shipped["maturity"].artefact_id
    assert (rating.first, rating.second, challenger.second) == ("631", shipped, _other(models))
    assert rating.matrix["loans"].sum() == challenger.matrix["loans"].sum() > 0
    assert set(challenger.swaps["part"]) == {"both", "neither"}
    assert challenger.matrix.select((pl.col("first") == pl.col("second")).all()).item()
    assert len(swap_sheets([rating, challenger])) == 4


def test_a_champion_without_a_reference_is_told_and_the_rest_goes_on(desk: Desk) -> None:
    shipped = desk.estimators["maturity"]
    bare = replace(desk, estimators={"maturity": replace(shipped, reference=None)})

    found = drift(bare, rules(desk), as_of=DAY)

    assert found.notes == (NO_REFERENCE,)
    assert found.scores.is_empty()
    assert found.features.height > 0
    assert found.performance.height > 0


def test_postgresql_tells_the_same_story(postgresql_url: str, models: Path, tmp_path: Path) -> None:
    with closing(open_store(postgresql_url)) as store:
        desk = _desk(store, models)
        _imported(store, tmp_path, 250)
        sweep(desk, as_of=SWEPT[1])

        found = drift(desk, rules(desk), as_of=DAY), quality(desk, rules(desk), as_of=DAY)
        pairs = swaps(desk, rules(desk), as_of=DAY)

    assert found[0].performance["artefact_id"].n_unique() == len(pairs) == 2
    assert found[1].loans.height == found[1].whole["loans"].item() > 0


def test_a_gate_report_is_kept_with_its_figures_and_opens_the_gate(desk: Desk, models: Path) -> None:
    shelf, other = read_shelf(models), _other(models)
    contest = Contest(champion=shelf.shipped["maturity"], challenger=shelf.get(other), rules=rules(desk))

    report = gate(desk, contest, as_of=DAY)
    again = gate(desk, contest, as_of=DAY)

    body = json.loads(report.report)
    failed = {check["check"] for check in body["checks"] if not check["passed"]}
    assert again.gate_id == report.gate_id
    assert report.usable_until == DAY + timedelta(days=90)
    assert body["differences"]["auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert body["opinions"]["champion"] == body["opinions"]["challenger"]
    assert report.passed == (failed == set())
    assert {row["column"] for row in body["groups"]} >= {"registration", "age", "industry"}
    assert len(gate_sheets(body)) == 3
    said = gate_verdict(body)
    assert [check for check in failed if check not in said.en] == []
    assert ("passes every" in said.en) == report.passed
    with desk.store.read() as work:
        assert work.registry.last_report(other, contest.champion.artefact_id) == report


def test_an_artefact_is_not_compared_with_itself(desk: Desk, models: Path) -> None:
    shipped = read_shelf(models).shipped["maturity"]

    with pytest.raises(InvalidValueError, match="already"):
        gate(desk, Contest(champion=shipped, challenger=shipped, rules=rules(desk)), as_of=DAY)


def test_a_gate_report_of_a_day_to_come_is_refused(desk: Desk, models: Path) -> None:
    shelf = read_shelf(models)
    contest = Contest(
        champion=shelf.shipped["maturity"], challenger=shelf.get(_other(models)), rules=rules(desk)
    )

    with pytest.raises(InvalidValueError, match="day to come"):
        gate(desk, contest, as_of=DAY + timedelta(days=1))


def test_nothing_said_is_no_quality(sqlite_url: str, models: Path) -> None:
    with closing(open_store(sqlite_url)) as store, pytest.raises(InvalidValueError, match="sweep"):
        quality(_desk(store, models), load("yanchi").at(DAY), as_of=DAY)


def test_simulated_counties_have_seen_no_loan_of_the_store(models: Path) -> None:
    assert learnt_until(read_shelf(models).shipped["maturity"]) is None
