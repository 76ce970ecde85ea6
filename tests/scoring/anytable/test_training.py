import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from typer.testing import CliRunner

from app.cli.main import app
from app.domain.errors import TrainingError
from app.scoring.anytable.model import TableModel
from app.scoring.training_record import Run
from app.services import any_table
from tests.scoring.anytable.conftest import Train, invented, spec

TABLE = invented()
HASHED = ("manifest.json", "predictions.parquet", "report.html", "MODEL_CARD.md", "columns.json")


def metrics(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "metrics.json").read_text()))


def test_figures_are_those_of_the_predictions(trained: dict[str, Any]) -> None:
    found, rows = metrics(trained["out"]), pl.read_parquet(trained["out"] / "predictions.parquet")
    parts = [(p["y"].to_numpy(), p["pd"].to_numpy()) for p in rows.partition_by("fold")]

    assert found["auc"] == pytest.approx(np.mean([roc_auc_score(y, p) for y, p in parts]), abs=1e-5)
    assert found["brier"] == pytest.approx(np.mean([brier_score_loss(y, p) for y, p in parts]), abs=1e-5)
    assert found["logloss"] == pytest.approx(np.mean([log_loss(y, p) for y, p in parts]), abs=1e-5)
    assert found["pooled"]["auc"] == pytest.approx(roc_auc_score(rows["y"], rows["pd"]), abs=1e-5)
    assert (found["n"], found["bads"]) == (rows.height, rows["y"].sum())
    assert {"ks", "ece", "seconds", "calibration_slope", "calibration_intercept"} <= set(found)
    assert found["auc"] > 0.75


def test_folds_are_the_usual_stratified_ones(trained: dict[str, Any]) -> None:
    rows = pl.read_parquet(trained["out"] / "predictions.parquet")
    y = TABLE["bad"].to_numpy()
    cut = StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)

    for fold, (_, held) in enumerate(cut):
        assert rows.filter(fold=fold)["id"].to_list() == TABLE["no"].gather(held).to_list()
    assert rows.columns == ["id", "fold", "y", "pd"]


def test_the_same_table_spec_and_seed_give_the_same_bytes(train: Train, trained: dict[str, Any]) -> None:
    again, other = train(TABLE, id="no", cv=5), train(TABLE, id="no", cv=5, seed=1)

    for name in HASHED:
        assert (again["out"] / name).read_bytes() == (trained["out"] / name).read_bytes()
    assert (other["out"] / "manifest.json").read_bytes() != (trained["out"] / "manifest.json").read_bytes()


def test_with_a_date_the_last_rows_judge_what_the_earlier_taught(train: Train) -> None:
    found = train(TABLE, id="no", date="day")

    rows = pl.read_parquet(found["out"] / "predictions.parquet").join(TABLE, left_on="id", right_on="no")
    earlier = TABLE.filter(~pl.col("no").is_in(rows["id"].to_list()))
    assert found["kind"] == "out of time"
    assert 80 < rows.height < 160
    assert earlier["day"].max() < rows["day"].min()  # type: ignore[operator]


def test_too_few_rows_make_a_scorecard_that_says_why(train: Train) -> None:
    found = train(TABLE.head(120), id="no", refuse=("mixed",))

    assert found["method"] == "scorecard"
    assert "Too few data for trees (120 rows" in found["summary"]
    judged = TableModel.load(found["out"]).predict(TABLE)
    assert (judged.shap_fixed.sum(axis=1) + judged.base_fixed == judged.margin_fixed).all()
    assert np.corrcoef(judged.margin_fixed, TABLE["income"].to_numpy())[0, 1] > 0.5


def test_five_bad_rows_in_five_hundred_are_no_crash(train: Train) -> None:
    rare = TABLE.head(500).with_columns(bad=pl.Series(np.arange(500) % 100 == 3))

    found = train(rare, id="no")

    assert found["method"] == "scorecard"
    assert found["bads"] == 5
    assert found["mean_pd"] == pytest.approx(0.01, abs=0.01)


def test_columns_whose_names_meet_are_kept_apart(train: Train) -> None:
    twins = TABLE.head(120).with_columns(
        pl.Series("mixed (text)", np.arange(120) % 7), pl.Series('{"a": [1]}', np.arange(120) % 5)
    )

    found = train(twins, id="no", cv=2)

    assert set(TableModel.load(found["out"]).sources) > {"mixed", "mixed (text)", '{"a": [1]}'}


