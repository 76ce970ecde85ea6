"""Surveys of households: answers that reflect will and means through noise, some of them missing."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from app.domain.scheme_words import SurveyItem
from app.simulation.arrays import B, D, F, I, between, floats, words
from app.simulation.block import Block
from app.simulation.people import surveyed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Surveys on file; arrays by survey, first ones before later ones."""

    home: I  # position of the household
    day: D
    again: B  # whether it was surveyed before


def rounds(block: Block) -> Rounds:
    """This function will list the surveys: one before the first loan, and for some another one lately."""
    rng, first, count = block.streams("survey rounds"), surveyed_on(block), len(block.homes)
    on_file = rng.random(count) >= block.a.number("survey_missed")
    chosen = rng.random(count) < block.a.number("survey_again")
    later = block.hurdles.time.until64 - between(rng, block.a.table("survey_again_days"), count)
    apart = (later - first).astype(np.int64) >= block.a.whole("survey_apart")
    once, twice = on_file & (first <= block.hurdles.time.until64), on_file & chosen & apart
    return Rounds(
        home=np.concatenate([block.homes[once], block.homes[twice]]),
        day=np.concatenate([first[once], later[twice]]),
        again=np.repeat([False, True], [once.sum(), twice.sum()]),
    )


def surveys(block: Block, found: Rounds) -> pl.DataFrame:
    """This function will give the answers: 1 for yes, 0 for no, and points for civic spirit."""
    values = _values(block, found)
    asked = block.streams("survey questions").random(values.shape) >= block.a.number("survey_unasked")
    row, item = np.nonzero(asked)
    village = block.village_codes(found.home).str.slice(6)
    return pl.DataFrame(
        {
            "household_id": block.household_ids(found.home).gather(row),
            "item": words(_items(block), item),
            "value": values[row, item],
            "asked_on": found.day[row],
            "surveyor_id": ("S" + village).gather(row),
        }
    )


def _items(block: Block) -> tuple[str, ...]:
    return (*block.a.table("survey_answers"), SurveyItem.CIVIC_POINTS.value)


def _values(block: Block, found: Rounds) -> F:
    """This function will draw what is answered, by survey and question; the last are points."""
    table, civic = block.a.table("survey_answers"), block.a.table("survey_civic")
    will, means = _will(block, found), _means(block, found)
    noise = block.streams("survey answers").standard_normal((len(table) + 1, len(found.home)))
    answers = [
        (row["will"] * will + row["means"] * means + draw > row["line"]).astype(np.float64)
        for row, draw in zip(table.values(), noise, strict=False)
    ]
    points = np.rint(civic["mean"] + civic["will"] * will + civic["noise"] * noise[-1])
    return floats(np.stack([*answers, np.clip(points, 0, civic["most"])], axis=1))


def _will(block: Block, found: Rounds) -> F:
    """This function will give the will on the day of the survey as a standard score."""
    month, hurdles = block.hurdles.time.month(found.day), block.hurdles
    level = hurdles.homes.willingness[found.home] + hurdles.state.will[month, found.home]
    return (level - block.a.number("willingness_mean")) / block.a.number("willingness_sd")


def _means(block: Block, found: Rounds) -> F:
    """This function will give the household's means on that day against an ordinary one's."""
    month, hurdles = block.hurdles.time.month(found.day), block.hurdles
    level = np.log(hurdles.homes.income[found.home] / block.a.number("income_mean"))
    luck = hurdles.state.capacity[month, found.home] + hurdles.state.shock_sum[month, found.home]
    return (level + luck) / (2 * block.a.number("income_skill_sd"))
