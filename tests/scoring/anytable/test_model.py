import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import pytest

from app.domain.errors import ArtefactError
from app.scoring.anytable.columns import cells
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.ranks import fit_ranks, ranked
from tests.scoring.anytable.conftest import Train, invented

TABLE = invented()
UNIT = 2.0**-44


@pytest.fixture(scope="module")
def model(trained: dict[str, Any]) -> TableModel:
    return TableModel.load(trained["out"])


def test_shap_values_and_base_sum_to_the_margin_exactly(model: TableModel) -> None:
    found = model.predict(TABLE)

    assert (found.shap_fixed.sum(axis=1) + found.base_fixed == found.margin_fixed).all()
    assert found.sources == ("income", "gaps", "mixed", "opened", "day", "crop")
    assert (found.low <= found.pd).all()
    assert (found.pd <= found.high).all()


def test_tables_give_what_the_boosters_predict(train: Train) -> None:
    folder = train(TABLE, id="no", cv=2, learners=("trees", "additive trees"))["out"]
    model = TableModel.load(folder)
    read = cells(TABLE, model.columns, model.levels)
    weights = [each["weight"] for each in model.tried if each["weight"]]
    total = np.zeros(TABLE.height)

    for number, member in enumerate(model.members):
        values = np.hstack([read.numbers, ranked(read.codes, member.ranks)])
        for part, weight in enumerate(weights):
            text = (folder / f"model_{number:02}_{part}.txt").read_text()
            margin = lightgbm.Booster(model_str=text).predict(values, raw_score=True)
            total += weight * np.asarray(margin)

    assert np.abs(model.predict(TABLE).margin_fixed * UNIT - total / len(model.members)).max() < 1e-9


def test_a_process_without_the_learning_libraries_gives_the_same(
    trained: dict[str, Any], tmp_path: Path
) -> None:
    model, file = TableModel.load(trained["out"]), tmp_path / "table.parquet"
    TABLE.write_parquet(file)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('lightgbm', 'sklearn', 'scipy')))\n"
        "import polars as pl; from pathlib import Path\n"
        "from app.scoring.anytable.model import TableModel\n"
        f"found = TableModel.load(Path({str(trained['out'])!r})).predict(pl.read_parquet({str(file)!r}))\n"
        "print(found.margin_fixed.tolist())"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == str(model.predict(TABLE).margin_fixed.tolist())


def test_a_category_never_seen_is_as_good_as_missing(model: TableModel) -> None:
    unseen, missing = (TABLE.head(50).with_columns(crop=pl.lit(word)) for word in ("dragon fruit", None))

    found = [model.predict(frame).margin_fixed for frame in (unseen, missing)]

    assert (found[0] == found[1]).all()
    assert (found[0] != model.predict(TABLE.head(50)).margin_fixed).any()


def test_infinite_numbers_and_words_for_missing_are_as_good_as_missing(model: TableModel) -> None:
    rows = TABLE.head(20)
    frames = [rows.with_columns(income=pl.Series([v] * 20)) for v in (np.inf, -np.inf, np.nan, "N/A", "缺失")]

    found = [model.predict(frame).margin_fixed.tolist() for frame in frames]

    assert all(each == found[0] for each in found)


def test_a_table_without_a_column_is_refused_by_name(model: TableModel) -> None:
    with pytest.raises(ArtefactError, match="lacks the column income"):
        model.predict(TABLE.drop("income"))


def test_rows_are_judged_alike_alone_and_together(model: TableModel) -> None:
    together = model.predict(TABLE.head(10))

    alone = [model.predict(TABLE[k]).pd[0] for k in range(10)]

    assert alone == together.pd.tolist()


def test_an_altered_file_does_not_load(train: Train) -> None:
    folder = train(TABLE.head(120), id="no")["out"]
    (folder / "columns.json").write_text("{}")

    with pytest.raises(ArtefactError, match="not the one that the manifest names"):
        TableModel.load(folder)


def test_ranks_follow_rates_and_rare_levels_are_missing() -> None:
    codes = np.array([0] * 50 + [1] * 50 + [2] * 4 + [-1] * 6, np.int32)
    bad = np.array([1.0] * 30 + [0] * 20 + [1] * 5 + [0] * 45 + [1] * 4 + [0] * 6)

    ranks = fit_ranks(codes, bad, 4, smoothing=10.0, least_level=5)

    assert ranks[:2].tolist() == [1.0, 0.0]
    assert np.isnan(ranks[2:]).all()
