"""Shares and means as integers, so that the same data always give the same figures."""

import polars as pl

from app.domain.money import PPM


def share(part: str | pl.Expr, whole: str | pl.Expr) -> pl.Expr:
    """This function will give part of whole in parts per million; null where the whole is nothing."""
    return _of(part, whole, PPM)


def mean(amount: str | pl.Expr, number: str | pl.Expr) -> pl.Expr:
    """This function will give an amount per head, in fen, halves to even; null where there is none."""
    return _of(amount, number, 1)


def _of(part: str | pl.Expr, whole: str | pl.Expr, times: int) -> pl.Expr:
    above, below = (pl.col(x) if isinstance(x, str) else x for x in (part, whole))
    quotient = above.cast(pl.Float64) * times / below.cast(pl.Float64)
    return pl.when(below > 0).then(quotient).round().cast(pl.Int64)
