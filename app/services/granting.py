"""Whole-village granting (整村授信): grade, limit, rate and eligibility of all households of a place.

Two passes over the same rows: the household is rated first, then what the rating gives is offered, and
the rules on eligibility judge that offer. A household that is refused or referred stays in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import NoRulesInForceError, NotFoundError
from app.domain.frames import Frames
from app.domain.words import Eligibility
from app.features.base import IDENTITY, household_base
from app.features.build import build
from app.policy.evaluate import outcomes
from app.policy.policy import Rules
from app.scoring.offers import Offers, offers
from app.scoring.rating import rate
from app.services.choosing import pack_of
from app.services.desk import Desk

_SHOWN: Final = frozenset({"registration", "borrower_age"})
BELOW_LOWEST: Final = "below_lowest_grade"
NOT_KNOWN: Final = "not_known"
GRANT_COLUMNS: Final = (
    "household_id", "village_code", "village_group", "registration", "borrower_age", "rating_points",
    "rating_grade", "rating_limit", "limit_granted", "annual_rate", "term_months", "line_ends_on", "result",
    "limit_offered", "decided_by", "spoke", "unclear", "rating_says", "rating_misses",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The grants of a place: `rows` with GRANT_COLUMNS, of `households` in all, and what they rest on."""

    place: str
    as_of: date
    rules: Rules
    offers: Offers
    watermark: int
    households: int
    rows: pl.DataFrame


def grants(
    frames: Frames, *, as_of: date, rules: Rules, within: str, households: Sequence[str] | None = None
) -> pl.DataFrame:
    """This function will grant to every household of a place, each once, in order of its id: GRANT_COLUMNS.

    `within` is a division code or its beginning; `households` picks some of the place's. Money in fen,
    `annual_rate` in ppm. `limit_granted` is the grade's limit within the cap in force, `limit_offered` the
    same where `result` is allowed and 0 elsewhere. `decided_by` has the codes of the rules that say the
    result; where the rating refers, `rating_says` why (below_lowest_grade, not_known) and `rating_misses`
    the indicators without a value. Raises NoRulesInForceError where the pack has no rating on the day.
    """
    _refuse_without_rating(rules, as_of)
    base = household_base(frames, as_of=as_of, within=within)
    if households is not None:
        base = base.filter(pl.col("household_id").is_in(list(households))).drop("row").with_row_index("row")
    offered = offers(rules, as_of)
    terms = (
        pl.lit(offered.term_months, pl.Int64).alias("term_months"),
        pl.lit(offered.matures_on, pl.Date).alias("matures_on"),
    )
    features = build(frames, base.with_columns(terms), only=_read_by(rules))
    rated = features.hstack(rate(features, rules).drop("row")).with_columns(offered.columns)
    said = outcomes(rules.eligibility, rated, rules.parameters).rename({"eligibility": "by_rules"})
    return _listed(rated.hstack(said), frames, offered, rules, as_of)


def grants_of_frames(frames: Frames, place: str, *, as_of: date, rules: Rules) -> Granted:
    """This function will grant to all households of a place from facts at hand, all of them or the place's.

    Raises NotFoundError for a place without households on the day.
    """
    rows = grants(frames, as_of=as_of, rules=rules, within=place)
    if rows.is_empty():
        raise place_is_empty(place, as_of)
    return _with_basis(place, as_of, rules, rows, frames.watermark, rows.height)


def grants_of_place(desk: Desk, place: str, *, as_of: date, policy: str | None) -> Granted:
    """This function will grant to all households of a stored place.

    Raises NotFoundError for a place without households on the day.
    """
    return _granted(desk, place, as_of=as_of, policy=policy, after=None, limit=None)[0]


def page_of_grants(
    desk: Desk, place: str, *, as_of: date, policy: str | None, after: str | None, limit: int
) -> tuple[Granted, bool]:
    """This function will grant to the next households of a stored place by id, and tell whether more follow.

    A household's grant rests on its own facts only, so that pages say what the whole list says.
    """
    return _granted(desk, place, as_of=as_of, policy=policy, after=after, limit=limit)


def place_is_empty(place: str, as_of: date) -> NotFoundError:
    """This function will make the error that says that nobody lives in a place, as far as is known."""
    return NotFoundError(
        zh=f"截至 {as_of}，{place} 没有已登记的农户。", en=f"No household is known in {place} on {as_of}."
    )


