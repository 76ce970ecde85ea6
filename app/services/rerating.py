"""What changes if: the same facts under two packs or days, and who moves in grade, limit or light."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from app.assessment import Basis
from app.domain.frames import Frames
from app.domain.words import Light
from app.features.base import household_base
from app.features.build import build
from app.features.context import Context
from app.policy.policy import Policy
from app.policy.rules import Rules
from app.scoring.pd_model import Estimator
from app.scoring.rating import rate
from app.services.sweeping import judge
from app.warning.effects import EffectTable

# What stands for a grade where there is none.
UNRATED, REFERRED, BELOW = "unrated", "referred", "below"
NOT_JUDGED: Final = "not_judged"
_RATED: Final = ("rating_points", "rating_grade", "limit_granted")


@dataclass(frozen=True, eq=False)
class PolicyOn(Policy):
    """A pack whose rules of one day hold on every day: another day's rules, tried on today's facts."""

    day: date = date.max

    @classmethod
    def of(cls, policy: Policy, day: date) -> "PolicyOn":
        """This function will hold a pack to the rules of a day."""
        return cls(policy.pack, policy.own, day)

    def at(self, day: date) -> Rules:  # noqa: ARG002 - whatever the day
        """This function will give the rules of the pack's one day; raises NoRulesInForceError."""
        return super().at(self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What estimates rest on beside a pack."""

    estimator: Estimator | None
    effects: EffectTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """The households and loans of a day under two sets of rules, A and B.

    `households`: household_id, village_code, grade_a, grade_b, points_a, points_b, limit_a, limit_b (fen,
    within the cap; null where there is none), limit_move and grade_move (up, down, same, or changed where
    one of the two has no rank).
    Instead of a grade stands `unrated` (the rules have no rating), `referred` (a value that the rating
    needs is missing) or `below` (fewer points than the lowest grade wants). `loans`: loan_id, household_id,
    village_code, balance, light_a, light_b, light_move (up is better); `not_judged` where it could not be.
    """

    households: pl.DataFrame
    loans: pl.DataFrame


def moves(frames: Frames, a: Policy, b: Policy, *, as_of: date, opinion: Opinion) -> Moves:
    """This function will judge everybody known on a day under the rules of `a` and of `b`.

    Both see the same facts, those known on the day; another day's rules come as `PolicyOn`.
    """
    return Moves(
        households=rerated(frames, a, b, as_of=as_of), loans=relit(frames, a, b, as_of=as_of, opinion=opinion)
    )


def rerated(frames: Frames, a: Policy, b: Policy, *, as_of: date) -> pl.DataFrame:
    """This function will rate all households twice, on the same features; gives `Moves.households`."""
    rules = {"a": a.at(as_of), "b": b.at(as_of)}
    base = household_base(frames, as_of=as_of)
    features = build(frames, base, only=features_of(*rules.values()))
    sides = [_rated(features, of_side, side) for side, of_side in rules.items()]
    both = pl.concat([base.select("household_id", "village_code"), *sides], how="horizontal")
    ranks = _ranks(rules["a"], rules["b"])
    return both.with_columns(_moved("grade", ranks), _moved("limit"))


def features_of(*rules: Rules) -> frozenset[str]:
    """This function will name the features that the ratings of these rules read."""
    return frozenset(i.entry.feature for of_one in rules for i in of_one.indicators)


def _rated(features: pl.DataFrame, rules: Rules, side: str) -> pl.DataFrame:
    none = pl.lit(UNRATED if not rules.parts else BELOW)
    grade = pl.when("rating_refer").then(pl.lit(REFERRED)).otherwise(pl.col("rating_grade").fill_null(none))
    points, _, limit = _RATED
    return rate(features, rules).select(
        grade.alias(f"grade_{side}"),
        pl.col(points).alias(f"points_{side}"),
        pl.col(limit).alias(f"limit_{side}"),
    )


def _ranks(a: Rules, b: Rules) -> Mapping[str, int]:
    """Rank grades where both sides have the same in the same order; others cannot be compared."""
    orders = [[g.code for g in sorted(r.grades, key=lambda grade: grade.now.at_least)] for r in (a, b)]
    if orders[0] != orders[1]:
        return {}
    return {code: place for place, code in enumerate((BELOW, *orders[0]))}


def _moved(name: str, ranks: Mapping[str, int] | None = None) -> pl.Expr:
    """Say which way `name` moved: by its numbers, or by what they rank; `changed` where neither ranks."""
    before, after = pl.col(f"{name}_a"), pl.col(f"{name}_b")
    same = before.eq_missing(after)
    if ranks is not None:
        before, after = (c.replace_strict(ranks, default=None) for c in (before, after))
    told = pl.when(same).then(pl.lit("same")).when(after > before).then(pl.lit("up"))
    down = told.when(after < before).then(pl.lit("down"))
    return down.otherwise(pl.lit("changed")).alias(f"{name}_move")


def relit(frames: Frames, a: Policy, b: Policy, *, as_of: date, opinion: Opinion) -> pl.DataFrame:
    """This function will judge all active loans twice; gives `Moves.loans`."""
    context = Context.of(frames, [as_of.replace(day=1)])
    lit = {side: _lit(frames, pack, as_of, opinion, context) for side, pack in (("a", a), ("b", b))}
    both = lit["a"].join(lit["b"], on=_LOAN, how="full", coalesce=True, suffix="_b", nulls_equal=True)
    named = both.rename({"light": "light_a"}).with_columns(pl.col("light_a", "light_b").fill_null(NOT_JUDGED))
    ranks = {light.value: -light.rank for light in Light}
    return named.with_columns(_moved("light", ranks)).sort("loan_id")


_LOAN: Final = ("loan_id", "household_id", "village_code", "balance")


def _lit(frames: Frames, pack: Policy, as_of: date, opinion: Opinion, context: Context) -> pl.DataFrame:
    basis = Basis(policy=pack, estimator=opinion.estimator, effects=opinion.effects)
    found = judge(frames, as_of=as_of, basis=replace(basis, context=context)).assessments
    if found.is_empty():
        return pl.DataFrame(
            schema={**dict.fromkeys(_LOAN[:3], pl.String), "balance": pl.Int64, "light": pl.String}
        )
    return found.select(*_LOAN, "light")


def crossed(judged: pl.DataFrame, what: str) -> pl.DataFrame:
    """This function will count who went from which to which: by the columns `what`_a and `what`_b."""
    a, b = f"{what}_a", f"{what}_b"
    return judged.group_by(a, b).agg(pl.len().alias("n")).sort(a, b)
