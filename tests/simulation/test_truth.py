import numpy as np
import polars as pl
import pytest

from app.domain.words import Action
from app.simulation import County


@pytest.fixture(scope="module")
def loans(large: County) -> pl.DataFrame:
    collect = large.outcomes.filter(pl.col("action") == "collect")
    taken = large.outcomes.filter("taken").select("loan_id", pl.col("action").alias("observed"))
    return large.ledger["loans"].join(collect, on="loan_id").join(taken, on="loan_id")


def test_every_loan_has_an_outcome_for_every_action_and_took_exactly_one(large: County) -> None:
    per_loan = large.outcomes.group_by("loan_id").agg(pl.col("action").n_unique(), pl.col("taken").sum())

    assert (per_loan["action"] == len(Action)).all()
    assert (per_loan["taken"] == 1).all()


def test_the_outcome_of_collecting_is_what_the_ledger_shows_of_untreated_loans(
    large: County, loans: pl.DataFrame
) -> None:
    ended = pl.col("matures_on").dt.offset_by("31d") <= large.spec.until
    untreated = loans.filter((pl.col("observed") == "collect") & ended)
    in_time = (
        large.ledger["repayments"]
        .join(untreated.select("loan_id", "matures_on"), on="loan_id")
        .filter(pl.col("paid_on") <= pl.col("matures_on").dt.offset_by("30d"))
        .group_by("loan_id")
        .agg(pl.col("principal").sum().alias("paid"))
    )

    seen = untreated.join(in_time, on="loan_id", how="left")
    late = seen["paid"].fill_null(0) < seen["amount"]

    assert seen.height > 5000
    assert late.sum() > 100
    assert (late == seen["defaulted"]).all()


def test_the_follow_up_of_collecting_is_what_the_ledger_shows(large: County, loans: pl.DataFrame) -> None:
    ended = pl.col("matures_on").dt.offset_by("26mo") <= large.spec.until
    untreated = loans.filter((pl.col("observed") == "collect") & ended)
    paid = large.ledger["repayments"].group_by("loan_id").agg(pl.col("principal").sum().alias("paid"))

    seen = untreated.join(paid, on="loan_id", how="left")
    lost = seen["amount"] - seen["paid"].fill_null(0)

    assert ((lost == 0) == seen["repaid_by_24m"]).all()
    assert ((lost - seen["loss_fen"]).abs() <= 100).all()


@pytest.mark.parametrize("action", ["renewal", "extension"])
def test_a_continued_loan_ends_as_its_outcome_under_that_action_says(
    large: County, loans: pl.DataFrame, action: str
) -> None:
    said = large.outcomes.filter((pl.col("action") == action) & pl.col("taken"))
    after = loans.select("continues_loan_id", "matures_on", pl.col("defaulted").alias("defaulted_after"))

    both = said.join(after, left_on="loan_id", right_on="continues_loan_id")

    assert both.height > 100
    assert (both["due_on"] == both["matures_on"]).all()
    assert (both["defaulted"] == both["defaulted_after"]).all()


@pytest.mark.parametrize("days", [180, 90, 60, 30])
def test_the_true_probability_is_calibrated(large: County, loans: pl.DataFrame, days: int) -> None:
    at = large.landmarks.filter(pl.col("landmark_days") == days).join(loans, on="loan_id")
    edges = [0.01, 0.03, 0.1, 0.3]
    at = at.with_columns(pl.Series("bin", np.digitize(at["true_pd"].to_numpy(), edges)))

    bins = (
        at.group_by("bin")
        .agg(
            pl.col("true_pd").mean(),
            pl.col("defaulted").mean(),
            (pl.col("true_pd") * (1 - pl.col("true_pd"))).sum().sqrt().truediv(pl.len()).alias("se"),
        )
        .with_columns((pl.col("defaulted") - pl.col("true_pd")).abs().alias("off"))
    )

    # Beside chance, prices and droughts move a whole county: a fifth is left to them.
    assert bins.height == len(edges) + 1
    assert (bins["off"] < 3.5 * bins["se"] + 0.2 * bins["true_pd"]).all()


def test_a_nearer_landmark_knows_more(large: County, loans: pl.DataFrame) -> None:
    at = large.landmarks.join(loans.select("loan_id", "defaulted"), on="loan_id")
    miss = pl.when("defaulted").then(-pl.col("true_pd").log()).otherwise(-(1 - pl.col("true_pd")).log())

    losses = at.group_by("landmark_days").agg(miss.mean().alias("loss")).sort("landmark_days")["loss"]

    assert losses.is_sorted()


def test_landmarks_are_days_before_maturity_and_probabilities(large: County, loans: pl.DataFrame) -> None:
    at = large.landmarks.join(loans, on="loan_id")

    assert ((at["matures_on"] - at["as_of"]).dt.total_days() == at["landmark_days"]).all()
    assert at["true_pd"].is_between(0, 1).all()
    assert (at["as_of"] >= at["disbursed_on"]).all()


def test_an_outcome_is_at_one_with_itself(large: County) -> None:
    told = large.outcomes

    assert (told["defaulted"] == told["first_default_on"].is_not_null()).all()
    assert (told["repaid_by_24m"] == told["repaid_in"].is_not_null()).all()
    assert (told["repaid_by_24m"] == (told["loss_fen"] == 0)).all()
    assert (told["bank_loss_fen"] <= told["loss_fen"]).all()
    assert (told.filter("bad_record")["defaulted"]).all()