def _granted(
    desk: Desk, place: str, *, as_of: date, policy: str | None, after: str | None, limit: int | None
) -> tuple[Granted, bool]:
    rules = desk.policies.get(pack_of(desk, policy, place)).at(as_of)
    with desk.store.read() as work:
        candidates = work.facts.households_within(place)
        seen = work.facts.frames(as_of=as_of, households=candidates, only=("households",), provenance=False)
        ids = household_base(seen, as_of=as_of, within=place)["household_id"].to_list()
        if not ids:
            raise place_is_empty(place, as_of)
        rest = [household for household in ids if after is None or household > after]
        chosen = rest[:limit]
        frames = work.facts.frames(as_of=as_of, households=chosen, provenance=False)
    rows = grants(frames, as_of=as_of, rules=rules, within=place, households=chosen)
    granted = _with_basis(place, as_of, rules, rows, frames.watermark, len(ids))
    return granted, len(rest) > len(chosen)


def _with_basis(
    place: str, as_of: date, rules: Rules, rows: pl.DataFrame, watermark: int, households: int
) -> Granted:
    return Granted(
        place=place,
        as_of=as_of,
        rules=rules,
        offers=offers(rules, as_of),
        watermark=watermark,
        households=households,
        rows=rows,
    )


def _refuse_without_rating(rules: Rules, as_of: date) -> None:
    if not rules.parts or not rules.grades:
        raise NoRulesInForceError(
            zh=f"政策包“{rules.policy}”在 {as_of} 没有评级，不能整村授信",
            en=f"the policy pack {rules.policy!r} has no rating on {as_of}: it cannot grant to a village",
            policy=rules.policy,
            day=as_of.isoformat(),
        )


def _read_by(rules: Rules) -> frozenset[str]:
    rated = {indicator.entry.feature for indicator in rules.indicators}
    conditions = [rule.now.when for rule in rules.eligibility if rule.now.when is not None]
    judged = frozenset().union(*(condition.features() for condition in conditions))
    return (judged | rated | _SHOWN) - frozenset(IDENTITY)


def _listed(judged: pl.DataFrame, frames: Frames, offered: Offers, rules: Rules, as_of: date) -> pl.DataFrame:
    groups = frames.as_of(as_of)["households"].select("household_id", "village_group")
    whole = judged.join(groups, on="household_id", how="left", maintain_order="left").with_columns(
        pl.col("borrower_age").cast(pl.Int64),
        pl.lit(offered.term_months, pl.Int64).alias("term_months"),
        pl.lit(offered.line_ends_on, pl.Date).alias("line_ends_on"),
        _result().alias("result"),
        _rating_says().alias("rating_says"),
        _rating_misses(rules).alias("rating_misses"),
    )
    return whole.with_columns(_deciding(), _offered_limit()).select(GRANT_COLUMNS)


def _rating_says() -> pl.Expr:
    below = pl.when(pl.col("rating_grade").is_null()).then(pl.lit(BELOW_LOWEST))
    return pl.when("rating_refer").then(pl.lit(NOT_KNOWN)).otherwise(below)


def _result() -> pl.Expr:
    """No pack cites from how many points on anything is granted: without a grade a person decides."""
    refused = pl.col("by_rules") == Eligibility.REFUSED.value
    ungraded = pl.col("rating_grade").is_null() & ~refused
    return pl.when(ungraded).then(pl.lit(Eligibility.REFERRED.value)).otherwise("by_rules")


def _deciding() -> pl.Expr:
    """Keep the codes that say the result; where only the rating refers, no rule does."""
    none = pl.lit([], pl.List(pl.String()))
    by_rules = pl.col("by_rules") == pl.col("result")
    return pl.when(by_rules).then("decided_by").otherwise(none).alias("decided_by")


def _rating_misses(rules: Rules) -> pl.Expr:
    needed = [i for i in rules.indicators if i.now.missing == "refer"]
    if not needed:
        return pl.lit([], pl.List(pl.String()))
    missing = (pl.when(pl.col(i.entry.feature).is_null()).then(pl.lit(i.code)) for i in needed)
    return pl.concat_list(list(missing)).list.drop_nulls()


def _offered_limit() -> pl.Expr:
    allowed = pl.col("result") == Eligibility.ALLOWED.value
    return pl.when(allowed).then("limit_granted").otherwise(0).alias("limit_offered")


def totals(rows: pl.DataFrame) -> Mapping[str, int]:
    """This function will count households by result and add up what is offered (fen)."""
    counts = {word.value: rows.filter(pl.col("result") == word.value).height for word in Eligibility}
    return {**counts, "limit_offered": int(rows["limit_offered"].sum())}
