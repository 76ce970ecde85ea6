"""The sheet that a bank feeds back to the finance office: loans about to mature, judged and disposed of."""

from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from app.domain.errors import PolicyError
from app.domain.frames import Frames
from app.domain.ledger.columns import Column, choice, code, count, day, money, text
from app.domain.words import Action, Light
from app.ledgerfile.writing import Sheet
from app.policy.policy import Rules
from app.portfolio.book import loan_book
from app.services.desk import Desk
from app.services.ports import Assessments

COLUMNS: Final[tuple[Column, ...]] = (
    code("bank", "贷款机构"),
    code("township_code", "乡镇编码"),
    code("village_code", "村编码"),
    code("household_id", "户编号"),
    code("loan_id", "贷款编号"),
    money("balance", "贷款余额(元)"),
    day("due_on", "到期日期"),
    count("days_left", "距到期天数"),
    day("assessed_on", "研判日期"),
    text("formal", "研判性质"),
    choice("light", "灯", Light),
    choice("recommended", "处置建议", Action),
    choice("disposed", "处置办法", Action),
    day("decided_on", "处置日期"),
    text("result", "处置结果"),
)
_ASSESSED: Final[dict[str, pl.DataType]] = {
    "loan_id": pl.String(),
    "assessed_on": pl.Date(),
    "formal": pl.String(),
    "light": pl.String(),
    "recommended": pl.String(),
}


def feedback(desk: Desk, frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will list the loans that mature within the days of the formal assessment: COLUMNS.

    A loan that was moved beyond these days stands by its contract's maturity. `assessed_on` is the
    first stored assessment from the formal day on, else the last before it; a loan that was never
    assessed has none. `disposed` is what a person decided last. Money in fen. Source:
    灞脱贫办发〔2018〕46号 二（六）. Raises PolicyError where the pack has no formal assessment.
    """
    days = _formal_days(rules)
    book = loan_book(frames, as_of=as_of)
    last = as_of + timedelta(days=days)
    due = book.with_columns(_due_on(as_of, last)).filter(pl.col("due_on").is_not_null())
    maturities = dict(due.select("loan_id", "due_on").iter_rows())
    with desk.store.read() as work:
        found = [_assessed(work.assessments, loan, on, as_of, days) for loan, on in maturities.items()]
    assessed = pl.DataFrame([row for row in found if row], schema=_ASSESSED, orient="row")
    joined = due.join(assessed, on="loan_id", how="left").join(
        _disposed(frames, as_of), on="loan_id", how="left"
    )
    left = (pl.col("due_on") - pl.lit(as_of)).dt.total_days().alias("days_left")
    told = joined.with_columns(left, _result(), pl.col("formal").fill_null("未研判"))
    return told.select(column.name for column in COLUMNS).sort("due_on", "bank", "loan_id")


def feedback_sheet(rows: pl.DataFrame) -> Sheet:
    """This function will lay the list out for the finance office."""
    return Sheet(name="研判处置反馈", columns=COLUMNS, rows=rows)


def _due_on(first: date, last: date) -> pl.Expr:
    """The maturity within the days: as it stands now, or as the contract had it."""
    within = [
        pl.when(pl.col(name).is_between(first, last)).then(name)
        for name in ("matures_on", "contract_matures_on")
    ]
    return pl.coalesce(within).alias("due_on")


def _formal_days(rules: Rules) -> int:
    for step in rules.reminders:
        if step.now.formal:
            return int(step.now.days_before)
    raise PolicyError(
        zh=f"政策包“{rules.policy}”没有到期前的正式研判",
        en=f"the pack {rules.policy!r} has no formal assessment",
    )


def _assessed(
    store: Assessments, loan_id: str, matures_on: date, as_of: date, days: int
) -> dict[str, Any] | None:
    stored = [row for row in store.history(loan_id) if row["as_of"] <= as_of]
    formal_on = matures_on - timedelta(days=days)
    formal = [row for row in stored if row["as_of"] >= formal_on]
    row = (formal or stored[:1])[-1:]  # the latest comes first
    if not row:
        return None
    return {
        "loan_id": loan_id,
        "assessed_on": row[0]["as_of"],
        "formal": "到期前研判" if formal else "日常研判",
        "light": row[0]["light"],
        "recommended": row[0]["top_action"] or None,
    }


def _disposed(frames: Frames, as_of: date) -> pl.DataFrame:
    known = frames.as_of(as_of)["dispositions"].filter(pl.col("decided_on") <= as_of)
    last = known.sort("decided_on").unique("loan_id", keep="last", maintain_order=True)
    return last.select("loan_id", pl.col("action").alias("disposed"), "decided_on")


def _result() -> pl.Expr:
    """What became of the loan, as far as is known."""
    extended = pl.col("matures_on") > pl.col("due_on")
    return (
        pl.when(pl.col("repaid_on").is_not_null())
        .then(pl.format("{} 还清", "repaid_on"))
        .when("continued")
        .then(pl.lit("已续贷"))
        .when(extended)
        .then(pl.format("延至 {}", "matures_on"))
        .when(pl.col("disposed").is_not_null())
        .then(pl.lit("已定处置，未结清"))
        .otherwise(pl.lit("待处置"))
        .alias("result")
    )
