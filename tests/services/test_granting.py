"""Whole-village granting: every household once, the same alone and together, with what decided it."""

from datetime import date
from functools import cache

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.domain.errors import NoRulesInForceError, NotFoundError
from app.domain.frames import Frames
from app.ledgerfile.writing import cell_values
from app.policy.policy import Rules, load
from app.services.grant_rows import grant_row, grants_sheets
from app.services.granting import GRANT_COLUMNS, grants, grants_of_frames, totals
from app.simulation import CountySpec, frames, simulate

DAY = date(2025, 9, 30)
COUNTY = "999901"
PACKS = ("yanchi", "yanchi_1531")


@cache
def county() -> Frames:
    lags = {lag.code: lag.now.days for lag in rules("yanchi").knowledge}
    return frames(simulate(CountySpec(seed=5, loans=300, until=DAY)), lags)


@cache
def rules(pack: str) -> Rules:
    return load(pack).at(DAY)


@cache
def granted(pack: str) -> pl.DataFrame:
    return grants(county(), as_of=DAY, rules=rules(pack), within=COUNTY)


def village() -> str:
    sizes = granted("yanchi").get_column("village_code").value_counts()
    return str(sizes.sort("count", "village_code")["village_code"][-1])


@pytest.mark.parametrize("pack", PACKS)
def test_every_household_of_a_place_is_granted_exactly_once(pack: str) -> None:
    known = county().as_of(DAY)["households"]

    rows = granted(pack)

    assert rows.columns == list(GRANT_COLUMNS)
    assert rows["household_id"].to_list() == sorted(set(known["household_id"]))


@pytest.mark.parametrize("pack", PACKS)
def test_a_village_says_what_the_county_and_each_household_alone_say(pack: str) -> None:
    together = granted(pack).filter(pl.col("village_code") == village())

    of_village = grants(county(), as_of=DAY, rules=rules(pack), within=village())
    alone = [
        grants(county(), as_of=DAY, rules=rules(pack), within=village(), households=[household])
        for household in of_village["household_id"]
    ]

    assert of_village.height > 1
    assert_frame_equal(of_village, together)
    assert_frame_equal(pl.concat(alone), of_village)


def test_limit_and_rate_follow_the_grade_and_stay_within_the_caps_in_force() -> None:
    pack = rules("yanchi_1531")
    grades = {grade.code: grade.now for grade in pack.grades}
    cap, most = pack.parameters["rate_cap_long"], pack.parameters["amount_cap"]

    graded = granted("yanchi_1531").filter(pl.col("rating_grade").is_not_null())

    seen = {
        (grade, limit, rate) for grade, limit, rate in graded.select(
            "rating_grade", "limit_granted", "annual_rate"
        ).iter_rows()
    }  # fmt: skip
    assert seen == {
        (code, round(min(grade.limit, most) * 100), round((cap - grade.rate_discount) * 10_000))
        for code, grade in grades.items()
    }
    assert len(grades) == 4


def test_a_better_grade_never_gets_less_or_pays_more() -> None:
    graded = granted("yanchi_1531").filter(pl.col("rating_grade").is_not_null())

    ordered = graded.sort("rating_points").select("limit_granted", "annual_rate")

    assert ordered["limit_granted"].is_sorted()
    assert ordered["annual_rate"].is_sorted(descending=True)


@pytest.mark.parametrize("pack", PACKS)
def test_only_what_is_allowed_is_offered_and_all_else_says_why(pack: str) -> None:
    rows = granted(pack)

    offered = rows.filter(pl.col("limit_offered") > 0)
    others = rows.filter(pl.col("result") != "allowed")

    assert set(offered["result"]) == {"allowed"}
    assert others.height > 0
    assert all(row["decided_by"] or row["rating_says"] for row in others.iter_rows(named=True))
    assert set(rows.filter(pl.col("result") == "allowed")["rating_says"]) == {None}


def test_refused_and_referred_households_are_told_with_their_clause() -> None:
    row = granted("yanchi").filter(pl.col("result") == "refused").row(0, named=True)

    told = grant_row(row, rules("yanchi"))

    assert {rule["effect"] for rule in told["rules"]} == {"refused"}
    assert all(rule["reference"]["kind"] == "cited" for rule in told["rules"])
    assert all(rule["reference"]["clause"] for rule in told["rules"])
    assert told["limit_offered"] == 0


