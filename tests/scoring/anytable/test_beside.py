import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from app.scoring.anytable.drivers import drivers
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.paired import paired, ranked
from app.scoring.anytable.points import points_table
from app.scoring.anytable.reading import check_table
from app.scoring.calibration_check import truth_told
from app.scoring.spec import Kind
from app.scoring.training_record import RECORD, Run
from app.services.any_table import train_table
from tests.scoring.anytable.conftest import Train, invented, spec

TABLE = invented()
EPOCH = date(1970, 1, 1)
ON_PAPER = ("src=", "href=", "@import", "url(", "<script", "http:", "https:")


@pytest.fixture(scope="module")
def card(train: Train) -> dict[str, Any]:
    return train(TABLE, id="no", cv=3, kind=Kind.SCORECARD)


def read(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / name).read_text()))


def test_trees_are_challenged_by_a_scorecard_on_the_same_rows(trained: dict[str, Any]) -> None:
    challenger = read(trained["out"], "metrics.json")["challenger"]

    assert (trained["method"], challenger["method"]) == ("boosted trees", "scorecard")
    assert challenger["n"] == trained["n"]
    apart = challenger["minus_champion"]["auc"]
    assert apart["value"] == pytest.approx(challenger["auc"] - trained["auc"], abs=2e-6)
    assert apart["low"] < apart["value"] < apart["high"]


def test_a_scorecard_speaks_where_it_is_asked_for_and_trees_challenge_it(card: dict[str, Any]) -> None:
    assert (card["method"], card["challenger"]["method"]) == ("scorecard", "boosted trees")
    assert "as asked" in card["summary"]
    assert read(card["out"], "manifest.json")["spec"]["kind"] == "scorecard"
    assert not list(card["out"].glob("model_*.txt"))


def added_up(points: dict[str, Any], row: dict[str, Any]) -> int:
    """Add up a row by hand, as the table's rule says."""
    total = points["base"]
    for line in points["lines"]:
        name = line["name"].removesuffix(" (text)")
        value = row[name]
        if line["kind"] == "date":
            value = (row[line["days_before"]] - value if "days_before" in line else value - EPOCH).days
        if line["kind"] == "category":
            total += line["points"].get(value, line["missing"])
            continue
        try:
            value = float("nan" if value is None else value)
        except ValueError:
            value = float("nan")
        bin_ = next((k for k, edge in enumerate(line["edges"]) if value <= edge), len(line["edges"]))
        total += line["missing"] if np.isnan(value) else line["points"][bin_]
    return int(total)


def test_points_added_by_hand_give_the_scorecards_margin(card: dict[str, Any]) -> None:
    points, model = read(card["out"], "scorecard.json"), TableModel.load(card["out"])

    by_hand = np.array([added_up(points, row) for row in TABLE.iter_rows(named=True)])

    margin = -model.predict(TABLE).margin_fixed * 2.0**-44
    odds = points["log_odds_at_base"] + (by_hand - points["base"]) * np.log(2) / points["points_to_double"]
    rounding = 0.5 * len(points["lines"]) * np.log(2) / points["points_to_double"]
    assert np.abs(odds - margin).max() <= rounding + 1e-9
    assert points == points_table(model)
    pds = [each["pd"] for each in points["pd_by_points"]]
    assert pds == sorted(pds, reverse=True)


def test_dates_have_points_by_days_before_the_day_of_knowledge(train: Train) -> None:
    found = train(TABLE.head(150), id="no", date="day")

    points, model = read(found["out"], "scorecard.json"), TableModel.load(found["out"])
    by_hand = np.array([added_up(points, row) for row in TABLE.iter_rows(named=True)])
    assert any(line.get("days_before") == "day" for line in points["lines"])
    assert np.corrcoef(by_hand, -model.predict(TABLE).margin_fixed)[0, 1] > 0.995


def test_paired_differences_are_those_of_the_figures_and_shrink_with_rows() -> None:
    rng, widths = np.random.default_rng(4), []
    for rows in (400, 6_400):
        y = (rng.random(rows) < 0.3).astype(int)
        told = [1 / (1 + np.exp(-(s * y + rng.normal(size=rows)))) for s in (1.5, 1.0)]
        frames = [pl.DataFrame({"fold": [0] * rows, "y": y, "pd": pd}) for pd in told]
        found = paired(frames[0], frames[1], folds=1)
        aucs = [roc_auc_score(y, pd) for pd in told]
        assert found["auc"]["value"] == pytest.approx(aucs[1] - aucs[0], abs=1e-6)
        widths.append(found["auc"]["high"] - found["auc"]["low"])

    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.3)


def test_the_intervals_hold_the_true_difference_as_often_as_they_say() -> None:
    rng, held = np.random.default_rng(8), 0
    for _ in range(200):
        y = (rng.random(500) < 0.3).astype(int)
        shared = y + rng.normal(size=500)
        frames = [
            pl.DataFrame({"fold": [0] * 500, "y": y, "pd": shared + 0.7 * rng.normal(size=500)})
            for _ in range(2)
        ]
        apart = paired(frames[0], frames[1], folds=1)["auc"]
        held += apart["low"] <= 0 <= apart["high"]

    assert 180 <= held <= 198


def test_one_bad_row_a_fold_leaves_the_interval_open() -> None:
    rows = pl.DataFrame({"fold": [0] * 10 + [1] * 10, "y": ([1] + [0] * 9) * 2, "pd": [0.1] * 20})

    assert paired(rows, rows, folds=2)["auc"] == {"value": None, "low": None, "high": None}


