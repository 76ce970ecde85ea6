"""A simulated county, imported and swept once, and the application that serves it."""

import shutil
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest

from app.api.app import create_app
from app.bootstrap import effects, estimators
from app.db.store import SqlStore, open_store
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.services.desk import Desk
from app.services.importing import import_ledger
from app.services.sweeping import sweep
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate
from tests.api.client import Client

DAY = date(2025, 9, 30)
MOMENT = datetime(2025, 9, 30, 4, tzinfo=UTC)


def make_desk(store: SqlStore, **changes: int) -> Desk:
    ids = count(1)
    return Desk(
        store=store,
        settings=Settings(**changes),  # type: ignore[arg-type]
        clock=lambda: MOMENT,
        new_id=lambda: f"D{next(ids)}",
        estimators=estimators(ROOT / "models"),
        effects=effects(ROOT / "models"),
    )


@pytest.fixture(scope="session")
def county(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("county")
    file = folder / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=11, loans=400, until=DAY)).ledger)
    desk = make_desk(open_store(f"sqlite:///{shutil.copy(sqlite_template, folder / 'county.db')}"))
    lags = {lag.code: lag.now.days for lag in desk.policies.get("yanchi").at(DAY).knowledge}
    result = import_ledger(desk.store, file, imported_on=DAY, lags=lags, limits=FileLimits())
    assert not result.bad
    sweep(desk, as_of=DAY)
    return desk


@pytest.fixture(scope="session")
def client(county: Desk) -> Client:
    return Client(create_app(county))


@pytest.fixture
def empty(sqlite_url: str) -> Client:
    """An application whose database holds nothing."""
    return Client(create_app(make_desk(open_store(sqlite_url), max_batch=3, max_page=5)))
