"""Who may be one person under several records: compared in blocks of shared keys, never all with all.

Names, ID numbers, phones and accounts come in and stay in here: what goes out are loan ids and counts.
"""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Final

import polars as pl
from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from app.ledgerfile.persons import read_person

IDENTITY_COLUMNS: Final = ("person_id", "full_name", "id_number", "phone", "account")
LINKS: Final = {
    "loan_id": pl.String(),
    "relation": pl.String(),
    "loans": pl.Int64(),
    "related": pl.List(pl.String()),
}
SHOWN: Final = 20  # related loans that a finding names; the count tells them all
_LARGEST_BLOCK: Final = 200  # a key that more people share is a placeholder and tells none of them apart
_LONGEST_NAME: Final = 30  # letters
_SOUND_LETTERS: Final = 2  # a name of one letter sounds like too many
_BODY: Final = 17  # characters of an ID number before its check digit

# What two people of different records share; the first group is by key alone, the others by pairs.
_GROUPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "same_person_loans": ("person_id", ("household_id",)),
    "same_phone_loans": ("phone", ("household_id", "person_id")),
    "same_account_loans": ("account", ("person_id",)),
}
_PAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "same_name_same_birth_date_loans": ("same_name", "same_birth"),
    "same_name_same_phone_loans": ("same_name", "same_phone"),
    "same_name_same_account_loans": ("same_name", "same_account"),
    "same_name_same_village_alike_id_loans": ("same_name", "same_village", "alike_body"),
    "near_name_same_phone_loans": ("near_name", "same_phone"),
    "near_name_same_account_loans": ("near_name", "same_account"),
    "near_name_same_village_same_birth_date_loans": ("near_name", "same_village", "same_birth"),
    "near_name_same_village_alike_id_loans": ("near_name", "same_village", "alike_body"),
    "alike_id_loans": ("alike_id",),
}
RELATIONS: Final = (*_GROUPS, *_PAIRS)


