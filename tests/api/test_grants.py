"""Whole-village granting over HTTP: pages and files that say the same."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from app.api.grant_models import GrantPage
from app.domain.words import Eligibility
from app.services.desk import Desk
from tests.api.client import Client

TOWNSHIPS = tuple(f"9999011{number:02d}" for number in range(1, 13))


def rows(client: Client, place: str, query: str = "", limit: int = 1_000) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/villages/{place}/grants?limit={limit}{query}{cursor}").json()
        found.extend(page["items"])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture(scope="module", name="place")
def _place(county: Desk) -> str:
    """The township with most households."""
    with county.store.read() as work:
        codes = work.facts.frames()["households"]["village_code"].str.head(9)
    return str(codes.mode().sort()[0])


def test_a_page_is_what_is_described(client: Client, place: str) -> None:
    page = client.get(f"/villages/{place}/grants").json()

    assert GrantPage.model_validate(page).model_dump(mode="json") == page
    assert page["rate_reference"]["kind"] == "unverified"


def test_pages_hold_every_household_once_in_one_order(client: Client, place: str, county: Desk) -> None:
    at_once = rows(client, place)

    in_pages = rows(client, place, limit=3)

    with county.store.read() as work:
        stored = work.facts.households_within(place)
    assert in_pages == at_once
    assert [row["household_id"] for row in at_once] == sorted(stored)


def test_townships_and_villages_add_up_to_the_county(client: Client, county: Desk) -> None:
    with county.store.read() as work:
        placed = work.facts.frames()["households"]
    villages = sorted(set(placed["village_code"]))[:3]

    for village in villages:
        of_village = rows(client, village)
        of_township = rows(client, village[:9])
        assert of_village == [row for row in of_township if row["village_code"] == village]


def test_another_pack_rates_with_four_grades(client: Client, place: str) -> None:
    found = rows(client, place, "&policy=yanchi_1531")

    assert {row["grade"] for row in found} <= {"AA", "A", "B", "C", None}
    assert {row["household_id"] for row in found} == {row["household_id"] for row in rows(client, place)}


def test_the_files_say_what_json_says(client: Client, place: str) -> None:
    every = rows(client, place)

    text = client.get(f"/villages/{place}/grants?format=csv").content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/villages/{place}/grants?format=xlsx").content))

    lines = list(csv.DictReader(io.StringIO(text)))
    heading, *cells = book["整村授信"].iter_rows(values_only=True)
    assert [line["户编号"] for line in lines] == [row["household_id"] for row in every]
    assert [line["可授信额度(元)"] for line in lines] == [
        f"{row['limit_offered'] / 100:.2f}" for row in every
    ]
    at = {name: number for number, name in enumerate(heading)}
    assert [line[at["结论"]] for line in cells] == [Eligibility(row["result"]).zh for row in every]  # type: ignore[call-arg]
    assert {name for name, _ in book["说明"].iter_rows(values_only=True)} >= {"基准日", "农户数"}


def test_a_village_without_households_is_not_found(client: Client) -> None:
    response = client.get("/villages/999901199299/grants")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/villages/64/grants", 422),
        ("/villages/99990110120x/grants", 422),
        ("/villages/999901101/grants?as_of=1999-01-01", 422),
        ("/villages/999901101/grants?policy=atlantis", 422),
        ("/villages/999901101/grants?policy=national", 422),
        ("/villages/999901101/grants?limit=1001", 422),
        ("/villages/999901101/grants?cursor=!!!", 422),
        ("/villages/999901101/grants?cursor=W10", 422),
        ("/villages/999901101/grants?format=pdf", 422),
    ],
)
def test_a_wrong_request_is_refused(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_cursor_belongs_to_its_place_and_pack(client: Client, place: str) -> None:
    cursor = client.get(f"/villages/{place}/grants?limit=1").json()["next_cursor"]

    for path in (
        f"/villages/{place}/grants?policy=yanchi_1531&cursor={cursor}",
        f"/villages/{place}/grants?as_of=2025-09-29&cursor={cursor}",
        f"/villages/999901199/grants?cursor={cursor}",
    ):
        assert client.get(path).status_code == 422
