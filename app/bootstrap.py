"""Where the parts meet: the only maker of settings, clock, ids and the desk."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

from app.db.store import SqlStore, open_store
from app.ledgerfile.limits import FileLimits
from app.policy.claims import check_claims
from app.policy.policy import policies
from app.scoring.effects_artifact import load_effects
from app.scoring.pd_model import Estimator
from app.scoring.shelf import read_shelf
from app.services.desk import Desk
from app.services.registry import Champions
from app.settings import Settings
from app.warning.effects import EffectTable


@cache
def settings() -> Settings:
    """This function will read the settings from the environment, once."""
    return Settings()


def now() -> datetime:
    """This function will read the clock: the present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that may


def new_id() -> str:
    """This function will make an id that nobody can guess."""
    return uuid4().hex


def estimators(models_dir: Path) -> Mapping[str, Estimator]:
    """This function will load and verify the artefacts that ship, by estimator; or ArtefactError."""
    shelf = read_shelf(models_dir)
    return {name: shelf.ship(name) for name in (*shelf.shipped, *shelf.lost)}


def make_champions(chosen: Settings, store: SqlStore) -> Champions:
    """This function will give the estimators that speak by the store's promotions, else those that ship."""
    interval = timedelta(seconds=chosen.champion_refresh_seconds)
    return Champions(store, lambda: read_shelf(chosen.models_dir), now, interval)


def effects(models_dir: Path) -> EffectTable:
    """This function will load and verify what is known of the effects of actions, if anything is."""
    known = load_effects(models_dir)
    return (
        EffectTable.of(None) if known is None else EffectTable.of(known.frame, known.manifest, known.groups)
    )


def make_store(chosen: Settings) -> SqlStore:
    """This function will open the configured database; a SQLite file's folder is made."""
    prefix = "sqlite:///"
    if chosen.database_url.startswith(prefix):
        Path(chosen.database_url.removeprefix(prefix)).parent.mkdir(parents=True, exist_ok=True)
    return open_store(chosen.database_url)


def make_desk(chosen: Settings, store: SqlStore | None = None) -> Desk:
    """This function will put the desk together that all use cases work at.

    Raises PolicyError where the packs chosen for places are unknown or contradict each other.
    """
    check_claims(chosen.packs, policies())
    opened = store or make_store(chosen)
    speaking = make_champions(chosen, opened)
    return Desk(
        store=opened,
        settings=chosen,
        clock=now,
        new_id=new_id,
        estimators=speaking,
        challengers=speaking.challengers,
        effects=effects(chosen.models_dir),
    )


def file_limits(chosen: Settings) -> FileLimits:
    """This function will give the bounds of ledger files."""
    return FileLimits(
        file_bytes=chosen.max_file_bytes, unpacked_bytes=chosen.max_unpacked_bytes, cells=chosen.max_cells
    )