def test_an_ordinary_household_is_referred_by_631_and_not_by_1531() -> None:
    ordinary = pl.col("registration") == "ordinary"

    by_631, by_1531 = (granted(pack).filter(ordinary)["spoke"].to_list() for pack in PACKS)

    assert len(by_631) > 0
    assert all("registered_household" in codes for codes in by_631)
    assert all(
        rule.now.effect == "allowed"
        for rule in rules("yanchi_1531").eligibility
        if rule.code == "registered_household"
    )
    assert all("registered_household" in codes for codes in by_1531)


def _surveyed(answers: pl.DataFrame) -> Frames:
    return Frames.of({**county().tables, "surveys": answers})


def test_civic_points_of_a_survey_move_the_1531_and_not_the_631() -> None:
    household = granted("yanchi")["household_id"][0]
    answer = pl.DataFrame(
        {
            "household_id": [household], "item": ["civic_points"], "value": [10.0],
            "asked_on": [date(2025, 1, 1)], "known_on": [date(2025, 1, 1)], "version": [1],
        }
    )  # fmt: skip

    points = {
        pack: [
            grants(facts, as_of=DAY, rules=rules(pack), within=COUNTY, households=[household])[
                "rating_points"
            ][0]
            for facts in (_surveyed(answer.clear()), _surveyed(answer))
        ]
        for pack in PACKS
    }

    changes = {pack: after - before for pack, (before, after) in points.items()}
    assert changes == {"yanchi": 0, "yanchi_1531": 5}


def test_a_household_whose_rating_lacks_a_value_is_referred_with_the_indicator() -> None:
    household = granted("yanchi")["household_id"][0]
    incomes = county()["incomes"].filter(pl.col("household_id") != household)
    without = Frames.of({**county().tables, "incomes": incomes})

    row = grants(without, as_of=DAY, rules=rules("yanchi"), within=COUNTY, households=[household]).row(
        0, named=True
    )

    assert (row["rating_points"], row["rating_says"]) == (None, "not_known")
    assert row["rating_misses"] == ["income_per_head"]
    assert row["result"] in {"referred", "refused"}


def test_the_line_may_be_drawn_for_the_three_years_of_the_pack() -> None:
    assert set(granted("yanchi")["line_ends_on"]) == {date(2028, 9, 30)}
    assert set(granted("yanchi")["term_months"]) == {36}


def test_the_file_holds_every_row_in_yuan_and_words_with_its_reasons() -> None:
    whole = grants_of_frames(county(), COUNTY, as_of=DAY, rules=rules("yanchi_1531"))

    listed, basis = grants_sheets(whole)

    columns = {column.name: column for column in listed.columns}
    limits = cell_values(listed.rows["limit_offered"], columns["limit_offered"], "zh")
    results = cell_values(listed.rows["result"], columns["result"], "zh")
    assert listed.rows["household_id"].to_list() == whole.rows["household_id"].to_list()
    assert sum(limits) * 100 == totals(whole.rows)["limit_offered"]
    assert set(results) == {"符合", "转人工审定", "不符合"}
    why = listed.rows.filter(pl.col("result") != "allowed")["why"]
    assert (why.str.len_chars() > 0).all()
    facts = dict(basis.rows.iter_rows())
    assert facts["农户数"] == str(whole.households)


def test_later_facts_change_nothing_earlier() -> None:
    earlier = date(2024, 9, 30)

    whole = grants(county(), as_of=earlier, rules=load("yanchi").at(earlier), within=COUNTY)
    known = grants(county().as_of(earlier), as_of=earlier, rules=load("yanchi").at(earlier), within=COUNTY)

    assert_frame_equal(whole, known)


def test_a_village_without_households_is_one_clear_error() -> None:
    with pytest.raises(NotFoundError, match="999901199299"):
        grants_of_frames(county(), "999901199299", as_of=DAY, rules=rules("yanchi"))


@pytest.mark.parametrize(("pack", "day"), [("national", DAY), ("yanchi_1531", date(2020, 12, 31))])
def test_a_pack_without_a_rating_on_the_day_says_so(pack: str, day: date) -> None:
    with pytest.raises(NoRulesInForceError, match=f"'{pack}' has no rating on {day}"):
        grants(county(), as_of=day, rules=load(pack).at(day), within=COUNTY)
