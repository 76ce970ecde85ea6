"""What moved the estimates of a table's rows, and how true they were year by year. Training only."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.anytable.columns import Cells, Kind, cells
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec
from app.scoring.beside import way

FloatVector = NDArray[np.float64]
_EXPLAINED: Final = 20_000  # rows behind the mean of |SHAP|
_TOP: Final = 15


def drivers(model: TableModel, table: Table, spec: TableSpec) -> list[dict[str, Any]]:
    """Give the columns with the largest mean |SHAP| over evenly spread rows, and which way they move it.

    `way` is 1 where more means more risk, -1 where less does, 0 where neither holds; of categories the word
    of the highest and of the lowest mean are given instead, among those of at least `group_rows` rows.
    """
    picked = np.unique(np.linspace(0, len(table.bad) - 1, _EXPLAINED).astype(int))
    rows = cells(table.frame[picked], model.columns, model.levels)
    shap = model.judge(rows).shap
    mean = np.abs(shap).mean(axis=0)
    order = np.argsort(-mean, kind="stable")[:_TOP]
    return [
        {"column": model.sources[j], "mean": round(float(mean[j]), 6)}
        | _moved(model, rows, shap[:, j], model.sources[j], spec.group_rows)
        for j in order
        if mean[j] > 0
    ]


def _moved(model: TableModel, rows: Cells, shap: FloatVector, source: str, least: int) -> dict[str, Any]:
    place = next(j for j, column in enumerate(model.columns) if column.source == source)
    column = model.columns[place]
    if column.kind is not Kind.CATEGORY:
        return {"way": way(rows.numbers[:, place], shap)}
    named = place - rows.numbers.shape[1]
    return _words(rows.codes[:, named], shap, model.levels[named], least)


def _words(codes: NDArray[np.int32], shap: FloatVector, levels: Sequence[str], least: int) -> dict[str, Any]:
    """Name the words that raise and lower the estimate most, among those of enough rows."""
    rows = np.bincount(codes + 1, minlength=len(levels) + 1)[1:]
    sums = np.bincount(codes + 1, shap, minlength=len(levels) + 1)[1:]
    often = np.flatnonzero(rows >= least)
    if len(often) < 2:
        return {"way": 0}
    order = often[np.argsort(sums[often] / rows[often], kind="stable")]
    return {"lowers": levels[order[0]], "raises": levels[order[-1]]}


def by_year(judged: pl.DataFrame, table: Table) -> list[dict[str, Any]]:
    """Set expected beside observed bad rows of each year of knowledge; nothing where no date was told."""
    if table.when is None:
        return []
    told = judged.unique("row", keep="first", maintain_order=True)
    years = pl.Series(table.when[told["row"].to_numpy()]).cast(pl.Int32).cast(pl.Date)
    found = told.with_columns(years.dt.year().alias("year")).group_by("year").agg(
        pl.len().alias("rows"), pl.col("y").sum().cast(pl.Int64).alias("observed"),
        pl.col("pd").sum().round(3).alias("expected"),
        (pl.col("pd") * (1 - pl.col("pd"))).sum().alias("spread"),
    ).sort("year")  # fmt: skip
    apart = (pl.col("observed") - pl.col("expected")) / pl.col("spread").sqrt()
    return found.with_columns(apart.round(3).alias("errors_apart")).drop("spread").to_dicts()
