import re
from collections.abc import Mapping
from typing import Any

import pytest

from app.domain.words import Industry, LoanKind, Registration
from app.scoring.calibration_check import range_of, truth_told
from app.scoring.groups import group_notes, group_rows
from app.scoring.model_card import model_card
from app.scoring.report_page import report_page
from app.scoring.terms import feature_cells
from app.scoring.training import Artefact
from app.scoring.training_record import RECORD
from app.scoring.verdicts import verdicts, where_off

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def card(artefact: Artefact) -> str:
    return artefact.files["MODEL_CARD.md"].decode()


@pytest.fixture(scope="module")
def page(artefact: Artefact) -> str:
    return artefact.files["report.html"].decode()


def gap(column: str, group: str, low: float, high: float) -> dict[str, Any]:
    return {
        "column": column, "group": group, "n": 400, "expected": 0.04, "observed": 0.05, "gap_low": low,
        "gap_high": high, "flagged": 0.2, "flagged_of_repaid": None,
    }  # fmt: skip


def test_headings_and_heads_of_tables_are_in_chinese_first(card: str) -> None:
    lines = card.splitlines()
    heads = [lines[k - 1] for k, line in enumerate(lines) if set(line) <= set("|- ") and "---" in line]
    titles = [line for line in lines if line.startswith("#")]

    assert len(titles) >= 8
    assert len(heads) >= 5
    for title in titles:
        assert CHINESE.match(title.lstrip("# "))
    for head in heads:
        cells = [cell.strip() for cell in head.strip("|").split("|")]
        assert all(CHINESE.match(cell) or cell in {"", "AUC"} for cell in cells)


def test_groups_speak_the_words_of_the_trade() -> None:
    gaps = [
        gap("registration", "stable", -0.01, 0.02), gap("industry", "sheep", 0.004, 0.02),
        gap("kind", "renewal", -0.02, -0.003), gap("age", "under 45", -0.01, 0.02),
        gap("crop", "玉米", -0.01, 0.02),
    ]  # fmt: skip

    _, rows = group_rows(gaps)

    assert [row[0] for row in rows] == [
        f"登记类别 registration：{Registration.STABLE.zh} stable",
        f"产业 industry：{Industry.SHEEP.zh} sheep",
        f"贷款种类 kind of loan：{LoanKind.RENEWAL.zh} renewal", "年龄 age：45岁以下 under 45", "crop：玉米",
    ]  # fmt: skip
    assert [row[4] for row in rows[:3]] == ["在内 within", "▲ 实际更高 0.40%", "▼ 实际更低 0.30%"]


def test_groups_beyond_their_interval_are_named_beside_what_chance_makes() -> None:
    gaps = [gap("industry", "sheep", 0.004, 0.02), *(gap("bank", f"B{k}", -0.01, 0.02) for k in range(19))]

    meaning, found = group_notes(gaps)

    assert "95 % 区间离预期还差多少" in meaning[0]
    assert "stays away from what was expected" in meaning[1]
    assert "超出区间的群体：羊养殖 sheep (▲ 实际更高 more came)。" in found[0]
    assert "(1 of 20)" in found[1]
    assert "about 1.0 would by chance alone" in found[1]
    assert "没有群体超出区间" in group_notes(gaps[1:])[1][0]


def test_card_and_report_say_where_the_estimate_is_off(artefact: Artefact, card: str, page: str) -> None:
    check = artefact.metrics["calibration_check"]
    formal = artefact.metrics["test_at_30_days"]["learned"]

    said = where_off(check)

    assert check["slope"]["value"] == pytest.approx(formal["calibration_slope"], abs=1e-5)
    assert check["intercept"]["value"] == pytest.approx(formal["calibration_intercept"], abs=1e-5)
    assert check["observed"] == pytest.approx(formal["default_rate"], abs=1e-5)
    assert check["expected"] == pytest.approx(formal["mean_pd"], abs=1e-5)
    assert check["matured_from"] in said[0][0]
    for zh, en in said:
        assert zh in card
        assert en in card
        assert zh in page


def test_an_estimate_that_runs_low_is_said_to_in_the_card(artefact: Artefact) -> None:
    low = {"observed": 0.0444, "expected": 0.037, "gap": {"value": 0.0074, "low": 0.003, "high": 0.012}}
    metrics = dict(artefact.metrics) | {
        "calibration_check": dict(artefact.metrics["calibration_check"]) | low
        | {"matured_from": "2024-11-04", "matured_until": "2025-08-28"}
    }  # fmt: skip

    told = model_card(artefact.manifest, metrics), report_page(artefact.manifest, metrics)

    for text in told:
        assert "估计偏低：2024-11-04 至 2025-08-28 到期的贷款，实际 4.44%，预期 3.70%" in text
        assert "The estimate runs low on loans that matured from 2024-11-04 to 2025-08-28" in text
        assert "+0.74 [+0.30, +1.20] points apart" in text


def test_aucs_and_the_gap_to_the_631_have_intervals(artefact: Artefact, card: str, page: str) -> None:
    opinions = artefact.metrics["beside"]["opinions"]

    for told in opinions.values():
        ranks = told["ranks"]
        assert ranks["value"] == told["auc"]
        assert ranks["low"] < ranks["value"] < ranks["high"]
        assert range_of(ranks, ".3f") in card
        assert range_of(ranks, ".3f") in page
    minus = opinions["rating"]["minus_learned"]
    gain = f"{-minus['value']:+.3f} [{-minus['high']:+.3f}, {-minus['low']:+.3f}]"
    assert f"| 631 评级 rating | {range_of(opinions['rating']['ranks'], '.3f')} | {gain} |" in card
    assert gain in page


@pytest.mark.parametrize(
    ("ends", "zh", "en"),
    [
        (
            (-0.12, -0.2, -0.05),
            "学习意见排序优于631 评级",
            "The learned opinion ranks better than the rating",
        ),
        ((0.1, 0.02, 0.2), "631 评级排序优于学习意见", "The rating ranks better than the learned opinion"),
        ((-0.01, -0.05, 0.03), "难分高下", "No clear difference from the rating"),
    ],
)
def test_the_verdict_goes_by_the_interval(ends: tuple[float, ...], zh: str, en: str) -> None:
    minus = dict(zip(("value", "low", "high"), ends, strict=True))
    opinions: Mapping[str, Any] = {"learned": {}, "rating": {"minus_learned": minus}}

    ((said_zh, said_en),) = verdicts(opinions)

    assert zh in said_zh
    assert en in said_en


def test_the_card_says_how_to_read_who_trained_and_when(card: str) -> None:
    assert f"`grep -E 'operator|started_at' {RECORD}`" in card
    assert "不计入工件编号" in card


def test_every_feature_is_described_in_chinese(artefact: Artefact, card: str) -> None:
    for feature in artefact.manifest["features"]:
        cells = feature_cells(feature["name"])
        assert f"| {' | '.join(cells)} |" in card
        assert all(CHINESE.search(cell) for cell in (cells[0], *cells[2:]))


def test_what_was_judged_is_named_in_both_languages() -> None:
    even = {"value": 0.0, "low": -0.1, "high": 0.1}
    check = {
        "observed": 0.1,
        "expected": 0.1,
        "gap": even,
        "slope": {**even, "value": None},
        "intercept": even,
    }

    ((zh, en),) = truth_told(check, "留出行", "rows held out")

    assert "留出行" in zh
    assert "rows held out" in en
