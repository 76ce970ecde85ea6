"""`/score` and `/warning` beside the bare peer of design §10, on both databases, in one run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle
from typing import Any

from app.api.examples import SCORE, WARNING
from app.db.store import open_store
from app.services.ports import WarningFilter
from bench.child import in_child
from bench.client import Load, ask, prepared
from bench.county import DAY, load
from bench.databases import Databases
from bench.server import PEER, PRODUCT, running
from bench.sweep import swept

CONNECTIONS = (1, 8)
SECONDS = 4.0
STORED_LOANS = 500
_PEOPLE = 500  # who apply in turn
_INVENTED = '"SIM-'  # how ids of the examples begin
_WARM_UP = 40  # requests, if they fit in the time of one line
_DAYS = range(30)  # every day of the month of the sweep, whose context is stored
_PAID_OUT_BEFORE = DAY - timedelta(days=90)  # active on all of these days


def measure(
    databases: Databases, seconds: float = SECONDS, active: int = STORED_LOANS
) -> list[dict[str, Any]]:
    """One entry per database, request and number of connections; `of_peer` is the ratio of throughputs."""
    with databases.fresh() as urls:
        in_child(load, urls=list(urls.values()), active=active)
        return [line for name, url in urls.items() for line in _on(name, url, seconds)]


def _on(database: str, url: str, seconds: float) -> list[dict[str, Any]]:
    in_child(swept, url=url)
    with ExitStack() as stack:
        ports = {which: stack.enter_context(running(which, url)) for which in (PRODUCT, PEER)}
        return [
            {"database": database, "request": name, **line}
            for name, requests in _requests(url).items()
            for line in _beside(ports, requests, seconds)
        ]


def _beside(ports: Mapping[str, int], requests: Sequence[bytes], seconds: float) -> Iterator[dict[str, Any]]:
    """Each server goes on in the list of requests, so that stored loans are asked for once."""
    asked = {which: cycle(requests) for which in ports}
    for which, port in ports.items():
        ask(port, asked[which], Load(connections=2, seconds=seconds, most=_WARM_UP))
    for connections in CONNECTIONS:
        load = Load(connections=connections, seconds=seconds)
        found = {which: ask(port, asked[which], load) for which, port in ports.items()}
        of_peer = found[PRODUCT]["per_second"] / found[PEER]["per_second"]
        yield {"connections": connections, **found, "of_peer": of_peer}


def _requests(url: str) -> dict[str, Sequence[bytes]]:
    return {
        "/score": _by_many("/score", SCORE),
        "/warning inline": _by_many("/warning", WARNING),
        "/warning stored": _stored(url),
    }


def _by_many(path: str, body: Mapping[str, Any]) -> Sequence[bytes]:
    """The same facts of many households: what is said of one is never kept for another."""
    text = json.dumps(body, ensure_ascii=False)
    people = (text.replace(_INVENTED, f"{_INVENTED}{number:03d}-") for number in range(_PEOPLE))
    return [prepared(path, json.loads(person)) for person in people]


def _stored(url: str) -> Sequence[bytes]:
    """Every loan on every day of the month before: assessments that are not stored yet."""
    store = open_store(url)
    with store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=10_000)
    store.close()
    loans = [row["loan_id"] for row in rows if row["disbursed_on"] < _PAID_OUT_BEFORE]
    days = [DAY - timedelta(days=back) for back in _DAYS]
    return [
        prepared("/warning", {"loan_id": loan, "as_of": day.isoformat()}) for day in days for loan in loans
    ]
