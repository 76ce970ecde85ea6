from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from app.domain.errors import TrainingError
from app.scoring.anytable.columns import Kind
from app.scoring.anytable.reading import check_table, read_file, read_table
from tests.scoring.anytable.conftest import invented, spec

ROWS = 120
TABLE = invented(ROWS)


def with_cells(name: str, values: Any) -> pl.DataFrame:
    return TABLE.with_columns(pl.Series(name, values))


BROKEN: dict[str, tuple[pl.DataFrame, dict[str, Any], str]] = {
    "one class": (with_cells("bad", [0] * ROWS), {}, "one class only"),
    "30 rows": (TABLE.head(30), {}, "Add history"),
    "three bad rows": (with_cells("bad", [1] * 3 + [0] * (ROWS - 3)), {}, "with 3 of the rarer class"),
    "a target of three values": (with_cells("bad", [0, 1, 2] * 40), {}, "neither 0 nor 1"),
    "no such column": (TABLE, {"date": "nowhere"}, "no columns nowhere"),
    "an all-missing column": (with_cells("gaps", [None] * ROWS), {}, "missing in every row: gaps"),
    "infinite values": (with_cells("gaps", [np.inf] + [0.5] * (ROWS - 1)), {}, "infinite values: gaps"),
    "an unreadable date": (
        with_cells("day", ["2021-01-01"] * 5 + ["soon"] * 115), {"date": "day"}, "data row 6"),
    "duplicate ids": (
        with_cells("no", ["L1", "L1", *map(str, range(ROWS - 2))]), {"id": "no"}, "same id twice"),
    "a type that changes half-way": (
        with_cells("mixed", ["1.5"] * 60 + ["good"] * 60), {}, "changes its type half-way"),
    "5 000 columns": (
        TABLE.hstack([pl.Series(f"x{k}", [0.0] * ROWS) for k in range(5_000)]), {}, "at most 2000"),
    "lists": (with_cells("gaps", [[1]] * ROWS), {}, "Turn it into numbers"),
    "nothing to learn from": (TABLE.select("bad", "sex"), {}, "No column is left"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_bad_input_is_told_in_both_languages_with_what_to_do(case: str) -> None:
    frame, more, sentence = BROKEN[case]

    with pytest.raises(TrainingError, match=sentence) as caught:
        check_table(frame, spec(**more))

    assert caught.value.problem.zh.endswith(("。", "）。"))
    assert "请" in caught.value.problem.zh


def test_columns_are_numbers_categories_dates_or_both() -> None:
    table = check_table(TABLE, spec(id="no", date="day"))

    kinds = [(c.name, c.kind) for c in table.columns]
    assert kinds == [
        ("income", Kind.NUMBER),
        ("gaps", Kind.NUMBER),
        ("crop", Kind.CATEGORY),
        ("mixed", Kind.NUMBER),
        ("mixed (text)", Kind.CATEGORY),
        ("opened", Kind.DATE),
    ]
    assert table.columns[-1].before == "day"


def test_refused_information_is_left_out_and_said_unless_it_is_kept() -> None:
    assert ("sex", "unfair: not earned, not changeable") in check_table(TABLE, spec()).left_out
    assert "sex" in [c.source for c in check_table(TABLE, spec(keep_refused=True)).columns]
    assert ("crop", "--refuse") in check_table(TABLE, spec(refuse=("crop",))).left_out


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_csv_file_says_the_same_as_the_parquet_file(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "table.csv"
    file.write_text(TABLE.write_csv(), encoding=encoding)
    TABLE.write_parquet(tmp_path / "table.parquet")

    tables = [read_table(path, spec(id="no")) for path in (file, tmp_path / "table.parquet")]

    assert tables[0].columns == tables[1].columns
    assert (tables[0].bad == tables[1].bad).all()


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    table = check_table(with_cells("bad", [None, *TABLE["bad"][1:]]), spec())

    assert len(table.bad) == ROWS - 1
    assert ("(1 rows)", "no target") in table.left_out


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3,4\n", b"\x00\xff\xfe", b"a\n"])
def test_a_file_that_is_no_table_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    (tmp_path / "x.parquet").write_bytes(content)

    for name in ("x.csv", "x.parquet"):
        with pytest.raises(TrainingError, match=r"cannot be read|no columns"):
            read_table(tmp_path / name, spec())


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_found(tmp_path: Path, separator: str) -> None:
    TABLE.write_csv(tmp_path / "x.csv", separator=separator)

    assert read_file(tmp_path / "x.csv").columns == TABLE.columns


def test_types_of_parquet_are_read_as_what_they_mean() -> None:
    table = TABLE.select(
        "bad",
        pl.col("crop").cast(pl.Categorical),
        pl.col("income").cast(pl.Decimal(20, 3)),
        pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai"),
        pl.col("gaps").is_null().alias("flag"),
    )

    kinds = [c.kind for c in check_table(table, spec()).columns]

    assert kinds == [Kind.CATEGORY, Kind.NUMBER, Kind.DATE, Kind.NUMBER]


def test_a_column_without_a_name_gets_one(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(",a\n1,2\n")

    assert read_file(tmp_path / "x.csv").columns == ["unnamed 0", "a"]
