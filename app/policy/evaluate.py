"""Which rules speak for which row, and the worst that they say; one row or a million."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from app.domain.words import Action, Eligibility
from app.policy.rules import Resolved, Rules
from app.policy.schema import Rule, RuleInForce

RANKS: Final = {effect: rank for rank, effect in enumerate(Eligibility)}
RuleEntries = Sequence[Resolved[Rule, RuleInForce]]


def outcomes(entries: RuleEntries, features: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """This function will say for every row what the rules together say of it.

    Gives, in the order of `features`: `eligibility` (the worst effect; allowed where no rule speaks),
    `spoke` (codes of the rules whose condition holds), `unclear` (codes of the rules that refer because a
    feature they need is missing) and `decided_by` (the codes among both that say the worst).
    """
    masks = features.select(
        _mask([_speaks(e, parameters) for e in entries]).alias("spoke"),
        _mask([_unclear(e, parameters) for e in entries]).alias("unclear"),
    )
    meanings = _meanings(entries, masks.unique())
    return masks.join(meanings, on=["spoke", "unclear"], how="left", maintain_order="left").select(
        "eligibility",
        pl.col("spoke_codes").alias("spoke"),
        pl.col("unclear_codes").alias("unclear"),
        "decided_by",
    )


def rules_on(rules: Rules, action: Action) -> RuleEntries:
    """This function will give the rules in force on one action."""
    return tuple(rule for rule in rules.action_rules if rule.entry.action is action)


def _speaks(rule: Resolved[Rule, RuleInForce], parameters: Mapping[str, float]) -> pl.Expr:
    when = rule.now.when
    return pl.lit(value=True) if when is None else when.expression(parameters).fill_null(value=False)


def _unclear(rule: Resolved[Rule, RuleInForce], parameters: Mapping[str, float]) -> pl.Expr:
    if rule.now.when is None or rule.now.missing == "ignore":
        return pl.lit(value=False)
    return rule.now.when.expression(parameters).is_null()


def _mask(flags: Sequence[pl.Expr]) -> pl.Expr:
    # One bit a rule: few masks are different, so lists of codes are made once for each of them.
    bits = [flag.cast(pl.Int64) * (1 << number) for number, flag in enumerate(flags)]
    return pl.sum_horizontal(pl.int_range(pl.len()) * 0, *bits)


def _meanings(entries: RuleEntries, masks: pl.DataFrame) -> pl.DataFrame:
    rows = [{"spoke": s, "unclear": u, **_meaning(entries, s, u)} for s, u in masks.iter_rows()]
    codes = pl.List(pl.String())
    schema = {
        "spoke": pl.Int64(),
        "unclear": pl.Int64(),
        "eligibility": pl.String(),
        "spoke_codes": codes,
        "unclear_codes": codes,
        "decided_by": codes,
    }
    return pl.DataFrame(rows, schema=schema)


def _meaning(entries: RuleEntries, spoke: int, unclear: int) -> dict[str, Any]:
    said = {e.code: e.now.effect for n, e in enumerate(entries) if spoke >> n & 1}
    doubts = {e.code: Eligibility.REFERRED for n, e in enumerate(entries) if unclear >> n & 1}
    together = said | doubts
    worst = max(together.values(), key=RANKS.__getitem__, default=Eligibility.ALLOWED)
    return {
        "eligibility": worst.value,
        "spoke_codes": list(said),
        "unclear_codes": list(doubts),
        "decided_by": [code for code, effect in together.items() if effect is worst],
    }
