import json
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from app.assessment import estimator_id
from app.bootstrap import effects
from app.db.store import SqlStore, open_store
from app.features.catalogue import BY_NAME, declaration
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.scoring.artifact import MANIFEST, TABLES
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.pd_model import shadow
from app.scoring.shelf import read_shelf
from app.services.desk import Desk
from app.services.importing import import_ledger
from app.services.ports import Store
from app.services.registry import Champions, Signatures, promote
from app.services.sweeping import sweep
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate
from tests.services.artefacts import add_altered, add_copy, add_failing, models_folder

DAY = date(2025, 9, 30)
NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)
BY = Signatures(proposed_by="op-17", approved_by="op-03", reason="试运行")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = models_folder(tmp_path / "models")
    add_copy(folder, "watched")
    return folder


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=150, until=DAY)).ledger)
    return file


@pytest.fixture
def desk(store: SqlStore, models: Path, ledger: Path) -> Desk:
    return _imported(_desk(store, models), ledger)


def _desk(store: Store, models: Path) -> Desk:
    """A desk that follows every promotion at once and judges twenty households at a time."""
    ids, speaking = count(1), Champions(store, lambda: read_shelf(models), lambda: NOON, timedelta(0))
    return Desk(
        store=store, settings=Settings(sweep_chunk=20), clock=lambda: NOON, new_id=lambda: f"D{next(ids)}",
        estimators=speaking, effects=effects(ROOT / "models"), challengers=speaking.challengers,
    )  # fmt: skip


def _imported(desk: Desk, ledger: Path) -> Desk:
    lags = {lag.code: lag.now.days for lag in desk.policies.get("yanchi").at(DAY).knowledge}
    import_ledger(desk.store, ledger, imported_on=DAY, lags=lags, limits=FileLimits())
    return desk


def test_challengers_estimate_in_every_sweep_and_change_no_assessment(desk: Desk) -> None:
    first = sweep(desk, as_of=DAY)
    with desk.store.read() as work:
        shadows, said = work.watching.shadows(DAY), work.watching.said(DAY)
    again = sweep(replace(desk, challengers=lambda _: ()), as_of=DAY)

    both = shadows.join(said.drop_nulls("pd_ppm"), on=["loan_id", "as_of", "inputs_hash"])
    assert first.quarantined == 0
    assert both.height == shadows.height == said["pd_ppm"].count() > 0
    assert (both["pd_ppm"] == both["pd_ppm_right"]).all()
    assert (both["artefact_id"] != both["artefact_id_right"]).all()
    assert again.added == 0


def test_a_rerun_adds_no_shadow(desk: Desk) -> None:
    heights = []
    for _ in range(2):
        sweep(desk, as_of=DAY)
        with desk.store.read() as work:
            heights.append(work.watching.shadows(DAY).height)

    assert heights[0] == heights[1] > 0


def _feature_is_a_text(models: Path) -> str:
    """Take a column of words for a number; what is said of that would quote them."""
    tables = ExplanationTables.load(models / "maturity" / TABLES)
    words = {"typical": None} | declaration(BY_NAME["registration"])
    entries = json.loads((models / "maturity" / MANIFEST).read_bytes())["features"]
    altered = replace(tables, features=("registration", *tables.features[1:])).to_bytes()
    return add_altered(models, "bad", {TABLES: altered}, features=[words, *entries[1:]])


@pytest.mark.parametrize("spoil", [add_failing, _feature_is_a_text])
def test_a_challenger_that_fails_is_told_once_and_touches_nothing_else(
    desk: Desk, models: Path, spoil: Callable[[Path], str], caplog: pytest.LogCaptureFixture
) -> None:
    (sound,), bad = desk.challengers("maturity"), spoil(models)
    failing = _desk(desk.store, models)
    assert {each.artefact_id for each in failing.challengers("maturity")} == {sound.artefact_id, bad}

    record = sweep(failing, as_of=DAY)
    logged = [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR]
    with desk.store.read() as work:
        assert work.assessments.last_sweep() == record
        shadows, said = work.watching.shadows(DAY), work.watching.said(DAY)
        known = {"", *work.facts.frames(as_of=DAY)["loans"]["loan_id"]}
    alone = sweep(replace(desk, challengers=lambda _: ()), as_of=DAY)

    ((told, silent),) = record.shadow_failures.items()
    assert (record.quarantined, alone.added, alone.shadow_failures) == (0, 0, {})
    assert told.startswith(f"{bad}: ")
    assert silent == record.loans_in == said.height
    assert shadows["artefact_id"].unique().to_list() == [sound.artefact_id]
    assert shadows.height == said["pd_ppm"].count() > 0
    (line,) = logged
    assert told in line
    assert not known & {word.strip("'\",.:;") for word in line.split()}


