from dataclasses import replace

import polars as pl
import pytest

from app.domain.errors import InvalidValueError
from app.policy.policy import Rules, load
from app.scoring.labels import DEFAULTED, OPEN, REPAID, RESTRUCTURED
from app.services.thresholds import threshold_table
from app.workbench.bench import DAY

YUAN = 100
LOANS = pl.DataFrame(
    {
        "loan_id": ["a", "b", "c", "d", "e", "f"],
        "pd_ppm": [300_000, 60_000, 59_999, 10_000, 900_000, None],
        "balance": [50_000 * YUAN, 10_000 * YUAN, 20_000 * YUAN, 30_000 * YUAN, 5 * YUAN, 5 * YUAN],
    }
)
TOLD = pl.DataFrame(
    {"loan_id": list("abcdef"), "outcome": [DEFAULTED, REPAID, DEFAULTED, REPAID, RESTRUCTURED, DEFAULTED]}
)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load("yanchi").at(DAY)


def test_a_threshold_flags_what_lies_on_it_and_pays_a_visit_for_each(rules: Rules) -> None:
    high, yellow = threshold_table(LOANS, TOLD, rules, [0.2, 0.06]).iter_rows(named=True)

    assert (high["loans"], high["flagged"], high["caught"], high["missed"], high["false_alarms"]) == (
        4,
        1,
        1,
        1,
        0,
    )
    assert (yellow["flagged"], yellow["caught"], yellow["false_alarms"]) == (2, 1, 1)
    assert yellow["visit_yuan"] == 2 * rules.parameters["advice_visit"]
    assert yellow["reached_yuan"] == 50_000 * rules.parameters["loss_given_default"]
    assert yellow["per_visit_yuan"] == yellow["reached_yuan"] / 2


def test_a_threshold_that_nobody_reaches_costs_and_finds_nothing(rules: Rules) -> None:
    row = threshold_table(LOANS, TOLD, rules, [0.99]).row(0, named=True)

    assert (row["flagged"], row["visit_yuan"], row["reached_yuan"], row["per_visit_yuan"]) == (0, 0, 0, None)
    assert row["missed"] == 2


def test_a_lower_threshold_never_catches_fewer(rules: Rules) -> None:
    tried = threshold_table(LOANS, TOLD, rules, [0.9, 0.2, 0.06, 0.05, 0.0])

    assert tried["caught"].to_list() == sorted(tried["caught"])
    assert tried["visits"].to_list() == sorted(tried["visits"])


def test_without_an_outcome_there_is_nothing_to_choose_by(rules: Rules) -> None:
    with pytest.raises(InvalidValueError, match="outcome"):
        threshold_table(LOANS, TOLD.with_columns(outcome=pl.lit(OPEN)), rules, [0.1])


def test_a_pack_that_does_not_price_visits_says_so(rules: Rules) -> None:
    silent = {code: value for code, value in rules.parameters.items() if code != "advice_visit"}

    with pytest.raises(InvalidValueError, match="advice_visit"):
        threshold_table(LOANS, TOLD, replace(rules, parameters=silent), [0.1])