def test_groups_are_measured_of_columns_that_nothing_was_learnt_from(train: Train) -> None:
    ages = pl.Series(np.random.default_rng(2).integers(20, 80, TABLE.height))
    frame = TABLE.with_columns(age=ages, full_name=pl.Series([f"N{k % 5}" for k in range(600)]))

    found = train(frame, id="no", cv=2, refuse=("crop",))

    groups = found["groups"]["found"]
    assert {g["column"] for g in groups} == {"sex", "age", "crop"}
    assert sum(g["n"] for g in groups if g["column"] == "sex") == TABLE.height
    assert {"(…, 35)", "[60, …)"} <= {g["group"] for g in groups}
    sources = TableModel.load(found["out"]).sources
    assert not {"sex", "crop", "full_name"} & set(sources)
    card = (found["out"] / "MODEL_CARD.md").read_text()
    assert "| 性别 sex：f |" in card
    assert "- sex：不公平" in card
    assert "N1" not in (found["out"] / "report.html").read_text()


def test_the_record_tells_data_code_operator_and_uses(tmp_path: Path) -> None:
    TABLE.head(150).write_csv(tmp_path / "table.csv")
    asked = spec(id="no", date="day")
    ids = []
    for operator in ("op-17", "op-03"):
        run = Run(operator=operator, started_at=datetime(2024, 7, 1, 3, 4, 5, tzinfo=UTC))
        train_table(
            tmp_path / "table.csv", tmp_path / operator, asked, run=run,
            clock=lambda: 0.0, progress=lambda *_: None,
        )  # fmt: skip
        ids.append(read(tmp_path / operator, "manifest.json")["artefact_id"])

    record = read(tmp_path / "op-17", RECORD)
    assert ids[0] == ids[1]
    assert (record["operator"], record["started_at"]) == ("op-17", "2024-07-01T03:04:05+00:00")
    assert (record["data"]["source"], record["data"]["rows"]) == ("table.csv", 150)
    assert record["data"]["known_from"] == str(TABLE["day"].min())
    assert len(record["data"]["fingerprint"]) == 64
    assert record["sampling"]["tried"] == "out of time"
    assert {"name": "sex", "why": "unfair: not earned, not changeable"} in record["never_used"]
    assert record["libraries"]["lightgbm"]
    for told in ("limits", "not_for", "groups", "environment", "code", "spec"):
        assert record[told]


@pytest.mark.parametrize("which", ["trained", "card"])
def test_card_and_report_tell_the_interval_of_the_auc_and_where_probabilities_are_off(
    which: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(which)
    texts = [(found["out"] / name).read_text() for name in ("MODEL_CARD.md", "report.html")]
    ends, check = found["auc_interval"], found["calibration_check"]

    assert ends["value"] == pytest.approx(found["auc"], abs=2e-6)
    assert ends["low"] < ends["value"] < ends["high"]
    assert check["slope"]["value"] == pytest.approx(found["calibration_slope"], abs=1e-5)
    assert (check["observed"], check["rows"]) == (found["bad_rate"], found["n"])
    assert f"{ends['value']:.4f} [{ends['low']:.4f}, {ends['high']:.4f}]" in texts[0]
    assert f"{ends['low']:.3f}–{ends['high']:.3f}" in texts[1]
    for zh, en in truth_told(check, "留出的记录", "rows held out"):
        assert all(zh in text and en in text for text in texts)


def test_the_interval_of_the_auc_holds_what_is_true_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(200):
        y = (rng.random(400) < 0.2).astype(int)
        rows = pl.DataFrame({"fold": [0] * 400, "y": y, "pd": y + rng.normal(size=400)})
        told = ranked(rows, folds=1)
        held += (told["low"] or 0) <= 0.760250 <= (told["high"] or 0)  # of two normals one apart

    assert 180 <= held <= 198


def test_the_card_of_a_table_is_in_chinese_first(trained: dict[str, Any]) -> None:
    card = (trained["out"] / "MODEL_CARD.md").read_text()

    assert all(re.match(r"#+ [\u4e00-\u9fff]", line) for line in card.splitlines() if line.startswith("#"))
    assert "- income（数值 number）" in card
    assert "交叉验证 cross-validated" in card
    assert f"`grep -E 'operator|started_at' {RECORD}`" in card


def test_drivers_say_which_way_a_column_moves_the_estimate(trained: dict[str, Any]) -> None:
    asked = spec(id="no", cv=5)

    found = {
        d["column"]: d for d in drivers(TableModel.load(trained["out"]), check_table(TABLE, asked), asked)
    }

    assert next(iter(found)) == "income"
    assert found["income"]["way"] == 1
    assert found["crop"]["raises"] == "maize"


@pytest.mark.parametrize("which", ["trained", "card"])
def test_the_report_shows_everything_and_loads_nothing(which: str, request: pytest.FixtureRequest) -> None:
    page = (request.getfixturevalue(which)["out"] / "report.html").read_text()

    for told in (
        "challenger",
        "Reliability",
        "ROC",
        "What moves the estimate",
        "Groups",
        "Scorecard in points",
    ):
        assert told in page
    assert "越大越险 more is riskier" in page
    assert 'name="viewport"' in page
    assert "@media print" in page
    assert not [sign for sign in ON_PAPER if sign in page]
    assert not re.search(r"\bnan\b", page)