def test_a_sign_is_kept_by_trees_and_scorecards(train: Train) -> None:
    for rows in (600, 120):
        found = train(TABLE.head(rows), id="no", monotone=(("income", -1),), cv=2)
        model = TableModel.load(found["out"])
        line = TABLE[[0] * 40].with_columns(income=pl.Series(np.linspace(-3, 3, 40)))

        assert (np.diff(model.predict(line).margin_fixed) <= 0).all()


def test_an_interrupted_training_leaves_nothing(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:  # noqa: ARG001
        if done == 2:
            raise StoppedError

    TABLE.write_parquet(tmp_path / "table.parquet")
    with pytest.raises(StoppedError):
        any_table.train_table(
            tmp_path / "table.parquet", tmp_path / "out", spec(id="no"), run=Run(operator=""),
            clock=lambda: 0.0, progress=stop,
        )  # fmt: skip

    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


def test_a_folder_that_cannot_be_written_is_named_and_a_smaller_bag_leaves_no_old_files(
    train: Train, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match="is no folder of a training"):
        train(TABLE.head(120), out=tmp_path / "file", id="no")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tables_99.npz").write_text("old")
    (tmp_path / "out" / "metrics.json").write_text("{}")

    train(TABLE.head(120), out=tmp_path / "out", id="no")

    assert not (tmp_path / "out" / "tables_99.npz").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]


def test_what_a_killed_run_left_aside_is_not_taken_over(train: Train, tmp_path: Path) -> None:
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "tables_99.npz").write_text("half")

    train(TABLE.head(120), out=tmp_path / "out", id="no")

    assert not (tmp_path / "out" / "tables_99.npz").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_something_else_is_left_alone(train: Train, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")

    with pytest.raises(TrainingError, match="Give a new folder"):
        train(TABLE.head(120), out=tmp_path / "letters", id="no")


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_learnt(train: Train, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(TrainingError, match="cannot be written"):
        train(TABLE.head(30), out=tmp_path / "file" / "out", id="no")


def test_leaks_stop_training_unless_told_otherwise(train: Train) -> None:
    leaky = TABLE.with_columns(court=pl.col("bad") * 3 + 1)

    with pytest.raises(TrainingError, match="court: separates alone"):
        train(leaky, id="no")
    found = train(leaky, id="no", allow_leaks=True, cv=2)

    assert found["auc"] > 0.97
    assert "separates alone" in (found["out"] / "report.html").read_text()
    assert "separates alone" in (found["out"] / "MODEL_CARD.md").read_text()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_report_stands_alone_and_escapes_names(train: Train) -> None:
    found = train(TABLE.rename({"crop": "<script>x</script>"}), id="no", cv=2)

    page = Tags()
    page.feed((found["out"] / "report.html").read_text())
    names = [tag for tag, _ in page.seen]
    assert names.count("svg") >= 2
    assert "script" not in names
    assert not [a for _, a in page.seen if {"src", "href"} & set(a)]


def test_the_command_writes_everything_and_tells_bad_input(tmp_path: Path) -> None:
    TABLE.head(120).write_csv(tmp_path / "table.csv")
    (tmp_path / "signs.yaml").write_text("income: 1\n")
    arguments = [
        "train",
        "--table",
        str(tmp_path / "table.csv"),
        "--id",
        "no",
        "--out",
        str(tmp_path / "out"),
    ]
    more = ["--monotone", str(tmp_path / "signs.yaml"), "--refuse", "mixed", "--cv", "3", "--seed", "0"]

    done = CliRunner().invoke(app, [*arguments, "--target", " bad ", "--operator", "op-17", *more])
    lost = CliRunner().invoke(app, [*arguments, "--target", "nowhere"])

    assert done.exit_code == 0, done.output
    assert {"manifest.json", "report.html", "metrics.json", "predictions.parquet", "MODEL_CARD.md"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    record = json.loads((tmp_path / "out" / "training_record.json").read_bytes())
    assert record["operator"] == "op-17"
    assert record["started_at"]
    assert isinstance(lost.exception, TrainingError)
    assert CliRunner().invoke(app, [*arguments, "--target", "bad", "--kind", "forest"]).exit_code == 2
    assert CliRunner().invoke(app, arguments).exit_code == 2
