import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.words import Agreement, Cause, Light
from app.features.catalogue import BY_NAME, modelled
from app.features.feature import Feature, Sign, Stage
from app.scoring.calibration import RatingRates
from app.scoring.explanation import ScoredFeature, agreement, by_cause, reason_sentences, reasons
from app.scoring.pd_model import Estimator
from app.scoring.wording import sentence, written


def _scored(name: str, typical: float | None) -> ScoredFeature:
    feature = BY_NAME[name]
    return ScoredFeature(
        name=name, unit=feature.unit, cause=feature.cause, sign=feature.sign, typical=typical
    )


LATE = _scored("interest_days_late_max_12m", 0.0)
INCOME = _scored("income_12m_yuan", 40_000.0)
AMOUNT = _scored("amount_yuan", 50_000.0)
THREE = (LATE, INCOME, AMOUNT)


def _reasons(values: list[float], contributions: list[int], most: int = 4) -> list[dict[str, object]]:
    found = reasons(np.array([values]), np.array([contributions]), THREE, most)
    return list(found.to_list()[0])


def test_the_largest_adverse_contribution_is_named_first() -> None:
    found = _reasons([40.0, 20_000.0, 30_000.0], [5, 9, -2])

    assert [reason["feature"] for reason in found] == ["income_12m_yuan", "interest_days_late_max_12m"]
    assert [reason["code"] for reason in found] == ["income_12m_yuan_low", "interest_days_late_max_12m_high"]
    assert found[0]["contribution"] == 9
    assert found[0]["value"] == 20_000.0


def test_no_more_reasons_than_asked_for_are_given() -> None:
    assert len(_reasons([40.0, 20_000.0, 30_000.0], [5, 9, 7], most=2)) == 2


def test_nothing_adverse_gives_no_reason() -> None:
    assert _reasons([40.0, 20_000.0, 30_000.0], [0, -1, -5]) == []


def test_a_value_no_worse_than_usual_is_never_a_reason() -> None:
    assert _reasons([0.0, 40_000.0, 50_000.0], [5, 9, 7]) == []
    assert _reasons([0.0, 90_000.0, 50_000.0], [5, 9, 7]) == []


def test_a_missing_value_is_a_reason_of_its_own() -> None:
    found = _reasons([np.nan, 90_000.0, 50_000.0], [5, 9, 7])

    assert [(reason["code"], reason["value"]) for reason in found] == [
        ("interest_days_late_max_12m_missing", None)
    ]
    assert "没有记录" in reason_sentences(found[0])[0]


def test_a_sentence_gives_value_unit_and_what_is_usual() -> None:
    zh, en = reason_sentences(_reasons([40.0, 40_000.0, 50_000.0], [5, 0, 0])[0])

    assert zh == "近12个月结息最长逾期天数为40天，高于一般水平0天，推高了违约估计。"
    assert (
        en
        == "Longest interest delay in 12 months is 40 days, above the usual 0 days; this raises the estimate."
    )


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_sentence_contradicts_the_sign_of_its_feature(data: st.DataObject) -> None:
    signed = [f for f in modelled(Stage.MATURITY) if f.sign is not Sign.FREE and f.unit != "flag"]
    features = tuple(_scored(f.name, round(data.draw(st.floats(-5, 5)), 6)) for f in signed)
    values = np.array([[round(data.draw(st.floats(-9, 9)), 6) for _ in signed]])

    for reason in reasons(values, np.ones((1, len(signed)), np.int64), features, 4).to_list()[0]:
        higher = reason["value"] > reason["typical"]
        assert higher == (BY_NAME[reason["feature"]].sign is Sign.RAISES_RISK)
        assert ("above" if higher else "below") in reason_sentences(reason)[1]


SENTENCES = st.sampled_from([f for stage in Stage for f in modelled(stage)])
NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 0.5, 1.0, 12345.4, 12345.6, 0.5001]))


@settings(max_examples=300, deadline=None)
@given(
    feature=SENTENCES,
    value=st.one_of(st.just(math.nan), NUMBERS),
    typical=st.one_of(st.none(), NUMBERS),
    nearly=st.booleans(),
    contribution=st.integers(-9, 9),
)
def test_a_sentence_says_raised_only_of_the_adverse_side_and_only_where_it_raised(
    feature: Feature, value: float, typical: float | None, *, nearly: bool, contribution: int
) -> None:
    if nearly and typical is not None:
        value = typical + 1e-4 * (1 + abs(typical))
    scored = (_scored(feature.name, typical),)

    told = reasons(np.array([[value]]), np.array([[contribution]]), scored, 4).to_list()[0]

    if told:
        _check_sentences(feature, told[0], contribution)
    else:
        harmless = not math.isnan(value) and typical is not None
        apart = (value - (typical or 0.0)) * feature.sign.monotone
        assert contribution <= 0 or (harmless and (apart <= 0))


