"""The figures that the document of 奉节 prints, from its pack."""

from datetime import date

from app.policy.figures import identity_findings, identity_values
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.funds import fund_positions
from tests.features.ledger import ledger

DAY = date(2019, 6, 20)
RULES = load("fengjie").at(DAY)
FIGURES = {figure.code: figure.now.value for figure in RULES.figures}


def test_the_ladder_is_printed_as_30_000_40_000_50_000() -> None:
    steps = {step.code: (step.now.limit, step.now.years_on_time) for step in RULES.ladder}

    assert steps == {"C": (30_000, 0), "B": (40_000, 1), "A": (50_000, 2)}


def test_a_fund_of_50_million_carries_500_million() -> None:
    deposit = {
        "fund_id": "F1", "fund": "compensation", "movement_no": "M1", "movement": "deposit",
        "moved_on": date(2017, 3, 1), "amount": int(FIGURES["fund_deposit"]) * 100,
    }  # fmt: skip
    frames = ledger(fund_movements=[deposit])

    position = fund_positions(frames, loan_book(frames, as_of=DAY), RULES, as_of=DAY).row(0, named=True)

    assert (position["balance"], position["capacity"]) == (5_000_000_000, 50_000_000_000)


def test_the_households_by_industry_are_180_fewer_than_those_lent_to() -> None:
    found = {
        finding.code: (int(finding.computed), int(finding.printed)) for finding in identity_findings(RULES)
    }

    assert found == {"industries": (10_806, 10_986)}
    assert {value.code for value in identity_values(RULES) if value.holds} == {"one_to_ten", "shares_each"}


def test_525_million_to_10_986_households_are_47_788_yuan_each() -> None:
    assert round(FIGURES["amount_lent"] / FIGURES["households_lent"]) == 47_788


def test_thirty_model_villages_and_three_thousand_model_households_a_year() -> None:
    assert (RULES.parameters["model_villages"], RULES.parameters["model_households"]) == (30, 3_000)
