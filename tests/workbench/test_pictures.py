import numpy as np
import polars as pl
import pytest

from app.domain.errors import Problem
from app.features.base import loan_base
from app.features.build import build
from app.services.thresholds import threshold_table
from app.simulation import CountySpec
from app.workbench.bench import DAY, facts_of, pack, shipped
from app.workbench.look import chinese_font, shown, table, told, words
from app.workbench.pictures import by_cause, by_feature, swarm, thresholds_picture, waterfall
from app.workbench.tables import lights_sheet, thresholds_sheet


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    known = facts_of(None, CountySpec(seed=3, loans=120, until=DAY)).as_of(DAY)
    return build(known, loan_base(known, as_of=DAY)).filter(pl.col("days_to_maturity").is_between(1, 180))


# shap's own colours, with a newer matplotlib
@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning", "ignore:IProgress not found")
def test_pictures_by_feature_and_by_cause_end_at_the_margin(features: pl.DataFrame) -> None:
    estimator = shipped()
    margin = estimator.tables.to_log_odds(estimator.opinion(features)["margin_fixed"].to_numpy())

    ends = [
        e.values.sum(axis=1) + e.base_values
        for e in (by_feature(estimator, features), by_cause(estimator, features))
    ]

    assert len(margin) > 0
    for end in ends:
        np.testing.assert_allclose(end, margin, rtol=0, atol=1e-9)


def test_tables_and_sentences_are_shown_as_they_are_and_escaped() -> None:
    frame = pl.DataFrame({"名称 name": ["<b>", None], "值 value": [0.123456, 12_345.6]})

    shown_table = table(frame, "表").html
    sentence = told(Problem(zh="好", en="a < b")).html

    for part in ("<th>名称 name</th>", "&lt;b&gt;", "–", "0.1235", "12,346", "<caption>表</caption>"):
        assert part in shown_table
    assert "a &lt; b" in sentence


def test_a_sheet_shows_its_first_rows_and_counts_the_rest() -> None:
    sheet = thresholds_sheet(_thresholds())

    html = shown(sheet, most=2).html

    assert html.count("<tr>") == 3
    assert "另有 1 行" in html


def test_words_on_pictures_are_chinese_only_where_a_font_has_it() -> None:
    said = words("界限", "threshold")

    assert said == ("界限 threshold" if chinese_font() else "threshold")


@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning", "ignore:IProgress not found")
def test_every_picture_is_drawn(features: pl.DataFrame) -> None:
    drawn = [
        swarm(by_feature(shipped(), features)),
        waterfall(by_cause(shipped(), features[0])),
        thresholds_picture(_thresholds(), pack().at(DAY)),
    ]

    assert all(each.html.startswith('<img src="data:image/png;base64,') for each in drawn)


def _thresholds() -> pl.DataFrame:
    judged = pl.DataFrame(
        {
            "loan_id": ["A", "B", "C"],
            "pd_ppm": [10_000, 90_000, 300_000],
            "balance": [100_000, 200_000, 300_000],
        }
    )
    told_ = pl.DataFrame({"loan_id": ["A", "B", "C"], "outcome": ["repaid", "repaid", "defaulted"]})
    return threshold_table(judged, told_, pack().at(DAY), [0.02, 0.05, 0.2])


def test_lights_are_set_against_outcomes_the_gravest_first() -> None:
    judged = pl.DataFrame({"loan_id": ["A", "B", "C"], "light": ["green", "red", "red"]})
    came = pl.DataFrame({"loan_id": ["A", "B", "C"], "outcome": ["repaid", "repaid", "defaulted"]})

    rows = lights_sheet(judged, came).rows

    assert rows["light"].to_list() == ["红灯 red", "绿灯 green"]
    assert rows["rate"].to_list() == [50.0, 0.0]
