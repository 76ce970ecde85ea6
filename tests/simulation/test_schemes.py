"""What the schemes of single places add to the simulated county."""

from pathlib import Path

import polars as pl
import pytest

from app.db.store import SqlStore
from app.domain.money import PPM
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.policy.policy import load
from app.portfolio.cases import states
from app.services.importing import import_ledger
from app.simulation import County, frames
from app.simulation.assumptions import assumptions
from tests.simulation.conftest import UNTIL, county


def test_every_course_on_file_fits_the_pack_that_has_it(large: County) -> None:
    facts = frames(large, {})

    stood = states(facts, load("yanchi"), as_of=UNTIL)

    assert stood["fault"].null_count() == stood.height == large.ledger["course_events"]["case_id"].n_unique()
    assert 0.85 < stood["finished"].sum() / stood.height < 1
    assert (stood["round"] > 1).any()
    assert stood["refused"].any()
    assert stood["next_step"].n_unique() > 4


def test_the_survey_that_begins_a_course_is_of_the_same_day(large: County) -> None:
    begun = large.ledger["course_events"].filter(pl.col("event_no") == 1)
    asked = large.ledger["surveys"].select("household_id", done_on="asked_on").unique()

    assert begun.join(asked, on=["household_id", "done_on"], how="anti").is_empty()


def test_first_courses_end_before_the_first_loan(large: County) -> None:
    first = large.ledger["course_events"].filter(pl.col("case_id").str.ends_with("-1"))
    ended = first.group_by("household_id").agg(pl.col("done_on").max())
    lent = large.ledger["loans"].group_by("household_id").agg(pl.col("disbursed_on").min())
    both = ended.join(lent, on="household_id")

    assert (both["done_on"] < both["disbursed_on"]).all()


def test_who_is_found_willing_and_able_pays_more_often(large: County) -> None:
    repaid = large.outcomes.filter(pl.col("action") == "collect").select("loan_id", "defaulted")
    loans = large.ledger["loans"].select("loan_id", "household_id").join(repaid, on="loan_id")
    said = large.ledger["surveys"].join(loans, on="household_id").group_by("item", "value").agg(
        pl.col("defaulted").mean()
    )  # fmt: skip

    for item in ("willing_to_repay", "able_to_repay", "good_credit"):
        no, yes = said.filter(pl.col("item") == item).sort("value")["defaulted"]
        assert yes < no


def test_surveys_leave_some_questions_and_some_households_out(large: County) -> None:
    answers = large.ledger["surveys"]
    rounds = answers.select("household_id", "asked_on").n_unique()

    assert 0.9 < answers.height / rounds / 12 < 0.97
    assert 0.02 < 1 - answers["household_id"].n_unique() / large.ledger["households"].height < 0.08
    assert answers.filter(pl.col("item") == "civic_points")["value"].is_between(0, 10).all()


def test_a_firm_in_trouble_leaves_dividends_unpaid(large: County) -> None:
    loans = large.ledger["loans"].filter(pl.col("use_mode") == "firm")
    due = large.ledger["dividends"].filter(pl.col("due_on") <= UNTIL)
    state = large.ledger["firms"].sort("stated_on")
    stated = due.sort("due_on").join_asof(state, left_on="due_on", right_on="stated_on", by="firm_id")

    unpaid = stated.group_by("state").agg(pl.col("paid").is_null().mean())

    shares = dict(unpaid.iter_rows())
    assert set(large.ledger["dividends"]["loan_id"]) == set(loans["loan_id"])
    assert shares["operating"] < 0.1 < shares["troubled"] < shares["closed"] == 1


def test_dividends_are_known_when_paid_or_else_from_the_contract(large: County) -> None:
    loans = large.ledger["loans"].select("loan_id", "disbursed_on")

    rows = large.ledger["dividends"].join(loans, on="loan_id")

    assert (rows["known_on"] == rows.select(pl.coalesce("paid_on", "disbursed_on")).to_series()).all()
    assert (rows["paid_on"].is_null() == rows["paid"].is_null()).all()
    assert (rows["paid"].drop_nulls() > 0).all()
    assert (rows["due_on"] > rows["disbursed_on"]).all()


