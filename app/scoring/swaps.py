"""Where two opinions disagree, and who was right: the matrix of their bands, and the swap set."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from app.domain.words import Light
from app.scoring.comparison import rate_interval

MATRIX: Final = pl.Schema(
    {
        "first": pl.String(), "second": pl.String(), "loans": pl.Int64(), "matured": pl.Int64(),
        "defaults": pl.Int64(), "rate": pl.Float64(), "rate_low": pl.Float64(), "rate_high": pl.Float64(),
    }
)  # fmt: skip
SWAPS: Final = pl.Schema(
    {"part": pl.String(), **{n: t for n, t in MATRIX.items() if n not in ("first", "second")}}
)
_PARTS: Final = ("both", "first_only", "second_only", "neither")
_NONE: Final = "none"


def disagreement(rows: pl.DataFrame, thresholds: Mapping[Light, int]) -> pl.DataFrame:
    """Count loans by the bands that two opinions put them in (`first_ppm`, `second_ppm`; null: none).

    `bad` is null while a loan's outcome is not known. Every pair of bands that occurs has a row: the
    columns of MATRIX, with the realised default rate of the matured and its 95 % interval.
    """
    banded = rows.select("bad", *(_band(f"{n}_ppm", thresholds).alias(n) for n in ("first", "second")))
    found = _counted(banded, "first", "second")
    order = {name: i for i, name in enumerate((*(light.value for light in Light), _NONE))}
    return found.sort(pl.col("first", "second").replace_strict(order)).select(MATRIX.names())


def _band(column: str, thresholds: Mapping[Light, int]) -> pl.Expr:
    band = pl.lit(Light.GREEN.value)
    for light, limit in sorted(thresholds.items(), key=lambda item: item[0].rank):
        band = pl.when(pl.col(column) >= limit).then(pl.lit(light.value)).otherwise(band)
    return pl.when(pl.col(column).is_null()).then(pl.lit(_NONE)).otherwise(band)


def swap_set(rows: pl.DataFrame, *, flagged: int) -> pl.DataFrame:
    """Let each opinion flag its `flagged` riskiest loans of those that both judge; the columns of SWAPS.

    `first_only` are swapped out and `second_only` in when the second opinion replaces the first. Equal
    risks are taken in the order of loan_id, so that both flag the same number.
    """
    both = rows.drop_nulls(["first_ppm", "second_ppm"]).sort("loan_id")
    top = min(flagged, both.height)
    named = [_riskiest(both[f"{n}_ppm"], top).alias(n) for n in ("first", "second")]
    part = (
        pl.when(pl.col("first") & pl.col("second")).then(pl.lit("both"))
        .when(pl.col("first")).then(pl.lit("first_only"))
        .when(pl.col("second")).then(pl.lit("second_only"))
        .otherwise(pl.lit("neither"))
    )  # fmt: skip
    found = _counted(both.with_columns(named).with_columns(part.alias("part")), "part")
    order = {name: i for i, name in enumerate(_PARTS)}
    return found.sort(pl.col("part").replace_strict(order)).select(SWAPS.names())


def _riskiest(risk: pl.Series, top: int) -> pl.Series:
    order = np.argsort(-risk.to_numpy(), kind="stable")
    flags = np.zeros(len(risk), dtype=np.bool_)
    flags[order[:top]] = True
    return pl.Series(flags)


def _counted(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    counts = rows.group_by(by).agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("bad").count().cast(pl.Int64).alias("matured"),
        pl.col("bad").cast(pl.Int64).sum().alias("defaults"),
    )
    rates = [_rate(row["defaults"], row["matured"]) for row in counts.iter_rows(named=True)]
    schema = dict.fromkeys(("rate", "rate_low", "rate_high"), pl.Float64)
    return counts.hstack(pl.DataFrame(rates, schema=schema))


def _rate(defaults: int, matured: int) -> dict[str, Any]:
    low, high = rate_interval(defaults, matured)
    return {"rate": defaults / matured if matured else None, "rate_low": low, "rate_high": high}