def test_a_store_that_cannot_keep_what_was_watched_keeps_what_was_said(
    sqlite_url: str, models: Path, ledger: Path
) -> None:
    with closing(open_store(sqlite_url)) as store:
        desk = _imported(_desk(store, models), ledger)
        (sound,) = desk.challengers("maturity")
        with store.write() as work:
            work.watching.connection.exec_driver_sql("DROP TABLE shadow_estimates")

        record = sweep(desk, as_of=DAY)

        with store.read() as work:
            assert work.watching.said(DAY).height == record.added == record.loans_in > 0
    assert [told.partition(":")[0] for told in record.shadow_failures] == [sound.artefact_id]


def test_features_that_are_not_there_are_named(models: Path) -> None:
    champion = read_shelf(models).shipped["maturity"]
    columns = {feature.name: [1.0, 2.0] for feature in champion.features[1:]}
    rows = pl.DataFrame({"row": [0, 1], "days_to_maturity": [30, 90]} | columns)

    told = shadow(rows.cast({"row": pl.UInt32}), [champion]).explode("shadow").unnest("shadow")

    assert told["pd_ppm"].null_count() == told.height == 2
    (why,) = told["failure"].unique()
    assert champion.features[0].name in why


def test_a_challenger_of_fewer_features_in_another_order_is_watched(desk: Desk, models: Path) -> None:
    other = _slimmer(models)

    record = sweep(_desk(desk.store, models), as_of=DAY)

    with desk.store.read() as work:
        shadows, said = work.watching.shadows(DAY), work.watching.said(DAY)
    shelf = read_shelf(models)
    slim = shadows.filter(pl.col("artefact_id") == other).join(said, on=["loan_id", "as_of", "inputs_hash"])
    assert record.shadow_failures == {}
    assert len(shelf.get(other).features) < len(shelf.shipped["maturity"].features)
    assert slim.height == said["pd_ppm"].count() > 0
    assert (slim["pd_ppm"] == slim["pd_ppm_right"]).all()


def _slimmer(models: Path) -> str:
    """Leave out the columns that no tree asks for and turn the rest round: it must say the same."""
    manifest = json.loads((models / "maturity" / MANIFEST).read_bytes())
    tables = ExplanationTables.load(models / "maturity" / TABLES)
    kept = sorted({int(i) for i in tables.feature.ravel() if i >= 0}, reverse=True)
    place = np.full(len(tables.features) + 1, -1, np.int32)  # the last is that of unused slots
    place[kept] = np.arange(len(kept), dtype=np.int32)
    slim = replace(tables, features=tuple(tables.features[i] for i in kept), feature=place[tables.feature])
    golden = manifest["golden"] | {"rows": [[row[i] for i in kept] for row in manifest["golden"]["rows"]]}
    features = [manifest["features"][i] for i in kept]
    return add_altered(models, "slim", {TABLES: slim.to_bytes()}, features=features, golden=golden)


def test_a_promotion_during_a_sweep_waits_for_the_next_one(desk: Desk, models: Path) -> None:
    shelf, (other,) = read_shelf(models), desk.challengers("maturity")
    shipped, speaking = shelf.shipped["maturity"].artefact_id, []

    def promoting(stage: str, done: int, _: int) -> None:
        if stage == "研判 assess" and done == 1:
            promote(desk.store, shelf, other.artefact_id, by=BY, at=NOON, despite_gate=True)
        speaking.append(desk.estimators["maturity"].artefact_id)

    first = sweep(desk, as_of=DAY, progress=promoting)
    with desk.store.read() as work:
        said, shadows = work.watching.said(DAY), work.watching.shadows(DAY)
    later = sweep(desk, as_of=DAY)

    assert speaking.count(other.artefact_id) > 2
    assert {estimator_id(name) for name in [first.artefact_id, *said["artefact_id"]]} == {shipped}
    assert said.height == first.added == first.loans_in
    assert set(shadows["artefact_id"]) == {other.artefact_id}
    assert shadows.height == said["pd_ppm"].count()
    assert (estimator_id(later.artefact_id), later.added) == (other.artefact_id, first.added)
