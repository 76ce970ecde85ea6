"""A sweep of many loans, first and again, on both databases: time and memory of a process of its own."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from app.db.store import SqlStore, open_store
from app.db.tables import facts
from app.services.sweeping import sweep
from bench.child import in_child
from bench.county import DAY, desk_at, load
from bench.databases import Databases

SIZES = (10_000, 100_000)
MOST_SECONDS, MOST_MIB = 60.0, 2048.0  # for 100 000 loans
READ = ("repayments_due", "repayments", "visits", "incomes")


def measure(databases: Databases, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """One entry per size and database; `us_per_loan` and `times_smallest` tell whether the cost is flat."""
    lines = [line for size in sizes for line in _sized(databases, size)]
    first = {line["database"]: line["us_per_loan"] for line in reversed(lines)}
    return [{**line, "times_smallest": line["us_per_loan"] / first[line["database"]]} for line in lines]


def _sized(databases: Databases, size: int) -> list[dict[str, Any]]:
    with databases.fresh() as urls:
        loaded = in_child(load, urls=list(urls.values()), active=size)
        return [
            {
                "database": name,
                "wanted": size,
                "loan_book": loaded["loan_book"],
                **in_child(swept, url=url),
                "again_seconds": in_child(swept, url=url)["seconds"],
            }
            for name, url in urls.items()
        ]


def swept(*, url: str) -> dict[str, Any]:
    """Sweep once as of DAY."""
    store = open_store(url)
    desk = desk_at(store)
    start = perf_counter()
    record = sweep(desk, as_of=DAY)
    seconds = perf_counter() - start
    return {
        "loans": record.loans_in,
        "added": record.added,
        "quarantined": record.quarantined,
        "lights": dict(record.lights),
        "seconds": seconds,
        "loans_per_second": record.loans_in / seconds,
        "us_per_loan": seconds / record.loans_in * 1e6,
        "rows": rows_known(store),
    }


def rows_known(store: SqlStore) -> Mapping[str, int]:
    """How many rows of the largest tables were known on DAY: those that a sweep reads."""
    with store.engine.connect() as connection:
        return {
            name: connection.execute(
                sa.select(sa.func.count()).select_from(facts[name]).where(facts[name].c.known_on <= DAY)
            ).scalar_one()
            for name in READ
        }
