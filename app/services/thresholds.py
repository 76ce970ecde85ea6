"""What a threshold of the estimate costs and finds: visits and money, on loans whose outcome is known."""

from collections.abc import Sequence

import polars as pl

from app.domain.errors import InvalidValueError
from app.domain.money import FEN_PER_YUAN, PPM
from app.policy.policy import Rules
from app.scoring.labels import DEFAULTED, REPAID


def threshold_table(
    judged: pl.DataFrame, told: pl.DataFrame, rules: Rules, thresholds: Sequence[float]
) -> pl.DataFrame:
    """This function will try thresholds (shares) on loans judged before maturity: one row each, as given.

    `judged` has loan_id, pd_ppm, balance (fen), `told` loan_id and outcome; restructured and open loans tell
    nothing and are left out. Gives loans, flagged, flagged_share, caught and missed defaults, false_alarms,
    visits (one for every flagged loan), visit_yuan what they cost, reached_yuan the expected loss on the
    defaults that they reach (reached, not saved), and per_visit_yuan of it. Raises InvalidValueError where no
    loan with an estimate has ended or the pack does not price a visit.
    """
    price = rules.parameters.get("advice_visit")
    if price is None:
        raise InvalidValueError(
            zh="政策包没有规定一次走访的成本（advice_visit）。",
            en="The pack does not price a visit (advice_visit).",
        )
    loans = _ended(judged, told, rules.parameters["loss_given_default"])
    tried = pl.DataFrame({"threshold": thresholds}, schema={"threshold": pl.Float64})
    pairs = tried.join(loans, how="cross").with_columns(
        flagged=pl.col("pd_ppm") >= (pl.col("threshold") * PPM).round()
    )
    found = pairs.group_by("threshold", maintain_order=True).agg(_COUNTS)
    return found.with_columns(_SHARES).with_columns(
        visits=pl.col("flagged"),
        visit_yuan=pl.col("flagged") * price,
        per_visit_yuan=pl.when(pl.col("flagged") > 0).then(pl.col("reached_yuan") / pl.col("flagged")),
    )


_FLAGGED, _BAD = pl.col("flagged"), pl.col("bad")
_COUNTS = (
    pl.len().cast(pl.Int64).alias("loans"),
    *(
        test.cast(pl.Int64).sum().alias(name)
        for name, test in (
            ("caught", _FLAGGED & _BAD),
            ("missed", ~_FLAGGED & _BAD),
            ("false_alarms", _FLAGGED & ~_BAD),
            ("flagged", _FLAGGED),
        )
    ),
    pl.col("loss_yuan").filter(_FLAGGED & _BAD).sum().alias("reached_yuan"),
)
_SHARES = (
    (pl.col("flagged") / pl.col("loans")).alias("flagged_share"),
    (pl.col("caught") / (pl.col("caught") + pl.col("missed"))).fill_nan(None).alias("caught_share"),
)


def _ended(judged: pl.DataFrame, told: pl.DataFrame, loss_given_default: float) -> pl.DataFrame:
    known = told.filter(pl.col("outcome").is_in([REPAID, DEFAULTED])).select("loan_id", "outcome")
    loans = judged.drop_nulls("pd_ppm").join(known, on="loan_id")
    if loans.is_empty():
        raise InvalidValueError(
            zh="没有已有结果且有估计的贷款。", en="No loan with an estimate has an outcome yet."
        )
    return loans.select(
        "pd_ppm",
        (pl.col("outcome") == DEFAULTED).alias("bad"),
        (pl.col("balance") * loss_given_default / FEN_PER_YUAN).alias("loss_yuan"),
    )
