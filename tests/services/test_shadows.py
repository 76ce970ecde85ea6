from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from app.bootstrap import effects
from app.db.store import SqlStore
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.scoring.shelf import read_shelf
from app.services.desk import Desk
from app.services.importing import import_ledger
from app.services.registry import Champions
from app.services.sweeping import sweep
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate
from tests.services.artefacts import add_copy, models_folder

DAY = date(2025, 9, 30)
NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)


@pytest.fixture
def desk(store: SqlStore, tmp_path: Path) -> Desk:
    models, ids = models_folder(tmp_path / "models"), count(1)
    add_copy(models, "watched")
    speaking = Champions(store, lambda: read_shelf(models), lambda: NOON, timedelta(seconds=30))
    made = Desk(
        store=store, settings=Settings(), clock=lambda: NOON, new_id=lambda: f"D{next(ids)}",
        estimators=speaking, effects=effects(ROOT / "models"), challengers=speaking.challengers,
    )  # fmt: skip
    file = tmp_path / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=150, until=DAY)).ledger)
    lags = {lag.code: lag.now.days for lag in made.policies.get("yanchi").at(DAY).knowledge}
    import_ledger(store, file, imported_on=DAY, lags=lags, limits=FileLimits())
    return made


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
