"""Facts sent with requests, judged beside what the county knows; requests that fit are judged as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from app.domain.errors import StoreError
from app.domain.frames import Frames
from app.services import assessing
from app.services.assessing import Answer
from app.services.county import beside_county
from app.services.desk import Desk
from app.services.inline import Placed, frames_of
from app.services.joining import Joined

_DATA_REFUSED: Final = "refused"  # the database refused what one of the requests holds


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Checked facts for one pack and day; `loan_ids` are the loans to judge, empty for applications."""

    as_of: date
    pack: str
    placed: Sequence[Placed]
    loan_ids: Sequence[str] = ()

    @cached_property
    def names(self) -> frozenset[tuple[object, ...]]:
        """This function will name every fact by its table and key."""
        return frozenset((f.table.name, *(f.row.get(name) for name in f.table.key)) for f in self.placed)

    def fits(self, other: "Sent") -> bool:
        """This function will tell whether both can be judged as one: same day and pack, no fact in common."""
        same = self.as_of == other.as_of and self.pack == other.pack
        return same and self.names.isdisjoint(other.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored loan to judge on a day; no policy: by the pack of its place."""

    as_of: date
    policy: str | None
    loan_id: str

    def fits(self, other: "Stored") -> bool:
        """This function will tell whether both can be judged as one; the same loan may be asked for twice."""
        return self.as_of == other.as_of and self.policy == other.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Where single requests are judged, alone or with those that wait beside them."""

    scores: Joined[Sent, Answer]
    warnings: Joined[Sent, Answer]
    stored: Joined[Stored, Answer]

    @classmethod
    def at(cls, desk: Desk) -> "Lines":
        """This function will open the lines of a desk."""
        return cls(
            scores=Joined(lambda sent: scored(desk, _as_one(sent)), Sent.fits, _concerns_all),
            warnings=Joined(lambda sent: warned(desk, _as_one(sent)), Sent.fits, _concerns_all),
            stored=Joined(lambda asked: _warned_stored(desk, asked), Stored.fits, _concerns_all),
        )


def scored(desk: Desk, sent: Sent) -> list[Answer]:
    """This function will score the applications sent, in their order."""
    return assessing.score(desk, _frames(desk, sent), as_of=sent.as_of, policy=sent.pack)


def warned(desk: Desk, sent: Sent) -> list[Answer]:
    """This function will judge the loans sent, in the order of `loan_ids`."""
    frames = _frames(desk, sent)
    return assessing.warn_inline(desk, frames, sent.loan_ids, as_of=sent.as_of, policy=sent.pack)


def warned_stored(desk: Desk, loan_ids: Sequence[str], *, as_of: date, policy: str | None) -> list[Answer]:
    """This function will judge stored loans, in their order; one asked for twice is judged once."""
    once = list(dict.fromkeys(loan_ids))
    answers = assessing.warn_stored(desk, once, as_of=as_of, policy=policy)
    found = {answer["loan_id"]: {"decision_id": None, **answer} for answer in answers}
    return [found[loan_id] for loan_id in loan_ids]


def _warned_stored(desk: Desk, asked: Sequence[Stored]) -> list[Answer]:
    loan_ids = [each.loan_id for each in asked]
    return warned_stored(desk, loan_ids, as_of=asked[0].as_of, policy=asked[0].policy)


def _as_one(sent: Sequence[Sent]) -> Sent:
    return Sent(
        as_of=sent[0].as_of,
        pack=sent[0].pack,
        placed=[fact for each in sent for fact in each.placed],
        loan_ids=[loan_id for each in sent for loan_id in each.loan_ids],
    )


def _frames(desk: Desk, sent: Sent) -> Frames:
    rules = desk.policies.get(sent.pack).at(sent.as_of)
    lags = {lag.code: lag.now.days for lag in rules.knowledge}
    frames = frames_of(sent.placed, received_on=desk.today(), lags=lags)
    return beside_county(desk.store, frames, as_of=sent.as_of)


def _concerns_all(error: Exception) -> bool:
    return isinstance(error, StoreError) and error.details.get("reason") != _DATA_REFUSED
