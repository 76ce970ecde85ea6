"""Facts in a request: laid out as frames by the same rules as on import, contradictions named by path."""

import json
from copy import deepcopy
from datetime import date
from typing import Any

import polars as pl
import pytest

from app.api.body import parse
from app.api.requests import ScoreRequest
from app.domain.ledger import BY_NAME, FACT_TABLES
from app.services.checks import check
from app.services.fact_rows import with_known_days
from app.services.findings import InvalidFactsError
from app.services.inline import Item, Placed, frames_of, lay_out
from tests.api.bodies import score_body

DAY = date(2025, 7, 1)
LAGS = {"incomes": 60, "visits": 7, "repayments_due": 3, "households": 30}


def items(*bodies: dict[str, Any]) -> list[Item]:
    found = []
    for number, body in enumerate(bodies):
        whole = parse(ScoreRequest, json.dumps(body).encode()).model_dump()
        found.append(
            Item(path=f"$.items[{number}]", household=whole["household"], application=whole["application"])
        )
    return found


def placed(*bodies: dict[str, Any]) -> list[Placed]:
    return lay_out(items(*bodies))


def findings(*bodies: dict[str, Any], as_of: date = DAY) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFactsError) as caught:
        check(placed(*bodies), as_of=as_of)
    return [(finding.path, finding.code) for finding in caught.value.findings]


def changed(table: str, **values: Any) -> dict[str, Any]:
    body = score_body()
    target: Any = body["household"]
    if table == "application":
        target = body["application"]
    elif table == "loans":
        target = target["loans"][0]
    elif table in target["loans"][0]:
        target = target["loans"][0][table][0]
    elif table != "household":
        target = target[table][0]
    target.update(values)
    return body


def test_every_nested_fact_stands_in_its_table_with_the_keys_of_what_holds_it() -> None:
    frames = frames_of(placed(score_body()), received_on=DAY, lags={})

    assert frames["households"]["household_id"].to_list() == ["SIM-H-1"]
    assert frames["incomes"]["household_id"].to_list() == ["SIM-H-1"]
    assert frames["applications"]["household_id"].to_list() == ["SIM-H-1"]
    assert frames["loans"]["household_id"].to_list() == ["SIM-H-1"]
    assert frames["visits"]["loan_id"].to_list() == ["SIM-L-1"]
    assert all(frames[table.name].schema == table.schema for table in FACT_TABLES)


def test_a_day_that_a_fact_became_known_is_kept_as_recorded() -> None:
    frames = frames_of(placed(score_body()), received_on=DAY, lags=LAGS)

    assert frames["incomes"].select("known_on", "known_basis").row(0) == (date(2025, 3, 20), "recorded")


@pytest.mark.parametrize("table", ["households", "visits", "repayments_due", "repayments", "loans"])
def test_days_are_assumed_as_on_import(table: str) -> None:
    facts = [fact for fact in placed(score_body()) if fact.table.name == table]
    frame = frames_of(placed(score_body()), received_on=DAY, lags=LAGS)[table]

    imported = with_known_days(
        frame.with_columns(
            pl.lit(None, pl.Date).alias("known_on"),
            pl.lit(None, pl.Date).alias("known_before"),
            pl.lit(None, pl.String).alias("known_basis"),
            pl.Series("news_on", [fact.news_on for fact in facts], pl.Date),
        ),
        lag_days=LAGS.get(table, 0),
        imported_on=DAY,
    )

    assert frame.equals(imported.drop("news_on", "known_before"))


def test_a_due_is_known_since_the_disbursement_though_it_lies_ahead() -> None:
    frames = frames_of(placed(score_body()), received_on=DAY, lags={})

    assert frames["repayments_due"]["known_on"].to_list() == [date(2023, 8, 1)]


def test_a_household_given_again_unchanged_counts_once() -> None:
    second = score_body()
    second["application"]["application_id"] = "SIM-A-2"

    facts = placed(score_body(), second)
    check(facts, as_of=DAY)

    assert frames_of(facts, received_on=DAY, lags={})["loans"].height == 1


def test_a_household_given_again_with_other_facts_is_named() -> None:
    second = changed("household", land_mu=99.0)
    second["application"]["application_id"] = "SIM-A-2"

    assert ("$.items[1].household", "given_twice") in findings(score_body(), second)


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (changed("loans", matures_on="2023-07-31"), "household.loans[0].matures_on", "out_of_order"),
        (
            changed("incomes", received_in="2025-08-01", known_on=None),
            "household.incomes[0].received_in",
            "in_the_future",
        ),
        (
            changed("visits", visited_on="2025-07-02"),
            "household.loans[0].visits[0].visited_on",
            "in_the_future",
        ),
        (
            changed("visits", visited_on="2023-07-02"),
            "household.loans[0].visits[0].visited_on",
            "out_of_order",
        ),
        (changed("incomes", known_on="2025-02-28"), "household.incomes[0].known_on", "out_of_order"),
        (changed("members", left_on="2020-02-01"), "household.members[0].left_on", "out_of_order"),
        (changed("application", applied_on="2025-07-02"), "application.applied_on", "in_the_future"),
        (changed("household", surveyed_on="2025-07-02"), "household.surveyed_on", "in_the_future"),
    ],
)
def test_a_contradiction_is_named_by_its_path(body: dict[str, Any], path: str, code: str) -> None:
    assert (f"$.items[0].{path}", code) in findings(body)


def test_all_contradictions_are_told_at_once() -> None:
    body = changed("loans", matures_on="2023-07-31")
    body["household"]["surveyed_on"] = "2025-07-02"

    assert len(findings(body)) >= 2


def test_the_same_fact_twice_is_named() -> None:
    body = score_body()
    loan = body["household"]["loans"][0]
    loan["repayments"].append(deepcopy(loan["repayments"][0]))

    assert findings(body) == [("$.items[0].household.loans[0].repayments[1]", "given_twice")]


def test_two_payments_of_one_day_stand_with_their_receipts() -> None:
    body = score_body()
    loan = body["household"]["loans"][0]
    loan["repayments"].append({**loan["repayments"][0], "receipt_no": "SIM-R-2"})

    check(placed(body), as_of=DAY)


def test_every_household_and_loan_table_can_be_sent() -> None:
    apart = {"places", "firms", "fund_movements", "prices"}

    sent = {fact.table.name for fact in placed(score_body())}

    assert sent <= {name for name in BY_NAME if name not in apart}
