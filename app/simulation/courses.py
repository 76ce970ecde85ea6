"""The course of reviews behind some surveys: who passed, returned or refused it, step by step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from app.domain.scheme_words import StepOutcome
from app.simulation.arrays import B, F, I, words
from app.simulation.block import Block
from app.simulation.surveys import Rounds

_OUTCOMES = tuple(StepOutcome)
_PASSED = _OUTCOMES.index(StepOutcome.PASSED)
_RETURNED = _OUTCOMES.index(StepOutcome.RETURNED)
_REFUSED = _OUTCOMES.index(StepOutcome.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    """Courses that were begun; arrays by case."""

    survey: I  # position in the rounds
    turned: I  # step that returned or refused it
    returned: B
    refused: B
    slow: F  # times the usual days


def course_events(block: Block, found: Rounds) -> pl.DataFrame:
    """This function will give the steps of the cases up to the end, in order of case and number."""
    cases = _cases(block, found)
    step, stands = _steps(block, cases)
    day = found.day[cases.survey][:, None] + _days(block, cases, step)
    row, place = np.nonzero(stands & (day <= block.hurdles.time.until64))
    at, rejects = step[row, place], place == cases.turned[row]
    outcome = np.where(rejects & cases.returned[row], _RETURNED, _PASSED)
    outcome = np.where(rejects & cases.refused[row], _REFUSED, outcome)
    survey = cases.survey[row]
    home = block.household_ids(found.home[survey])
    return pl.DataFrame(
        {
            "case_id": "K" + home.str.slice(1) + words(("-1", "-2"), found.again[survey].astype(np.int64)),
            "event_no": place + 1,
            "household_id": home,
            "course": pl.Series([block.a.table("course")["code"]]).new_from_index(0, len(row)),
            "step": words(tuple(s["code"] for s in _table(block)), at),
            "outcome": words(tuple(o.value for o in _OUTCOMES), outcome),
            "actor_id": _actors(block, found.home[survey], at),
            "done_on": day[row, place],
            "note": _notes(block, outcome),
        }
    )


def _table(block: Block) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = block.a.table("course")["steps"]
    return steps


def _cases(block: Block, found: Rounds) -> _Cases:
    """This function will choose the cases on file: some of the first surveys, all later ones."""
    rng, count = block.streams("courses"), len(found.home)
    begun = found.day >= np.datetime64(block.a.table("course")["from"])
    filed = found.again | (rng.random(count) < block.a.number("course_share"))
    judged = np.flatnonzero([step["judged"] for step in _table(block)])
    turned, draw, pace = judged[rng.integers(0, len(judged), count)], rng.random(count), rng.random(count)
    back, slow = block.a.number("course_returned"), block.a.table("course_slow")
    # A household was lent to after its first course, so that only a later one may be refused or drag on.
    refused = found.again & (draw >= back) & (draw < back + block.a.number("course_refused"))
    dragged = found.again & (pace < slow["share"])
    keep = np.flatnonzero(begun & filed)
    return _Cases(
        survey=keep,
        turned=np.where((draw < back) | refused, turned, -1)[keep],
        returned=(draw < back)[keep],
        refused=refused[keep],
        slow=np.where(dragged, float(slow["factor"]), 1.0)[keep],
    )


def _steps(block: Block, cases: _Cases) -> tuple[I, B]:
    """This function will lay out the step of every event, and whether there is such an event.

    What is returned at a step goes through the step before it again, so that it has two events more.
    """
    steps = len(_table(block))
    place = np.arange(steps + 2)[None, :]
    returned, turned = cases.returned[:, None], cases.turned[:, None]
    step = np.where(returned & (place > turned), place - 2, place)
    stands = (step < steps) & ~(cases.refused[:, None] & (place > turned))
    return np.minimum(step, steps - 1), stands


def _days(block: Block, cases: _Cases, step: I) -> I:
    """This function will draw the days of every event after the survey."""
    bounds = np.array([s["days"] for s in _table(block)])[step]
    draw = block.streams("course days").random(step.shape)
    span = bounds[..., 1] - bounds[..., 0] + 1
    days = (bounds[..., 0] + np.floor(draw * span)) * cases.slow[:, None]
    return np.cumsum(days.astype(np.int64), axis=1)


def _actors(block: Block, homes: I, step: I) -> pl.Series:
    """This function will number who did it: another one at every level, of the level's own place."""
    digits = np.array([s["digits"] for s in _table(block)])
    frame = pl.DataFrame({"village": block.village_codes(homes), "step": step, "digits": digits[step]})
    place = pl.col("village").str.slice(6, pl.col("digits"))
    return frame.select(pl.concat_str(pl.lit("E"), (pl.col("step") + 1).cast(pl.String), place)).to_series()


def _notes(block: Block, outcome: I) -> pl.Series:
    notes = block.a.table("course")["notes"]
    texts = tuple(notes.get(o.value) for o in _OUTCOMES)
    return words(texts, outcome)
