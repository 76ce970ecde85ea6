"""Persons, members and what is registered of households: invented, and plainly so."""

import numpy as np
import polars as pl

from app.domain.words import Labour, Registration, Relation
from app.simulation.arrays import D, F, I, between, words
from app.simulation.block import Block

_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_CHECK = "10X98765432"
_STEMS = "甲乙丙丁戊己庚辛"
_RELATIONS = tuple(Relation)
_LABOURS = tuple(Labour)


def surveyed_on(block: Block) -> D:
    """This function will give the day each kept household was surveyed, before its first loan."""
    days = between(block.streams("surveys"), block.a.table("survey_lead"), len(block.homes))
    return block.hurdles.time.day(block.first_loan[block.homes], 1) - days


def households(block: Block, head: I) -> pl.DataFrame:
    """This function will give the households; `head` holds the person number of each."""
    homes = block.hurdles.homes
    return pl.DataFrame(
        {
            "household_id": block.household_ids(block.homes),
            "village_code": block.village_codes(block.homes),
            "village_group": pl.Series(block.homes % 6 + 1).cast(pl.String) + "组",
            "head_person_id": head,
            "land_mu": homes.land[block.homes],
            "assets": block.fen(homes.assets[block.homes]),
            "surveyed_on": surveyed_on(block),
        }
    )


def household_members(block: Block, base: int) -> pl.DataFrame:
    """This function will give the members, heads first; persons are numbered from `base`."""
    size = block.hurdles.homes.size[block.homes]
    row = np.repeat(np.arange(len(block.homes)), size)
    place = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    age, relation = _ages(block, row, place)
    return pl.DataFrame(
        {
            "household_id": block.household_ids(block.homes[row]),
            "person_id": base + np.arange(len(row)),
            "relation": words(_RELATIONS, relation),
            "born_on": _birthdays(block, age),
            "labour": words(_LABOURS, _labour(block, row, place, age)),
            "joined_on": surveyed_on(block)[row],
            "place": place,
        }
    )


def _ages(block: Block, row: I, place: I) -> tuple[I, I]:
    rng, homes = block.streams("ages"), block.hurdles.homes
    year = block.hurdles.time.origin.astype("datetime64[Y]").astype(int) + 1970
    head = year - homes.head_born[block.homes][row]
    spread = rng.integers(-3, 4, len(row))
    parent = (place >= 3) & (rng.random(len(row)) < 0.5) & (head < 62)
    child = (place >= 2) & ~parent
    age = np.where(parent, head + 24, np.where(child, np.maximum(head - 25, 3), head)) + spread * (place > 0)
    relation = np.select([place == 0, place == 1, child], [0, 1, 2], 3)
    return np.maximum(age, 1), relation


def _birthdays(block: Block, age: I) -> D:
    rng = block.streams("birthdays")
    return block.hurdles.time.day(-12 * age + rng.integers(0, 12, len(age)), rng.integers(1, 29, len(age)))


def _labour(block: Block, row: I, place: I, age: I) -> I:
    """This function will mark as many able members as the household has labourers, of working age first."""
    able = place < block.hurdles.homes.labourers[block.homes][row]
    weak = block.streams("labour").random(len(row)) < block.a.number("weak_labour_share")
    working = (age >= 16) & (age <= 65)
    return np.select([able, working & weak, working], [0, 1, 1], 2)


def registrations(block: Block) -> pl.DataFrame:
    """This function will give the dated registrations: registered, lifted, stable, or ordinary throughout."""
    rng, count, time = block.streams("registrations"), len(block.homes), block.hurdles.time
    gaps = block.a.table("registration_days")
    ordinary = rng.random(count) < block.a.number("ordinary_share")
    first = np.datetime64(block.a.table("registration_from"), "D") + between(rng, gaps["registered"], count)
    lifted = first + between(rng, gaps["lifted"], count)
    stable = lifted + between(rng, gaps["stable"], count)
    steps = [(Registration.ORDINARY, first, ordinary), (Registration.REGISTERED, first, ~ordinary)]
    steps += [(Registration.LIFTED, lifted, ~ordinary), (Registration.STABLE, stable, ~ordinary)]
    return pl.concat(
        [
            pl.DataFrame(
                {
                    "household_id": block.household_ids(block.homes[rows]),
                    "registration": pl.Series([word.value]).new_from_index(0, int(rows.sum())),
                    "registered_on": day[rows],
                }
            )
            for word, day, mask in steps
            if (rows := mask & (day <= time.until64)).any()
        ]
    )


def persons(members: pl.DataFrame, county_code: str) -> pl.DataFrame:
    """This function will name every member and give it an ID number of a county that does not exist."""
    place = members.get_column("place").to_numpy()
    house = members.get_column("household_id").str.slice(1)
    stem = pl.Series(list(_STEMS)).gather(place % len(_STEMS))
    number = pl.Series(np.arange(1, len(members) + 1)).cast(pl.String)
    adult = members.get_column("relation").is_in([Relation.HEAD.value, Relation.SPOUSE.value])
    frame = pl.DataFrame(
        {
            "person_id": id_numbers(members.get_column("born_on"), county_code),
            "full_name": "模拟" + stem + house,
            "phone": "000" + number.str.zfill(8),
            "account": "0000" + number.str.zfill(15),
            "registered_on": members.get_column("joined_on"),
        }
    )
    return frame.with_columns(pl.when(adult).then(pl.col("phone", "account")).otherwise(None))


def id_numbers(born_on: pl.Series, county_code: str) -> pl.Series:
    """This function will make ID numbers with valid checksums, unique by a running number per birthday."""
    running = pl.DataFrame({"born": born_on}).select(pl.int_range(pl.len()).over("born").alias("n"))
    number = running.get_column("n") + 1
    body = county_code + born_on.dt.strftime("%Y%m%d") + number.cast(pl.String).str.zfill(3)
    digits = body.cast(pl.Binary)
    code = np.frombuffer(b"".join(digits.to_list()), dtype=np.uint8).reshape(-1, 17).astype(np.int64) - ord(
        "0"
    )
    check = pl.Series(list(_CHECK)).gather(code @ _WEIGHTS % 11)
    return body + check


def person_column(numbers: F | I, ids: pl.Series) -> pl.Series:
    """This function will replace person numbers by ID numbers; -1 becomes null."""
    table = pl.concat([ids.cast(pl.String), pl.Series([None], dtype=pl.String)])
    where = np.where(np.asarray(numbers) < 0, len(ids), numbers).astype(np.int64)
    return table.gather(where)
