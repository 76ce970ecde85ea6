"""Divides an amount by shares so that the parts add up to it exactly, to the fen."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from app.domain.money import PPM

_SCHEMA: Final[dict[str, pl.DataType]] = {
    "key": pl.String(),
    "bearer": pl.String(),
    "order": pl.Int64(),
    "ppm": pl.Int64(),
}


def share_table(shares: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """This function will lay shares out by key and bearer in ppm that make a whole: SCHEMA of `split`.

    The last bearer takes what the others leave, so that no share is lost in rounding.
    """
    rows = [row for key, bearers in shares.items() for row in _rows(key, bearers)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows(key: str, bearers: Mapping[str, float]) -> list[tuple[str, str, int, int]]:
    ppm = [round(share * PPM) for share in bearers.values()]
    ppm[-1] = PPM - sum(ppm[:-1])
    return [(key, name, order, part) for order, (name, part) in enumerate(zip(bearers, ppm, strict=True))]


def split(amounts: pl.DataFrame, shares: pl.DataFrame, *, on: str) -> pl.DataFrame:
    """This function will divide each row's `amount` (fen, not negative) among the bearers of its key.

    `on` names the column of `amounts` that holds the key; rows without a key in `shares` bring nothing.
    Gives the rows once per bearer with `bearer` and `part`: each bearer's share rounded down, and the fen
    left over to the largest remainders (of equal ones to the bearer named first).
    """
    numbered = amounts.with_row_index("row").join(shares, left_on=on, right_on="key", how="inner")
    exact = pl.col("amount") * pl.col("ppm")
    rough = numbered.with_columns((exact // PPM).alias("part"), (exact % PPM).alias("rest"))
    ranked = rough.sort("row", "rest", "order", descending=[False, True, False]).with_columns(
        pl.int_range(pl.len()).over("row").alias("rank"),
        (pl.col("amount") - pl.col("part").sum().over("row")).alias("left"),
    )
    more = (pl.col("rank") < pl.col("left")).cast(pl.Int64)
    whole = ranked.sort("row", "order").with_columns(pl.col("part") + more)
    return whole.select(*amounts.columns, "bearer", "part")