def described(identities: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """This function will describe each borrower by what is compared, one row a person.

    Takes IDENTITY_COLUMNS and the loan book (for the borrowers and their villages). Gives person_id, name,
    letters, sound, id_number, birth, phone, account, village_code, id_invalid (1 or 0), same_name_borrowers.
    """
    homes = book.sort("loan_id").unique("borrower_id", keep="first", maintain_order=True)
    placed = homes.select(pl.col("borrower_id").alias("person_id"), "village_code")
    people = identities.unique("person_id").join(placed, on="person_id").sort("person_id")
    named = people.with_columns(_NAME, _plain("phone"), _plain("account")).with_columns(
        pl.col("name").str.len_chars().alias("letters"),
        pl.col("id_number").str.slice(6, 8).str.to_date("%Y%m%d", strict=False).alias("birth"),
        read_person(pl.col("id_number"))[0].is_null().cast(pl.Int64).alias("id_invalid"),
        pl.when(pl.col("name").is_not_null()).then(pl.len().over("name") - 1).alias("same_name_borrowers"),
    )
    return named.join(_sounds(named), on="name", how="left").drop("full_name")


_NAME: Final = (
    pl.col("full_name").str.normalize("NFKC").str.replace_all(r"[\s·•.]", "").str.to_lowercase()
    .replace("", None).alias("name")
)  # fmt: skip


def _plain(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(r"[\s\-+]", "").replace("", None)


def _sounds(people: pl.DataFrame) -> pl.DataFrame:
    """Spell each name in pinyin without tones, letter by letter: every letter has one reading here."""
    names = people.select("name").drop_nulls().unique()
    letters = names.get_column("name").str.split("").explode().unique()
    readings = {letter: lazy_pinyin(letter)[0] for letter in letters if letter}
    spelt = pl.col("name").str.split("").list.eval(pl.element().replace(readings)).list.join(" ")
    return names.with_columns(spelt.alias("sound"))


def links(people: pl.DataFrame, book: pl.DataFrame, *, near_name_letters: int | None) -> pl.DataFrame:
    """This function will link each loan to the loans of others who may be the same person.

    Takes what `described` gives. Gives LINKS: one row per loan and relation, with the count of the other
    loans and the first SHOWN of them. `near_name_letters` is how long two names must be for one letter
    between them to count as near (pack); where it is None only names of one sound are near. Two people
    of one common name, with nothing else in common, are not linked.
    """
    loans = book.select("loan_id", "household_id", pl.col("borrower_id").alias("person_id"))
    groups = [_grouped(loans, people, relation) for relation in _GROUPS]
    pairs = _compared(_candidates(people, near_name_letters), people, near_name_letters)
    paired = [_paired(loans, pairs, relation) for relation in _PAIRS]
    return pl.concat([*groups, *paired])


def _grouped(loans: pl.DataFrame, people: pl.DataFrame, relation: str) -> pl.DataFrame:
    """Link loans by one shared value; loans of the same `own` (person, household) do not count."""
    shared, own = _GROUPS[relation]
    known = people.select("person_id", "phone", "account")
    members = loans.join(known, on="person_id", how="left").with_columns(pl.col(shared).alias("key"))
    counted = members.filter(pl.col("key").is_not_null()).with_columns(_of_others(own).alias("loans"))
    found = counted.filter(pl.col("loans") > 0)
    everyone = found.sort("loan_id").group_by("key").agg(pl.col("loan_id").head(3 * SHOWN).alias("related"))
    listed = found.join(everyone, on="key")
    for column in own:
        mine = found.group_by("key", column).agg(pl.col("loan_id").alias("mine"))
        others = pl.col("related").list.set_difference("mine")
        listed = listed.join(mine, on=["key", column]).with_columns(others).drop("mine")
    return _shaped(listed, relation)


def _of_others(own: tuple[str, ...]) -> pl.Expr:
    """Count the loans of a key that are neither of the same household nor of the same person."""
    mine = sum((pl.len().over("key", column) for column in own), pl.lit(0))
    both = pl.len().over("key", *own) if len(own) > 1 else pl.lit(0)  # counted twice
    return pl.len().over("key").cast(pl.Int64) - mine.cast(pl.Int64) + both.cast(pl.Int64)


def _shaped(found: pl.DataFrame, relation: str) -> pl.DataFrame:
    shown = pl.col("related").list.sort().list.head(SHOWN)
    return found.with_columns(shown, pl.lit(relation).alias("relation")).select(
        pl.col(name).cast(dtype) for name, dtype in LINKS.items()
    )


def _paired(loans: pl.DataFrame, pairs: pl.DataFrame, relation: str) -> pl.DataFrame:
    """Link the loans of every pair of people for whom all parts of a relation hold."""
    held = pairs.filter(reduce(and_, (pl.col(part) for part in _PAIRS[relation])))
    both = pl.concat([held.select("one", "other"), held.select(one="other", other="one")])
    mine = loans.select(pl.col("person_id").alias("one"), "loan_id")
    theirs = loans.select(pl.col("person_id").alias("other"), pl.col("loan_id").alias("related"))
    met = both.join(mine, on="one").join(theirs, on="other")
    return _shaped(met.group_by("loan_id").agg(pl.len().alias("loans"), "related"), relation)


# --- candidates: pairs that share a key ---


def _candidates(people: pl.DataFrame, near_name_letters: int | None) -> pl.DataFrame:
    """List pairs worth comparing (one, other; person ids in order), each once."""
    by_name = people.filter(pl.col("name").is_not_null())
    slips = _slips(by_name.filter(_long_enough("letters", near_name_letters)), "name")
    hard = ("phone", "account", "village_code")
    keys = [
        _keys(by_name, "name", "birth"),
        *(_keys(by_name, "sound", column) for column in hard),
        *(_keys(slips, "slip", column) for column in hard),
        _id_keys(people),
    ]
    found = pl.concat([_met(key) for key in keys])
    return found.unique().sort("one", "other")


def _long_enough(column: str, letters: int | None) -> pl.Expr:
    return pl.lit(value=False) if letters is None else pl.col(column) >= letters


def _keys(people: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Hash the columns to one key; people who lack one of them have none. A false match is told later."""
    whole = people.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in columns))
    return whole.select("person_id", pl.struct(columns).hash().alias("key")).unique()


def _slips(people: pl.DataFrame, column: str) -> pl.DataFrame:
    """Write each text with every single letter left out, and whole: texts one slip apart share one."""
    text = pl.col(column)
    longest = min(int(people.get_column(column).str.len_chars().max() or 0), _LONGEST_NAME)  # type: ignore[arg-type]
    whole = people.with_columns(text.alias("slip"))
    shorter = [
        people.filter(text.str.len_chars() > place).with_columns(
            (text.str.slice(0, place) + text.str.slice(place + 1)).alias("slip")
        )
        for place in range(longest)
    ]
    return pl.concat([whole, *shorter])


def _id_keys(people: pl.DataFrame) -> pl.DataFrame:
    """Key ID numbers that may be one slip from another.

    The check digit (ISO 7064 MOD 11-2) tells every single slip, so of two such numbers one is invalid.
    """
    invalid = people.filter(pl.col("id_invalid") == 1)
    if invalid.is_empty():
        return pl.DataFrame(schema={"person_id": pl.String(), "key": pl.UInt64()})
    wanted = _keys(_slips(invalid, "id_number"), "slip")
    every = _keys(_slips(people, "id_number"), "slip")
    return every.join(wanted.select("key").unique(), on="key", how="semi")


def _met(keys: pl.DataFrame) -> pl.DataFrame:
    blocks = keys.filter(pl.len().over("key").is_between(2, _LARGEST_BLOCK))
    met = blocks.join(blocks, on="key", suffix="_other").filter(
        pl.col("person_id") < pl.col("person_id_other")
    )
    return met.select(one="person_id", other="person_id_other")


# --- comparison ---


def _compared(pairs: pl.DataFrame, people: pl.DataFrame, near_name_letters: int | None) -> pl.DataFrame:
    """Tell of each pair what the two share: flags same_…, near_name, alike_body, alike_id."""
    told = people.select(
        "person_id", "name", "letters", "sound", "id_number", "birth", "phone", "account", "village_code"
    )
    sides = pairs.join(told, left_on="one", right_on="person_id").join(
        told, left_on="other", right_on="person_id", suffix="_o"
    )
    same = sides.select("one", "other", *_SAME, pl.min_horizontal("letters", "letters_o").alias("letters"),
                        *_slipped(sides))  # fmt: skip
    near = (_long_enough("letters", near_name_letters)) & (pl.col("name_slips") == 1)
    sounds = (pl.col("letters") >= _SOUND_LETTERS) & pl.col("same_sound") & ~pl.col("same_name")
    return same.with_columns(
        (near | sounds).alias("near_name"),
        (pl.col("body_slips") <= 1).alias("alike_body"),
        (pl.col("id_slips") <= 1).alias("alike_id"),
    )


_SAME: Final = tuple(
    (pl.col(column) == pl.col(f"{column}_o")).fill_null(value=False).alias(f"same_{short}")
    for column, short in (
        ("name", "name"), ("sound", "sound"), ("birth", "birth"), ("phone", "phone"), ("account", "account"),
        ("village_code", "village"),
    )
)  # fmt: skip


def _slipped(sides: pl.DataFrame) -> list[pl.Series]:
    """Count slips (a letter wrong, missing or too many, or two neighbours swapped), up to two."""
    body = pl.col("id_number", "id_number_o").str.slice(0, _BODY)
    bodies = sides.select(body)
    return [
        _apart(sides.get_column("name"), sides.get_column("name_o")).alias("name_slips"),
        _apart(sides.get_column("id_number"), sides.get_column("id_number_o")).alias("id_slips"),
        _apart(bodies.get_column("id_number"), bodies.get_column("id_number_o")).alias("body_slips"),
    ]


def _apart(left: pl.Series, right: pl.Series) -> pl.Series:
    one, other = left.fill_null("").to_list(), right.fill_null("").to_list()
    return pl.Series(cpdist(one, other, scorer=OSA.distance, score_cutoff=1)).cast(pl.Int64)
