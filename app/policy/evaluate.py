"""Which rules speak for which row, and the worst that they say; one row or a million."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import polars as pl

from app.domain.words import Action, Eligibility
from app.policy.rules import Resolved, Rules
from app.policy.schema import Rule, RuleInForce

RANKS: Final = {effect: rank for rank, effect in enumerate(Eligibility)}
RuleEntries = Sequence[Resolved[Rule, RuleInForce]]
RuleTuple = tuple[Resolved[Rule, RuleInForce], ...]
_CODES: Final = pl.List(pl.String())
_SAID: Final = {"eligibility": pl.String(), "spoke": _CODES, "unclear": _CODES, "decided_by": _CODES}
_SILENT, _SPOKE, _UNCLEAR = 0, 1, 2  # what one rule says of one row: a digit to base 3
_BASE: Final = 3


def outcomes(entries: RuleEntries, features: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """This function will say for every row what the rules together say of it.

    Gives, in the order of `features`: `eligibility` (the worst effect; allowed where no rule speaks),
    `spoke` (codes of the rules whose condition holds), `unclear` (codes of the rules that refer because a
    feature they need is missing) and `decided_by` (the codes among both that say the worst). Holds for up
    to 36 rules at a time.
    """
    rules = tuple(entries)
    return _said((rules,), features.select("row", _state(rules, _items(parameters)))).drop("set")


def action_outcomes(rules: Rules, features: pl.DataFrame) -> pl.DataFrame:
    """This function will give the `outcomes` of the rules on every action, in one pass over the features.

    Gives actions x rows, action by action in declared order, with the column `action` before the others.
    """
    sets = tuple(rules_on(rules, action) for action in Action)
    numbers = _items(rules.parameters)
    states = features.select("row", *(_state(each, numbers).alias(str(n)) for n, each in enumerate(sets)))
    actions = pl.Series("action", [action.value for action in Action])
    said = _said(sets, states)
    return said.select(actions.gather(said["set"]), *_SAID)


@cache
def rules_on(rules: Rules, action: Action) -> RuleTuple:
    """This function will give the rules in force on one action."""
    return tuple(rule for rule in rules.action_rules if rule.entry.action is action)


@lru_cache(maxsize=256)
def _state(rules: RuleTuple, parameters: tuple[tuple[str, float], ...]) -> pl.Expr:
    # Few states are different, so the lists of codes are made once for each of them.
    digits = [_digit(rule, dict(parameters)) * _BASE**place for place, rule in enumerate(rules)]
    return pl.sum_horizontal(digits) if digits else pl.lit(0, dtype=pl.Int64)


def _digit(rule: Resolved[Rule, RuleInForce], parameters: Mapping[str, float]) -> pl.Expr:
    if rule.now.when is None:
        return pl.lit(_SPOKE, dtype=pl.Int64)
    unknown = _UNCLEAR if rule.now.missing == "refer" else _SILENT
    return rule.now.when.expression(parameters).cast(pl.Int64).fill_null(unknown)


def _items(parameters: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(parameters.items())


def _said(sets: tuple[RuleTuple, ...], states: pl.DataFrame) -> pl.DataFrame:
    """What the states of several sets of rules (a column each, after `row`) mean, set by set."""
    columns = states.get_columns()[1:]
    key = pl.concat((c * len(sets) + n).rename("key") for n, c in enumerate(columns))
    different = key.unique()
    meanings = [(key % len(sets), *_meaning(sets[key % len(sets)], key // len(sets))) for key in different]
    table = pl.DataFrame(meanings, schema={"set": pl.Int64(), **_SAID}, orient="row")
    found = key.to_frame().join(table.with_columns(different), on="key", how="left", maintain_order="left")
    return found.drop("key")


@lru_cache(maxsize=65536)
def _meaning(rules: RuleTuple, state: int) -> tuple[str, list[str], list[str], list[str]]:
    digits = {rule: state // _BASE**place % _BASE for place, rule in enumerate(rules)}
    said = {rule.code: rule.now.effect for rule, digit in digits.items() if digit == _SPOKE}
    doubts = {rule.code: Eligibility.REFERRED for rule, digit in digits.items() if digit == _UNCLEAR}
    together = said | doubts
    worst = max(together.values(), key=RANKS.__getitem__, default=Eligibility.ALLOWED)
    decided_by = [code for code, effect in together.items() if effect is worst]
    return worst.value, list(said), list(doubts), decided_by
