import subprocess
import sys

import polars as pl
import pytest

from app.domain.errors import InvalidValueError
from app.domain.words import Action
from app.simulation import County
from tests.simulation.conftest import county


def _tables(made: County) -> dict[str, pl.DataFrame]:
    return {**made.ledger, "landmarks": made.landmarks, "outcomes": made.outcomes}


def _same(one: County, other: County) -> set[str]:
    return {name for name, frame in _tables(one).items() if frame.equals(_tables(other)[name])}


def test_the_same_seed_makes_the_same_county(ordinary: County) -> None:
    again = county()

    assert _same(ordinary, again) == set(_tables(ordinary))


def test_another_seed_makes_another_county(ordinary: County) -> None:
    other = county(seed=8)

    assert _same(ordinary, other) <= {"places", "ratings"}


def test_visits_leave_everything_else_as_it_was(ordinary: County) -> None:
    unseen = county(visits="none")

    assert _same(ordinary, unseen) == set(_tables(ordinary)) - {"visits"}
    assert unseen.ledger["visits"].is_empty()


def test_the_sensitivity_changes_outcomes_but_not_the_world(ordinary: County) -> None:
    strong = county(sensitivity="high")

    same = _same(ordinary, strong)

    assert {"outcomes"}.isdisjoint(same)
    assert {"places", "prices", "firms"} <= same


@pytest.mark.parametrize("loans", [1, 2, 37])
def test_a_county_has_exactly_the_loans_asked_for(loans: int) -> None:
    made = county(loans=loans, townships=2)

    assert made.ledger["loans"].height == loans
    assert made.outcomes.height == loans * len(Action)


@pytest.mark.parametrize(
    "change",
    [{"regime": "war"}, {"visits": "often"}, {"loans": 0}, {"county_code": "640323"}, {"townships": 0}],
)
def test_a_county_that_cannot_be_simulated_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match=next(iter(change))):
        county(**change)


def test_the_mean_loan_and_the_terms_are_as_published(large: County) -> None:
    loans = large.ledger["loans"].filter(pl.col("kind") == "new")

    mean = loans["amount"].mean()
    bullets = (loans["method"] != "instalments").mean()

    assert isinstance(mean, float)
    assert 4_200_000 < mean < 4_900_000
    assert loans["amount"].max() == 5_000_000
    assert isinstance(bullets, float)
    assert bullets > 0.9


def test_industries_are_shared_out_as_published(large: County) -> None:
    groups = {"grain": 37, "fruit": 37, "vegetables": 37, "sheep": 41, "cattle": 41, "pigs": 41, "mixed": 15}
    loans = large.ledger["loans"]["industry"].replace_strict(groups, default=7)

    shares = loans.value_counts(normalize=True)

    assert all(abs(share * 100 - published) < 4 for published, share in shares.iter_rows())


def _overdue(made: County) -> pl.DataFrame:
    loans = made.ledger["loans"].join(made.ledger["households"], on="household_id")
    paid = made.ledger["repayments"].group_by("loan_id").agg(pl.col("principal").sum())
    passed_on = loans["continues_loan_id"].drop_nulls()
    own = loans.filter(~pl.col("loan_id").is_in(passed_on.implode())).join(paid, on="loan_id", how="left")
    return own.select(
        "industry",
        pl.col("village_code").str.slice(0, 9).alias("township"),
        (pl.col("amount") - pl.col("principal").fill_null(0)).alias("balance"),
        (pl.col("matures_on") < made.spec.until).alias("overdue"),
    ).filter(pl.col("balance") > 0)


def _rate() -> pl.Expr:
    return (pl.col("balance") * pl.col("overdue")).sum() / pl.col("balance").sum()


def test_one_to_four_per_cent_of_the_balance_is_overdue(large: County) -> None:
    rate = _overdue(large).select(_rate()).item()

    assert 0.01 < rate < 0.04


def test_overdue_loans_cluster_by_township(large: County) -> None:
    rates = _overdue(large).group_by("township").agg(_rate().alias("rate"))["rate"].sort()

    assert rates[0] < 0.012
    assert 0.04 < rates[-1] < 0.16


def test_maturities_have_their_seasons(large: County) -> None:
    months = large.ledger["loans"].filter(pl.col("kind") == "new")["matures_on"].dt.month()

    counts = months.value_counts()["count"].sort()

    assert counts[-1] > 2 * counts[0]


def test_an_ordinary_clean_loan_was_seen_lately(large: County) -> None:
    until = large.spec.until
    old = large.ledger["loans"].filter(
        (pl.col("matures_on") > until) & (pl.col("disbursed_on") < pl.lit(until).dt.offset_by("-6mo"))
    )
    last = large.ledger["visits"].group_by("loan_id").agg(pl.col("visited_on").max())

    seen = (
        old.join(last, on="loan_id", how="left")["visited_on"]
        > pl.select(pl.lit(until).dt.offset_by("-120d")).item()
    )

    assert seen.fill_null(value=False).mean() == pytest.approx(1.0, abs=0.03)


def test_firms_use_loans_only_up_to_november_2017(large: County) -> None:
    firm = large.ledger["loans"].filter((pl.col("use_mode") == "firm") & (pl.col("kind") == "new"))

    assert firm.height > 50
    assert str(firm["disbursed_on"].max()) <= "2017-11-30"


@pytest.mark.parametrize("regime", ["price_collapse", "drought", "disease"])
def test_a_regime_raises_the_risk_of_loans_that_mature_under_it(ordinary: County, regime: str) -> None:
    struck = county(regime=regime, loans=1500)

    def risk(made: County) -> float:
        soon = pl.col("as_of").is_between(pl.date(2025, 3, 1), pl.date(2025, 12, 31))
        mean = made.landmarks.filter(soon)["true_pd"].mean()
        assert isinstance(mean, float)
        return mean

    assert risk(struck) > 1.15 * risk(ordinary)


def test_the_simulator_knows_nothing_of_those_who_estimate() -> None:
    code = "import sys, app.simulation; print(*[m for m in sys.modules if m.startswith('app.')])"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    packages = {module.split(".")[1] for module in run.stdout.split()}
    assert packages == {"domain", "simulation"}
