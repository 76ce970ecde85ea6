"""How much longer every active loan may still be extended, and by which clause."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import Action, Eligibility, LoanKind, Word
from app.features.expressions import months_between
from app.policy.rules import Rules
from app.portfolio.action_limits import action_outcomes_of_loans, all_cited
from app.portfolio.book import loan_book
from app.portfolio.scheme import parameter

EXTENSION_COLUMNS: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "balance", "matures_on", "ask_by",
    "term_months", "term_class", "times_extended", "months_allowed", "months_used", "months_left",
    "latest_maturity", "eligibility", "decided_by",
)  # fmt: skip
SHORT_BOUND: Final = "short_term_months"
MEDIUM_BOUND: Final = "medium_term_months"
SHORT_SHARE: Final = "extension_short_share"
MEDIUM_SHARE: Final = "extension_medium_share"
LONG_MONTHS: Final = "extension_long_months"
_CODES: Final = (SHORT_BOUND, MEDIUM_BOUND, SHORT_SHARE, MEDIUM_SHARE, LONG_MONTHS)
_LONGEST_CHAIN: Final = 12  # a chain of extensions longer than this is a loop in the data


class TermClass(Word):
    """How the length of a loan's first term is called."""

    SHORT = "short", "短期贷款"
    MEDIUM = "medium", "中期贷款"
    LONG = "long", "长期贷款"


_LIMITS: Final = {TermClass.SHORT: SHORT_SHARE, TermClass.MEDIUM: MEDIUM_SHARE, TermClass.LONG: LONG_MONTHS}


def extension_room(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will tell how many months each active loan may still be extended, by EXTENSION_COLUMNS.

    `term_months` is the first term, before any extension; `months_allowed` what may be added to it in all
    (a short-term loan its term, a medium-term one the pack's share of it in whole months, a long-term one a
    fixed length), `months_used` what was added in place or by extension loans, `ask_by` the last day on
    which an extension is asked for in time (null: that day is over). `eligibility` is what the pack's rules
    on extensions say; a used-up room refuses where its numbers are cited, and refers otherwise.
    `months_left` is 0 and `latest_maturity` null where an extension is refused; where it is referred, they
    are what a person may allow at most. Raises SchemeAbsentError without the pack's extension_* parameters.
    Source: 贷款通则 第十二条.
    """
    numbers = {code: parameter(rules, code, as_of=as_of) for code in _CODES}
    book = loan_book(frames, as_of=as_of)
    loans = _first_terms(book).filter("active").with_columns(_term_class(numbers))
    measured = loans.with_columns(_allowed(numbers), _USED).with_columns(_LEFT)
    said = action_outcomes_of_loans(frames, rules, Action.EXTENSION, as_of=as_of)
    judged = measured.join(said, on="loan_id", how="left").with_columns(*_used_up(rules))
    return judged.with_columns(_OPEN).with_columns(*_days(as_of)).select(EXTENSION_COLUMNS).sort("loan_id")


def _first_terms(book: pl.DataFrame) -> pl.DataFrame:
    """Give loans that are extensions the term and the maturity of the loan that they extend."""
    extends = pl.when(pl.col("kind") == LoanKind.EXTENSION.value).then("continues_loan_id")
    links = book.select("loan_id", "term_months", "contract_matures_on", extends.alias("extends"))
    firsts = links
    for _ in range(_LONGEST_CHAIN):
        if firsts.get_column("extends").is_null().all():
            break
        firsts = _one_back(firsts, links)
    return book.update(firsts.drop("extends"), on="loan_id")


def _one_back(firsts: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    before = links.select(
        pl.col("loan_id").alias("extends"), pl.exclude("loan_id", "extends"), then="extends"
    )
    stepped = firsts.join(before, on="extends", how="left", suffix="_before")
    own = ("term_months", "contract_matures_on")
    return stepped.select(
        "loan_id", *(pl.coalesce(f"{name}_before", name).alias(name) for name in own), extends="then"
    )


def _term_class(numbers: dict[str, float]) -> pl.Expr:
    term = pl.col("term_months")
    return (
        pl.when(term <= numbers[SHORT_BOUND])
        .then(pl.lit(TermClass.SHORT.value))
        .when(term <= numbers[MEDIUM_BOUND])
        .then(pl.lit(TermClass.MEDIUM.value))
        .otherwise(pl.lit(TermClass.LONG.value))
        .alias("term_class")
    )


def _allowed(numbers: dict[str, float]) -> pl.Expr:
    share = (
        pl.when(pl.col("term_class") == TermClass.SHORT.value)
        .then(numbers[SHORT_SHARE])
        .otherwise(numbers[MEDIUM_SHARE])
    )
    long = pl.col("term_class") == TermClass.LONG.value
    months = pl.when(long).then(numbers[LONG_MONTHS]).otherwise((pl.col("term_months") * share).floor())
    return months.cast(pl.Int64).alias("months_allowed")


_USED: Final = months_between("contract_matures_on", "matures_on").clip(0).alias("months_used")
_LEFT: Final = (pl.col("months_allowed") - pl.col("months_used")).clip(0).alias("months_left")


def _used_up(rules: Rules) -> tuple[pl.Expr, pl.Expr]:
    """Refuse, or refer, where no room is left, unless the rules refuse already."""
    limit = pl.col("term_class").replace_strict({word.value: code for word, code in _LIMITS.items()})
    says = [
        word.value
        for word, code in _LIMITS.items()
        if all_cited(rules, frozenset({code, SHORT_BOUND, MEDIUM_BOUND}))
    ]
    refused = pl.col("term_class").is_in(says)
    effect = pl.when(refused).then(pl.lit(Eligibility.REFUSED.value)).otherwise(
        pl.lit(Eligibility.REFERRED.value)
    )  # fmt: skip
    speaks = (pl.col("months_left") == 0) & (pl.col("eligibility") != Eligibility.REFUSED.value)
    alone = refused | (pl.col("eligibility") == Eligibility.ALLOWED.value)
    codes = pl.when(alone).then(pl.concat_list(limit)).otherwise(pl.concat_list("decided_by", limit))
    return (
        pl.when(speaks).then(effect).otherwise("eligibility").alias("eligibility"),
        pl.when(speaks).then(codes).otherwise("decided_by").alias("decided_by"),
    )


_OPEN: Final = (
    pl.when(pl.col("eligibility") == Eligibility.REFUSED.value)
    .then(0)
    .otherwise("months_left")
    .alias("months_left")
)


def _days(as_of: date) -> tuple[pl.Expr, pl.Expr]:
    before = pl.col("matures_on").dt.offset_by("-1d")
    later = pl.col("matures_on").dt.offset_by(pl.format("{}mo", "months_left"))
    return (
        pl.when(before >= as_of).then(before).alias("ask_by"),
        pl.when(pl.col("months_left") > 0).then(later).alias("latest_maturity"),
    )
