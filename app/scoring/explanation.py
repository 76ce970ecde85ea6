"""What moved an estimate: sums by cause, reason codes with sentences, and how it agrees with the rating.

SHAP values say what moved the estimate, never what caused the trouble (design §6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.words import Agreement, Cause, Light
from app.features.catalogue import BY_NAME
from app.features.feature import Sign
from app.scoring.calibration import RatingRates
from app.scoring.wording import sentence

IntMatrix = NDArray[np.int64]
REASONS_SHOWN: Final = 4  # more reasons than four explain nothing (practice under Regulation B)
REASON: Final = pl.Struct(
    {
        "code": pl.String(),
        "feature": pl.String(),
        "cause": pl.String(),
        "unit": pl.String(),
        "value": pl.Float64(),
        "typical": pl.Float64(),
        "contribution": pl.Int64(),
    }
)
_INDEX_BITS: Final = 10  # room for the number of a feature below its contribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFeature:
    """A column of the estimator in its order; `typical` is the median it was trained on, null if unknown."""

    name: str
    unit: str
    cause: Cause
    sign: Sign
    typical: float | None


def by_cause(contributions: IntMatrix, features: tuple[ScoredFeature, ...]) -> dict[str, NDArray[np.int64]]:
    """Add contributions up by cause: (n, F) fixed-point integers to one (n,) column `shap_<cause>` each."""
    belongs = np.array([[feature.cause is cause for cause in Cause] for feature in features], dtype=bool)
    return {
        f"shap_{cause.value}": contributions[:, belongs[:, number]].sum(axis=1)
        for number, cause in enumerate(Cause)
    }


def reasons(
    values: NDArray[np.float64], contributions: IntMatrix, features: tuple[ScoredFeature, ...], most: int
) -> pl.Series:
    """List each row's largest adverse contributions, the largest first: a Series of lists of REASON.

    A feature with a sign speaks only from its adverse side, any other only where it differs: a value no worse
    than the typical one is never given as a reason, even where the estimate was moved by it.
    """
    most = min(most, len(features))
    adverse = np.where(_may_speak(values, features), contributions, 0).clip(min=0)
    # A feature's number below its contribution makes keys unique, and so the order the same everywhere.
    keys = (adverse << _INDEX_BITS) + (len(features) - 1 - np.arange(len(features)))
    top = -np.sort(np.partition(-keys, most - 1, axis=1)[:, :most], axis=1)
    which = len(features) - 1 - (top & ((1 << _INDEX_BITS) - 1))
    found = top >> _INDEX_BITS
    shown = np.take_along_axis(values, which, axis=1)
    flat = _described(which.ravel(), shown.ravel(), found.ravel(), features)
    return _listed(flat, (found > 0).sum(axis=1), most)


def _may_speak(values: NDArray[np.float64], features: tuple[ScoredFeature, ...]) -> NDArray[np.bool_]:
    """Tell where a value is on its feature's adverse side, or is missing: (n, F)."""
    sign = np.array([feature.sign.monotone for feature in features])
    typical = np.array([np.nan if feature.typical is None else feature.typical for feature in features])
    unknown = np.isnan(values) | np.isnan(typical)
    apart = values - typical
    return np.asarray(unknown | np.where(sign == 0, apart != 0, apart * sign > 0), dtype=np.bool_)


def _described(
    which: NDArray[np.int64],
    values: NDArray[np.float64],
    found: NDArray[np.int64],
    features: tuple[ScoredFeature, ...],
) -> pl.DataFrame:
    missing = np.isnan(values)
    codes = pl.Series([reason_code(f, missing=m) for f in features for m in (False, True)])
    texts = {
        name: pl.Series([str(getattr(f, name)) for f in features])[which]
        for name in ("name", "cause", "unit")
    }
    typical = pl.Series([f.typical for f in features], dtype=pl.Float64)[which]
    return pl.DataFrame(
        {
            "code": codes[which * 2 + missing],
            "feature": texts["name"],
            "cause": texts["cause"],
            "unit": texts["unit"],
            "value": pl.Series(values).fill_nan(None),
            "typical": typical,
            "contribution": found,
        }
    )


