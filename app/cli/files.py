"""A ledger file by itself: read through the ordinary import into a database that is thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.bootstrap import file_limits, make_desk, settings
from app.cli.progress import Report, console
from app.db.migrate import upgrade
from app.db.store import open_store
from app.domain.frames import Frames
from app.policy.policy import Policy
from app.services.desk import Desk
from app.services.importing import import_ledger


@contextmanager
def desk_of_file(file: Path, policy: Policy, report: Report) -> Iterator[tuple[Desk, Frames]]:
    """This function will give a desk that knows one file only, with all its facts."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        upgrade(url)
        store = open_store(url)
        try:
            desk = make_desk(settings(), store)
            _import(desk, file, policy, report)
            with store.read() as work:
                frames = work.facts.frames()
            yield desk, frames
        finally:
            store.close()


def _import(desk: Desk, file: Path, policy: Policy, report: Report) -> None:
    lags = {lag.code: lag.now.days for lag in policy.at(desk.today()).knowledge}
    limits = file_limits(settings())
    result = import_ledger(
        desk.store, file, imported_on=desk.today(), lags=lags, limits=limits, progress=report
    )
    refused = sum(totals.get("refused", 0) for totals in result.totals.values())
    if refused:
        console.print(f"{refused} rows were refused and left out; `xindeng import` says why 有问题行被略去")
