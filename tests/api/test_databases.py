"""The same answers on both databases, and plain words when the database cannot be used."""

import sqlite3
from contextlib import closing

from app.api.app import create_app
from app.api.examples import SCORE, WARNING
from app.db.store import SqlStore, open_store
from tests.api.client import Client
from tests.api.conftest import make_desk
from tests.api.test_problems import assert_problem


def test_the_api_works_on_both_databases(store: SqlStore, empty: Client) -> None:
    client = Client(create_app(make_desk(store)))

    assert client.get("/readyz").json()["status"] == "ready"
    assert client.post("/score", json=SCORE).json() == empty.post("/score", json=SCORE).json()
    assert client.post("/warning", json=WARNING).json() == empty.post("/warning", json=WARNING).json()
    assert client.get("/warnings").json() == {"items": [], "next_cursor": None}
    assert client.get("/warnings/summary?by=village").json()["groups"] == []


def test_a_database_out_of_reach_is_told_as_such_and_to_try_again() -> None:
    client = Client(create_app(make_desk(open_store("postgresql+psycopg://nobody@127.0.0.1:1/none"))))

    for response in (client.get("/readyz"), client.get("/warnings"), client.post("/score", json=SCORE)):
        assert_problem(response, 503, "store")
        assert int(response.headers["retry-after"]) > 0
        assert "127.0.0.1" not in response.text
    assert client.get("/livez").status_code == 200


def test_a_busy_database_is_told_as_such_and_nothing_is_answered(sqlite_url: str) -> None:
    client = Client(create_app(make_desk(open_store(sqlite_url, busy_seconds=0))))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")

        response = client.post("/score", json=SCORE)

        assert_problem(response, 503, "store")
    assert client.post("/score", json=SCORE).status_code == 200