def _listed(flat: pl.DataFrame, counts: NDArray[np.int64], most: int) -> pl.Series:
    """Cut the flat rows, `most` to each list, down to as many as count."""
    structs = flat.cast(pl.Schema(REASON)).to_struct("reasons")
    lists = structs.reshape((len(counts), most)).arr.to_list() if len(counts) else structs.implode().clear()
    return pl.DataFrame({"reasons": lists, "n": counts}).select(pl.col("reasons").list.head("n")).to_series()


_SIDES: Final = {Sign.RAISES_RISK: "_high", Sign.LOWERS_RISK: "_low", Sign.FREE: ""}


def reason_code(feature: ScoredFeature, *, missing: bool) -> str:
    """Name the reason that a feature gives: its name and the side on which it speaks."""
    return feature.name + ("_missing" if missing else _SIDES[feature.sign])


def reason_sentences(reason: Mapping[str, Any]) -> tuple[str, str]:
    """Write one REASON as a sentence in Chinese and one in English, with its value and unit."""
    return sentence(BY_NAME[reason["feature"]], reason["value"], reason["typical"])


def agreement(
    judged: pl.DataFrame, thresholds: Mapping[Light, int], rates: RatingRates | None = None
) -> pl.DataFrame:
    """Say how the two opinions relate: row, `agreement` and `agreement_why` (zh, en).

    The rating speaks by the default rate its points have had, the estimate by its probability; they agree
    when both fall between the same thresholds (ppm) of the lights. Without both there is one opinion only.
    """
    frame = judged.select("row", "pd_ppm", _rating_rate(judged, rates).alias("rate"))
    kinder, stricter = (
        _band("rate", thresholds) < _band("pd_ppm", thresholds),
        _band("rate", thresholds) > _band("pd_ppm", thresholds),
    )
    word = (
        pl.when(pl.any_horizontal(pl.col("rate", "pd_ppm").is_null())).then(pl.lit(Agreement.ONE_ONLY.value))
        .when(kinder).then(pl.lit(Agreement.RATING_KINDER.value))
        .when(stricter).then(pl.lit(Agreement.RATING_STRICTER.value))
        .otherwise(pl.lit(Agreement.AGREE.value))
    )  # fmt: skip
    return frame.select("row", word.alias("agreement"), _why().alias("agreement_why"))


def _rating_rate(judged: pl.DataFrame, rates: RatingRates | None) -> pl.Series:
    points = judged["rating_points"].cast(pl.Int64)
    if rates is None:
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, judged.height)
    found = pl.Series(rates.of(points.fill_null(0).to_numpy())[0])
    return (
        pl.DataFrame({"p": points, "r": found})
        .select(pl.when(pl.col("p").is_not_null()).then("r"))
        .to_series()
    )


def _band(column: str, thresholds: Mapping[Light, int]) -> pl.Expr:
    return pl.sum_horizontal((pl.col(column) >= limit).cast(pl.Int8) for limit in thresholds.values())


def _why() -> pl.Expr:
    rate, pd = _percent("rate"), _percent("pd_ppm")
    zh = pl.concat_str(pl.lit("同等评级分的历史违约率为"), rate, pl.lit("，学习估计为"), pd, pl.lit("。"))
    en = pl.concat_str(
        pl.lit("Loans with these rating points defaulted at "),
        rate,
        pl.lit("; the learned estimate is "),
        pd,
        pl.lit("."),
    )
    return pl.struct(zh.alias("zh"), en.alias("en"))


def _percent(column: str) -> pl.Expr:
    """Write ppm as per cent with one digit, in whole numbers."""
    tenths = (pl.col(column) + 500) // 1000
    return pl.format("{}.{}%", tenths // 10, tenths % 10)