def test_every_payment_of_the_fund_has_an_accepted_claim_of_which_it_bears_its_share(large: County) -> None:
    share = round(assumptions().number("compensation_share") * PPM)
    paid = large.ledger["fund_movements"].filter(fund="compensation", movement="compensation")
    accepted = large.ledger["claims"].filter(pl.col("decision") == "accepted")

    both = paid.join(accepted, on=["loan_id", "fund_id"])

    assert both.height == paid.height
    assert ((both["principal"] * share // PPM - both["amount"]).abs() <= 1).all()
    assert (both["claim_decided_on"] < both["moved_on"]).all()
    assert set(large.ledger["claims"]["decision"]) == {"accepted", "refused", "pending"}


def test_a_claim_s_ground_is_a_shock_on_file_before_it(large: County) -> None:
    named = large.ledger["claims"].filter(pl.col("ground") != "other")
    loans = large.ledger["loans"].select("loan_id", "household_id", "disbursed_on")
    struck = named.join(loans, on="loan_id").join(
        large.ledger["shocks"], left_on=["household_id", "ground"], right_on=["household_id", "kind"]
    )

    found = struck.filter(pl.col("happened_on").is_between("disbursed_on", "claimed_on"))

    assert named.height > 10
    assert set(found["claim_id"]) == set(named["claim_id"])
    assert large.ledger["claims"]["evidence"].drop_nulls().str.starts_with("模拟").all()


def test_societies_have_members_of_their_own_village_and_funds_that_took_their_dues(large: County) -> None:
    members = large.ledger["society_members"].join(large.ledger["households"], on="household_id")
    moved = large.ledger["fund_movements"].filter(fund="mutual_aid")
    dues = moved.filter(pl.col("movement_no").str.starts_with("D"))["amount"].sum()
    owed, paid = int(members["dues"].sum()), int(large.ledger["society_dues"]["amount"].sum())

    assert (members["society_id"].str.slice(3) == members["village_code"].str.slice(6)).all()
    assert set(moved["fund_id"]) == set(members["society_id"])
    assert dues == paid
    assert 0.85 < paid / owed < 1


def test_existing_movements_of_the_compensation_fund_stand_first(large: County) -> None:
    funds = large.ledger["fund_movements"]["fund_id"].rle_id()

    compensation = funds.filter(large.ledger["fund_movements"]["fund_id"] == "FUND1")

    assert compensation.unique().to_list() == [0]


def test_tasks_are_near_what_was_lent(large: County) -> None:
    lent = large.ledger["loans"].filter(pl.col("kind") == "new").group_by(
        year=pl.col("disbursed_on").dt.year()
    ).agg(pl.col("amount").sum().alias("lent"))  # fmt: skip
    asked = large.ledger["tasks"].group_by(year=pl.col("starts_on").dt.year()).agg(pl.col("amount").sum())

    both = asked.filter(pl.col("year") < UNTIL.year).join(lent, on="year")

    assert large.ledger["tasks"].height == 12 * 9
    assert (both["amount"] / both["lent"]).is_between(0.6, 1.4).all()


def test_insurers_lose_in_exactly_one_year_and_the_fund_bears_its_part(large: County) -> None:
    result = large.ledger["insurance_accounts"].with_columns(
        result=pl.col("premiums") - pl.col("payouts") - pl.col("costs")
    )
    borne = large.ledger["fund_movements"].filter(fund="insurance", movement="withdrawal")["amount"].to_list()

    losses = result.filter(pl.col("result") < 0)["result"].to_list()

    assert len(losses) == 1
    assert borne == [round(-losses[0] * 0.6)]


@pytest.mark.parametrize("loans", [1, 40])
def test_a_tiny_county_has_well_formed_schemes(loans: int) -> None:
    tiny = county(loans=loans, townships=1)

    assert tiny.ledger["tasks"].height == 9
    assert (tiny.ledger["fund_movements"]["amount"] > 0).all()


def test_a_workbook_of_the_county_comes_in_without_a_refused_row(store: SqlStore, tmp_path: Path) -> None:
    file, made = tmp_path / "台账.xlsx", county(loans=200)
    write_ledger(file, made.ledger)
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(UNTIL).knowledge}

    result = import_ledger(store, file, imported_on=UNTIL, lags=lags, limits=FileLimits())

    assert not result.bad
    assert {n: t["added"] for n, t in result.totals.items()} == {n: f.height for n, f in made.ledger.items()}
