"""Warning quality 预警质量: what was said of loans, held against what became of them."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from app.domain.errors import InvalidValueError
from app.domain.frames import Frames, latest_versions
from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.ledger import BY_NAME
from app.policy.policy import Rules
from app.scoring.labels import DEFAULTED, REPAID, RESTRUCTURED
from app.services.desk import Desk
from app.services.matured import told_outcomes
from app.warning.quality import judged_warnings, warning_quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Warnings judged by township and month of maturity, by township, by month, and over all.

    `restructured` loans matured too, but were extended or renewed first: no outcome says whether their
    warning was right. `since` is the day from which lights were shown.
    """

    since: date
    loans: pl.DataFrame
    by_place_and_month: pl.DataFrame
    by_place: pl.DataFrame
    by_month: pl.DataFrame
    whole: pl.DataFrame
    restructured: int


def quality(desk: Desk, rules: Rules, *, as_of: date) -> Quality:
    """This function will judge all warnings whose loans' outcomes are known on a day.

    Only loans that matured since the first stored assessment count: nobody could be warned of others.
    Raises InvalidValueError where nothing was assessed yet.
    """
    with desk.store.read() as work:
        said, frames = work.watching.said(as_of), work.facts.frames(as_of=as_of)
    if said.is_empty():
        raise InvalidValueError(
            zh="尚无研判记录，请先运行 sweep。", en="Nothing has been assessed yet; run `sweep` first."
        )
    since: date = said["as_of"].min()  # type: ignore[assignment]
    told = told_outcomes(frames, rules, as_of=as_of).filter(pl.col("matures_on") >= since)
    bad = (pl.col("outcome") == DEFAULTED).alias("bad")
    ended = told.filter(pl.col("outcome").is_in([REPAID, DEFAULTED])).with_columns(bad)
    loans = _placed(judged_warnings(said, ended, frames["visits"]), ended, frames)
    return Quality(
        since=since, loans=loans, by_place_and_month=warning_quality(loans),
        by_place=warning_quality(loans, ("township_code",)), by_month=warning_quality(loans, ("month",)),
        whole=warning_quality(loans, ()), restructured=told.filter(pl.col("outcome") == RESTRUCTURED).height,
    )  # fmt: skip


def _placed(loans: pl.DataFrame, ended: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Give loans of which nothing was ever said the township of their household."""
    known = latest_versions(frames["households"], BY_NAME["households"].key).sort("surveyed_on", "known_on")
    home = pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias("home")
    homes = known.unique("household_id", keep="last").select("household_id", home)
    at = ended.select("loan_id", "household_id").join(homes, on="household_id", how="left")
    placed = loans.join(at.select("loan_id", "home"), on="loan_id", how="left", maintain_order="left")
    return placed.with_columns(pl.coalesce("township_code", "home").alias("township_code")).drop("home")
