"""Which features give away what is refused: planted proxies are named, noise is not, no attribute leaks."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from app.features.catalogue import REFUSED
from app.scoring.proxies import ProxySpec, proxy_report, proxy_section

N = 3_000
COLUMNS = ("income_12m_yuan", "land_mu", "group_late_share", "labour_share")


def rows(seed: int = 0) -> pl.DataFrame:
    """Households in twelve townships: land gives the township away, labour the sex, income nothing."""
    rng = np.random.default_rng(seed)
    place, male = rng.integers(0, 12, N), rng.integers(0, 2, N)
    late = np.where(rng.random(N) < 0.3, np.nan, rng.random(N))
    return pl.DataFrame(
        {
            "county": 0,
            "household_id": [f"H{i}" for i in range(N)],
            "borrower_id": [f"P{i}" for i in range(N)],
            "township_code": [f"9999011{p:02}" for p in place],
            "village_code": [f"9999011{p:02}201" for p in place],
            "borrower_age": rng.integers(20, 70, N).astype(float),
            "income_12m_yuan": rng.normal(size=N),
            "land_mu": place + rng.normal(scale=0.1, size=N),
            "group_late_share": late,
            "labour_share": male + rng.normal(scale=1.0, size=N),
            "male": male,
        }
    )  # fmt: skip


def sexes(of: pl.DataFrame) -> pl.DataFrame:
    return of.select("borrower_id", pl.col("male").cast(pl.Int64).alias("sex"))


def test_a_feature_that_gives_the_township_away_is_named() -> None:
    report = proxy_report(rows(), COLUMNS)

    assert report["proxies"]["township_code"] == ["land_mu"]
    assert report["attributes"]["township_code"]["features"]["land_mu"]["share"] > 0.7
    assert report["proxies"]["borrower_age"] == []


def test_a_proxy_is_forbidden_unless_it_is_what_others_of_the_place_have_repaid() -> None:
    place = pl.col("township_code").rank("dense").cast(pl.Float64)
    known = rows().with_columns(place.alias("township_late_share"), place.alias("borrower_age"))

    report = proxy_report(known, (*COLUMNS, "township_late_share"))

    assert report["proxies"]["township_code"] == ["township_late_share", "land_mu"]
    assert report["forbidden"]["township_code"] == ["land_mu"]
    assert set(report["forbidden"]["borrower_age"]) == {"township_late_share", "land_mu"}


def test_noise_tells_nothing_beyond_chance() -> None:
    told = proxy_report(rows(), COLUMNS)["attributes"]

    for attribute in ("township_code", "village_code", "borrower_age"):
        assert told[attribute]["features"]["income_12m_yuan"]["share"] < 0.01
        assert told[attribute]["features"]["group_late_share"]["share"] < 0.01


def test_sex_is_ranked_by_its_auc_whichever_way_round() -> None:
    known = rows()
    mirrored = known.with_columns(-pl.col("labour_share"))

    seen = [proxy_report(of, COLUMNS, sexes(of))["attributes"]["sex"] for of in (known, mirrored)]

    expected = roc_auc_score(known["male"], known["labour_share"])
    for part in seen:
        assert part["features"]["labour_share"]["auc"] == pytest.approx(expected, abs=1e-4)
        assert part["features"]["labour_share"]["proxy"]
        assert not part["features"]["income_12m_yuan"]["proxy"]


def test_shares_are_mutual_information_over_entropy() -> None:
    known = rows().with_columns(land_mu=pl.col("township_code").rank("dense").cast(pl.Float64))

    report = proxy_report(known, ("land_mu",), spec=ProxySpec(bins=40))

    kinds = known["township_code"].to_list()
    assert mutual_info_score(kinds, known["land_mu"].to_list()) == pytest.approx(
        mutual_info_score(kinds, kinds)
    )
    assert report["attributes"]["township_code"]["features"]["land_mu"]["share"] == 1.0


def test_what_cannot_be_checked_is_said_for_every_refused_attribute() -> None:
    without, knowing = proxy_report(rows(), COLUMNS), proxy_report(rows(), COLUMNS, sexes(rows()))

    assert {*without["attributes"], *without["unchecked"]} >= {refused.name for refused in REFUSED}
    assert "ethnicity" in knowing["unchecked"]
    assert "sex" in without["unchecked"]
    assert "sex" not in knowing["unchecked"]


def test_an_attribute_of_one_kind_is_left_out() -> None:
    report = proxy_report(rows().with_columns(township_code=pl.lit("999901101")), COLUMNS)

    assert "township_code" not in report["attributes"]
    assert "one kind" in report["unchecked"]["township_code"]


def test_a_household_with_many_loans_counts_once() -> None:
    once = rows()

    assert proxy_report(pl.concat([once, once, once]), COLUMNS) == proxy_report(once, COLUMNS)


def test_no_attribute_of_anybody_leaves_the_report() -> None:
    text = json.dumps(proxy_report(rows(), COLUMNS, sexes(rows())))

    assert not any(secret in text for secret in ("999901101", '"H1"', '"P1"'))


def test_the_card_names_proxies_and_what_was_not_checked() -> None:
    section = proxy_section(proxy_report(rows(), COLUMNS))

    assert "耕地面积 land_mu" in section
    assert "- 民族 ethnicity：台账没有这一项" in section
    assert "| 借款人年龄 borrower_age | 4 | – |" in section
