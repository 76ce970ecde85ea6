"""What would turn the light of a stored loan: the smallest changes of changeable facts, told in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from app.assessment import Basis, lit
from app.domain.money import PPM
from app.domain.words import Light
from app.features.build import build
from app.features.changing import CHANGEABLE, CHANGES, most_units
from app.features.feature import Change, Feature
from app.policy.rules import Rules
from app.scoring.turning import MOST_CHANGES, IntVector, Turn, after, bounds, turns
from app.scoring.wording import written
from app.services.assessing import Answer, stored_by_pack
from app.services.desk import Desk
from app.warning.next_change import marks
from app.warning.sentences import (
    Sentence,
    evidence_sentence,
    guard_sentence,
    model_sentence,
    trigger_sentence,
)

Row = Mapping[str, Any]
LIGHTS: Final = tuple(Light)  # by rank
_SAID: Final = (("triggers", trigger_sentence), ("data_gaps", evidence_sentence), ("guards", guard_sentence))
_GREEN: Final = ("已是绿灯，无须改变。", "The light is green: nothing needs to turn it.")
_FIXED: Final = (
    "没有可行的改变能使灯好转；即使可改变的事实全部改变，下列理由依然存在。",
    "No feasible change turns this light: with all that can be changed changed, these reasons stand.",
)
_MANY: Final = (
    f"最多{MOST_CHANGES}项改变不能使灯好转，需要同时改变更多事实。",
    f"Up to {MOST_CHANGES} changes do not turn this light; it would take more at once.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """The code that lights loans, for one pack, day and estimator: features in, lights with reasons out."""

    rules: Rules
    basis: Basis

    def lit(self, features: pl.DataFrame) -> pl.DataFrame:
        """This function will light features: with `pd_ppm`, `light_rank` and every reason."""
        if self.basis.estimator is None:
            return lit(features.with_columns(pl.lit(None, pl.Int64).alias("pd_ppm")), self.rules)
        told = self.basis.estimator.opinion(features).select("row", "pd_ppm")
        return lit(features.join(told, on="row", how="left", maintain_order="left"), self.rules)

    def ranks(self, features: pl.DataFrame) -> IntVector:
        """This function will give the ranks of the lights only."""
        return _ranks(self.lit(features))

    def turns(self, features: pl.DataFrame, now: IntVector) -> list[tuple[Turn, ...]]:
        """This function will find the smallest changes for every loan from its light `now` to each better."""
        tables = None if self.basis.estimator is None else self.basis.estimator.tables
        return turns(features, now, self.ranks, bounds(tables, marks(self.rules)))


def _ranks(judged: pl.DataFrame) -> IntVector:
    return judged["light_rank"].cast(pl.Int64).to_numpy()


def turning(desk: Desk, loan_ids: Sequence[str], *, as_of: date, policy: str | None) -> list[Answer]:
    """This function will tell of stored loans what would turn their lights, in order; nothing is stored.

    Raises as `warn_stored`: for unknown loans, and for loans not outstanding on the day.
    """
    told: dict[str, Answer] = {}
    for part in stored_by_pack(desk, loan_ids, as_of=as_of, policy=policy):
        features = build(part.frames, part.base, context=part.basis.context)
        lamp = Lamp(rules=part.basis.policy.at(as_of), basis=part.basis)
        told |= {answer["loan_id"]: answer for answer in _told(features, lamp)}
    return [told[loan_id] for loan_id in loan_ids]


def _told(features: pl.DataFrame, lamp: Lamp) -> Iterator[Answer]:
    now = lamp.lit(features)
    found = lamp.turns(features, _ranks(now))
    reached = iter(_reached(features, found, lamp))
    for place, row in enumerate(now.iter_rows(named=True)):
        ends = [next(reached) for _ in range(len(found[place]) + 1)]
        yield _answer(features[place], found[place], row, ends, lamp)


def _reached(features: pl.DataFrame, found: Sequence[Sequence[Turn]], lamp: Lamp) -> Iterator[Row]:
    """Light every loan after each of its turns, and then with all changed that can be, as far as it goes."""
    furthest = most_units(features)
    ways = [[*(turn.units for turn in ways), furthest[place]] for place, ways in enumerate(found)]
    loan = np.repeat(np.arange(features.height), [len(each) for each in ways])
    units = np.array([way for each in ways for way in each], np.int64).reshape(len(loan), len(CHANGES))
    then = after(features, loan, units)
    return lamp.lit(then).iter_rows(named=True)


def _answer(loan: pl.DataFrame, ways: Sequence[Turn], now: Row, reached: Sequence[Row], lamp: Lamp) -> Answer:
    light, best = LIGHTS[now["light_rank"]], reached[-1]
    why_none = (None, None) if ways else _why_none(light, best)
    return {
        "loan_id": now["loan_id"],
        "as_of": now["as_of"].isoformat(),
        "light": light.value,
        "pd": _share(now["pd_ppm"]),
        "turns": [_turn(loan, way, then, light) for way, then in zip(ways, reached, strict=False)],
        "why_none_zh": why_none[0],
        "why_none_en": why_none[1],
        "standing": _standing(best, lamp.rules) if now["light_rank"] and best["light_rank"] else [],
        "policy": lamp.basis.policy.name,
        "policy_hash": lamp.basis.policy.content_hash,
        "artefact_id": lamp.basis.artefact_id,
    }


def _why_none(light: Light, best: Row) -> tuple[str, str]:
    if light is Light.GREEN:
        return _GREEN
    return _MANY if best["light_rank"] < light.rank else _FIXED


def _turn(loan: pl.DataFrame, way: Turn, then: Row, light: Light) -> Answer:
    """Tell one way, with the light and estimate that the changed facts have: it was lit again by itself."""
    places = [place for place, units in enumerate(way.units) if units]
    changes = [_change(CHANGEABLE[p], CHANGES[p], loan, then, way.units[p]) for p in places]
    better = LIGHTS[then["light_rank"]]
    zh = "；".join(change["sentence_zh"] for change in changes)
    en = "; ".join(change["sentence_en"] for change in changes)
    return {
        "light": better.value,
        "pd": _share(then["pd_ppm"]),
        "changes": changes,
        "sentence_zh": f"{zh}，则由{light.zh}转为{better.zh}（其余事实不变）。",
        "sentence_en": f"{en}: from {light.value} to {better.value}, all else as it is.",
    }


def _change(feature: Feature, change: Change, loan: pl.DataFrame, then: Row, units: int) -> Answer:
    before, value = loan[feature.name][0], then[feature.name]
    zh, en = _amount(feature, change, before, value)
    return {
        "code": change.code,
        "zh": change.zh,
        "en": change.en,
        "feature": feature.name,
        "unit": feature.unit,
        "value": before,
        "becomes": value,
        "units": units,
        "sentence_zh": zh,
        "sentence_en": en,
    }


def _amount(feature: Feature, change: Change, before: float | None, value: float) -> tuple[str, str]:
    if change.step is None or before is None:
        return change.zh, change.en
    by, to = written(abs(value - before), feature.unit), written(value, feature.unit)
    return f"{change.zh}{by[0]}（变为{to[0]}）", f"{change.en}: {by[1]} (to {to[1]})"


def _standing(best: Row, rules: Rules) -> list[Answer]:
    """Tell what keeps a light from being better with all changed that can be: the worst reasons left."""
    found = [
        {"kind": kind, "code": reason["code"], **_sentences(say(reason, rules))}
        for kind, say in _SAID
        for reason in best[kind]
        if _rank(kind, reason) == best["light_rank"]
    ]
    model = best["model_light"]
    if model is None or Light(model).rank < best["light_rank"]:  # type: ignore[call-arg]  # by value
        return found
    said = model_sentence(pd_ppm=best["pd_ppm"], threshold_ppm=best["pd_threshold_ppm"])
    return [*found, {"kind": "estimate", "code": "pd", **_sentences(said)}]


def _rank(kind: str, reason: Row) -> int:
    return Light.YELLOW.rank if kind == "data_gaps" else Light(reason["light"]).rank  # type: ignore[call-arg]


def _sentences(said: Sentence) -> Answer:
    return {"sentence_zh": said.zh, "sentence_en": said.en}


def _share(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM
