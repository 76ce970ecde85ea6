"""Lists: every loan once, by urgency, whatever the page size; files that say the same as the JSON."""

import csv
import io
from collections import Counter
from typing import Any

import openpyxl
import pytest

from app.api.answer_models import WarningHistory
from app.api.list_models import WarningPage, WarningSummary
from app.domain.words import Light
from tests.api.client import Client

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RANK = {light.value: light.rank for light in Light}


def rows(client: Client, query: str = "", limit: int = 100) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/warnings?limit={limit}{query}{cursor}").json()
        found.extend(page["items"])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_pages_hold_every_loan_once_in_one_order(client: Client) -> None:
    at_once = rows(client, limit=1_000)

    in_pages = rows(client, limit=7)

    assert len(at_once) > 50
    assert in_pages == at_once
    assert len({row["loan_id"] for row in at_once}) == len(at_once)


def test_the_most_urgent_come_first(client: Client) -> None:
    found = rows(client)

    order = [(-RANK[row["light"]], row["days_to_maturity"]) for row in found]
    assert order == sorted(order)


def test_a_page_is_what_is_described(client: Client) -> None:
    page = client.get("/warnings?limit=20").json()

    assert WarningPage.model_validate(page).model_dump(mode="json") == page


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("township", "township_code"),
        ("village", "village_code"),
        ("bank", "bank"),
        ("light", "light"),
        ("cause", "top_cause"),
        ("action", "top_action"),
        ("industry", "industry"),
    ],
)
def test_a_filter_keeps_exactly_what_it_names(client: Client, name: str, column: str) -> None:
    every = rows(client)
    wanted = next(row[column] for row in every if row[column])

    kept = rows(client, f"&{name}={wanted}", limit=50)

    assert kept == [row for row in every if row[column] == wanted]


def test_due_within_keeps_loans_not_yet_due(client: Client) -> None:
    every = rows(client)

    kept = rows(client, "&due_within=90")

    assert kept == [row for row in every if 0 <= row["days_to_maturity"] <= 90]
    assert kept


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("light=blue", "?light"),
        ("township=64", "?township"),
        ("village=%00", "?village"),
        ("bank=%00", "?bank"),
        ("bank=11010119800101007X", "?bank"),
        ("due_within=-1", "?due_within"),
        ("due_within=soon", "?due_within"),
        ("as_of=2025-02-30", "?as_of"),
        ("limit=0", "?limit"),
        ("limit=1001", "?limit"),
        ("format=pdf", "?format"),
        ("cursor=!!!", "?cursor"),
        ("cursor=bm90IGpzb24", "?cursor"),
        ("cursor=W10", "?cursor"),
        ("cursor=WyIyMDI1LTA5LTMwIiwiIiwxLDEsMV0", "?cursor"),
    ],
)
def test_a_wrong_parameter_is_named_and_not_repeated(client: Client, query: str, path: str) -> None:
    response = client.get(f"/warnings?{query}")

    problem = response.json()
    assert response.status_code == 422
    assert [error["path"] for error in problem["errors"]] == [path]
    assert query.split("=")[1] not in response.text


def test_a_cursor_of_other_filters_is_refused(client: Client) -> None:
    cursor = client.get("/warnings?limit=1").json()["next_cursor"]

    for query in ("light=green", "as_of=2025-09-29"):
        response = client.get(f"/warnings?{query}&cursor={cursor}")
        assert response.status_code == 422


def test_the_summary_counts_what_the_list_holds(client: Client) -> None:
    every = rows(client)

    summary = client.get("/warnings/summary?by=township&by=cause").json()

    told = WarningSummary.model_validate(summary)
    groups = {(g["light"], g["township"], g["cause"] or None): g["loans"] for g in summary["groups"]}
    assert groups == Counter((r["light"], r["township_code"], r["top_cause"]) for r in every)
    assert told.loans == len(every)
    assert told.balance == sum(row["balance"] for row in every)


def test_the_summary_takes_the_filters_of_the_list(client: Client) -> None:
    township = rows(client)[0]["township_code"]

    summary = client.get(f"/warnings/summary?township={township}").json()

    assert summary["loans"] == len(rows(client, f"&township={township}"))


def test_a_history_tells_the_stored_assessments_in_words(client: Client) -> None:
    row = rows(client)[0]

    history = client.get(f"/loans/{row['loan_id']}/warnings").json()

    told = WarningHistory.model_validate(history).items[0]
    assert (told.assessment_id, told.light) == (row["assessment_id"], row["light"])


def test_an_unknown_loan_has_no_history(client: Client) -> None:
    assert client.get("/loans/SIM-NOBODY/warnings").status_code == 404


def test_csv_says_what_json_says(client: Client) -> None:
    every = rows(client)

    response = client.get("/warnings", headers={"Accept": "text/csv"})

    assert response.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [line["贷款编号"] for line in lines] == [row["loan_id"] for row in every]
    assert [line["灯"] for line in lines] == [Light(row["light"]).zh for row in every]  # type: ignore[call-arg]
    assert [line["贷款余额(元)"] for line in lines] == [f"{row['balance'] / 100:.2f}" for row in every]


def test_a_workbook_says_what_json_says_with_lights_as_word_and_colour(client: Client) -> None:
    every = rows(client)

    response = client.get("/warnings?format=xlsx")

    assert response.headers["content-type"] == XLSX
    sheet = openpyxl.load_workbook(io.BytesIO(response.content))["预警清单"]
    heading, *lines = sheet.iter_rows()
    at = {cell.value: number for number, cell in enumerate(heading)}
    assert [line[at["贷款编号"]].value for line in lines] == [row["loan_id"] for row in every]
    assert [line[at["贷款余额(元)"]].value for line in lines] == [row["balance"] / 100 for row in every]
    assert [str(line[at["到期日期"]].value)[:10] for line in lines] == [row["matures_on"] for row in every]
    lights = {(line[at["灯"]].value, line[at["灯"]].fill.fgColor.rgb) for line in lines}
    assert lights <= {("红灯", "FFF8CBAD"), ("黄灯", "FFFFE699"), ("绿灯", "FFC6E0B4")}
    assert len(lights) > 1


def test_a_workbook_says_what_it_was_made_from(client: Client) -> None:
    response = client.get("/warnings?format=xlsx&light=yellow&due_within=365")

    book = openpyxl.load_workbook(io.BytesIO(response.content))
    facts = {line[0]: line[1] for line in book["筛选条件"].iter_rows(min_row=2, values_only=True)}
    assert facts["灯"] == "黄灯"
    assert facts["多少天内到期"] == "365"
    assert facts["基准日"] == "2025-09-30"
    assert facts["批次"]
    assert facts["行数"] == str(book["预警清单"].max_row - 1)


def test_files_hold_no_formula(client: Client) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/warnings?format=xlsx").content))

    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/html, application/json;q=0.9", "application/json"),
        (XLSX, XLSX),
        ("text/csv;q=0.5", "text/csv; charset=utf-8"),
    ],
)
def test_the_format_follows_the_accept_header(client: Client, accept: str, media: str) -> None:
    assert client.get("/warnings?limit=1", headers={"Accept": accept}).headers["content-type"] == media


def test_a_format_that_is_not_on_offer_is_refused(client: Client) -> None:
    response = client.get("/warnings", headers={"Accept": "image/png"})

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


def test_lists_of_an_empty_county_are_empty(empty: Client) -> None:
    assert empty.get("/warnings").json() == {"items": [], "next_cursor": None}
    assert empty.get("/warnings/summary").json()["loans"] == 0
    assert empty.get("/warnings?format=xlsx").status_code == 200
