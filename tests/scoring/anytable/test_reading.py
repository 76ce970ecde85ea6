from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from app.domain.errors import TrainingError
from app.scoring.anytable.columns import Kind, days, numbers
from app.scoring.anytable.reading import check_table, read_table
from app.scoring.anytable.tablefile import read_file
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
    "an id left empty": (
        with_cells("no", [None, *map(str, range(ROWS - 1))]), {"id": "no"}, "1 empty cells"),
    "no row with a target": (with_cells("bad", [None] * ROWS), {}, "No row tells the target"),
    "a target named twice": (
        TABLE.with_columns(bad_duplicated_0=pl.lit(1)), {}, "names bad twice"),
    "lists": (with_cells("gaps", [[1]] * ROWS), {}, "Turn it into numbers"),
    "constants only": (TABLE.select("bad", one=pl.lit(1), word=pl.lit("x")), {}, "one value only"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
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


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_found(tmp_path: Path, separator: str) -> None:
    TABLE.write_csv(tmp_path / "x.csv", separator=separator)

    assert read_file(tmp_path / "x.csv").columns == TABLE.columns


def test_a_file_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    TABLE.write_csv(tmp_path / "table.parquet")
    TABLE.write_parquet(tmp_path / "TABLE.CSV")

    for name in ("table.parquet", "TABLE.CSV"):
        assert read_file(tmp_path / name).columns == TABLE.columns


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"a,b\n1,2,3\n", "more cells than the header"),
        (b'a,b\n"1,2\n', "a quote is not closed"),
        (b"PK\x03\x04rest", "save its sheet as CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "neither in UTF-8 nor in GB 18030"),
        (b"a,b\n1,\x00\n", "bytes that are no text"),
        (b"\x1f\x8bzzzz", "the file is damaged"),
        (b"PAR1zzzzPAR1", "the file is damaged"),
        ("名,名 ,a\n1,2,3\n".encode(), "names 名 twice"),
    ],
)
def test_an_unreadable_file_says_what_is_wrong(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "x.csv").write_bytes(content)

    with pytest.raises(TrainingError, match=sentence):
        read_file(tmp_path / "x.csv")


def test_names_may_hold_quotes_commas_and_blanks(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(' x ,"is ""bad"", really "\n1,2\n')

    assert read_file(tmp_path / "x.csv").columns == ["x", 'is "bad", really']


def test_numbers_are_read_as_offices_write_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a;b;c\n0,5;7,5%;1.5\n-3;x,y;2.5\n")
    written = pl.Series(["12,345.60", "-1,234", "12,34", "3.5%", "1,200%", "7", "a,b"])

    assert numbers(written).to_list() == [12345.6, -1234.0, None, 0.035, 12.0, 7.0, None]
    assert read_file(tmp_path / "x.csv")["a"].to_list() == ["0.5", "-3"]
    assert read_file(tmp_path / "x.csv")["b"].to_list() == ["7,5%", "x,y"]


@pytest.mark.parametrize(
    "written",
    ["2024-03-01", "2024/3/1", "2024.3.1", "2024年3月1日", "20240301", "2024-03", "2024/03", "2024年3月",
     "2024-03-01T23:59:59Z", "2024-03-01 08:00:00.000", "2024-03-01T08:00:00+08:00", "2024/3/1 8:00"],
)  # fmt: skip
def test_a_day_is_read_in_the_forms_that_are_in_use(written: str) -> None:
    day = (date(2024, 3, 1) - date(1970, 1, 1)).days

    assert days(pl.Series([written]), solid=True).to_list() == [day]


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