def _check_sentences(feature: Feature, reason: dict[str, Any], contribution: int) -> None:
    zh, en = reason_sentences(reason)
    assert contribution > 0
    assert "推高" in zh
    assert "raises" in en
    assert not any(word in zh + en for word in ("降低", "拉低", "lowers"))
    sides = {side for side in ("高于", "低于", "above", "below") if side in (zh + en).replace(feature.zh, "")}
    if reason["value"] is None or reason["typical"] is None or feature.unit == "flag":
        return
    higher = reason["value"] > reason["typical"]
    expected = {Sign.FREE: set(), Sign.RAISES_RISK: {"高于", "above"}, Sign.LOWERS_RISK: {"低于", "below"}}
    assert sides - {"above", "below"} <= expected[feature.sign]
    assert feature.sign is Sign.FREE or higher == (feature.sign is Sign.RAISES_RISK)
    if "一般水平" in zh:
        seen, usual = zh.split("为", 1)[1].split("，")[0], zh.split("一般水平")[1].split("，推高")[0]
        assert seen != usual
    else:
        assert reason["value"] == pytest.approx(reason["typical"], rel=1e-9, abs=1e-9)


def test_values_that_round_to_the_same_are_written_with_the_digits_that_tell_them_apart() -> None:
    zh, en = sentence(BY_NAME["wage_share_12m"], 0.5004, 0.4996)
    income = sentence(BY_NAME["income_12m_yuan"], 39_999.6, 40_000.2)

    assert "50.04%，相对一般水平49.96%" in zh
    assert "50.04%, against the usual 49.96%" in en
    assert "39,999.6元，低于一般水平40,000.2元" in income[0]


def test_nothing_is_written_with_a_minus_before_a_zero() -> None:
    assert written(-0.001, "ratio") == ("0%", "0%")
    assert written(-0.0, "yuan") == ("0元", "0 yuan")


def test_reasons_are_the_same_for_a_row_alone_and_among_many(
    estimator: Estimator, rows: pl.DataFrame
) -> None:
    values = estimator.matrix(rows.head(300))
    contributions, _ = estimator.tables.contributions(values)

    together = reasons(values, contributions, estimator.features, 4)

    for i in range(0, 300, 23):
        alone = reasons(values[i : i + 1], contributions[i : i + 1], estimator.features, 4)
        assert alone.to_list() == together[i : i + 1].to_list()


def test_contributions_are_summed_by_cause() -> None:
    found = by_cause(np.array([[5, 9, 7], [1, 2, 3]]), THREE)

    assert found["shap_willingness"].tolist() == [5, 1]
    assert found["shap_income"].tolist() == [9, 2]
    assert found["shap_market"].tolist() == [0, 0]
    assert len(found) == len(Cause)


RATES = RatingRates(
    points=np.array([0, 60, 90]), pd_ppm=np.array([250_000, 80_000, 10_000]),
    low_ppm=np.array([200_000, 60_000, 5_000]), high_ppm=np.array([300_000, 99_000, 20_000]),
)  # fmt: skip
LIMITS = {Light.YELLOW: 60_000, Light.RED: 200_000}


@pytest.mark.parametrize(
    ("points", "pd_ppm", "word"),
    [
        (95, 20_000, Agreement.AGREE),
        (95, 59_999, Agreement.AGREE),
        (95, 60_000, Agreement.RATING_KINDER),
        (70, 20_000, Agreement.RATING_STRICTER),
        (10, 250_000, Agreement.AGREE),
        (None, 20_000, Agreement.ONE_ONLY),
        (95, None, Agreement.ONE_ONLY),
    ],
)
def test_the_opinions_agree_when_both_fall_between_the_same_thresholds(
    points: int | None, pd_ppm: int | None, word: Agreement
) -> None:
    schema = {"row": pl.UInt32, "rating_points": pl.Int64, "pd_ppm": pl.Int64}
    judged = pl.DataFrame({"row": [0], "rating_points": [points], "pd_ppm": [pd_ppm]}, schema=schema)

    found = agreement(judged, LIMITS, RATES)

    assert found["agreement"].to_list() == [word.value]
    assert (found["agreement_why"].struct.field("zh")[0] is None) == (word is Agreement.ONE_ONLY)


def test_disagreement_is_told_in_figures() -> None:
    judged = pl.DataFrame({"row": [0], "rating_points": [95], "pd_ppm": [123_456]})

    why = agreement(judged, LIMITS, RATES)["agreement_why"][0]

    assert why["zh"] == "同等评级分的历史违约率为1.0%，学习估计为12.3%。"
    assert "1.0%" in why["en"]
    assert "12.3%" in why["en"]


def test_without_rates_the_rating_cannot_be_compared() -> None:
    judged = pl.DataFrame({"row": [0], "rating_points": [95], "pd_ppm": [123_456]})

    assert agreement(judged, LIMITS)["agreement"].to_list() == [Agreement.ONE_ONLY.value]
