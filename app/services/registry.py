"""Who speaks: the champion that two people put in service, and the challengers that are only watched."""

import logging
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from app.domain.errors import ArtefactError, InvalidValueError, StoreError
from app.scoring.pd_model import Estimator
from app.scoring.shelf import Shelf
from app.services.desk import BUSINESS_ZONE
from app.services.gate_answers import lacking, shut
from app.services.ports import Store
from app.services.watch_ports import Decided, Promotion, Registry

_log: Final = logging.getLogger(__name__)


def champions(promotions: Sequence[Promotion]) -> dict[str, tuple[str, ...]]:
    """This function will stack the ids that were put in service, by estimator, the one that speaks last.

    A rollback takes the uppermost away; where nothing is left, what ships speaks.
    """
    stacks: dict[str, tuple[str, ...]] = {}
    for each in promotions:
        stack = stacks.get(each.estimator, ())
        if each.kind is Decided.PROMOTE:
            stacks[each.estimator] = (*stack, each.artefact_id)
        elif each.kind is Decided.ROLLBACK:
            stacks[each.estimator] = stack[:-1]
    return stacks


def retired(promotions: Sequence[Promotion]) -> frozenset[str]:
    """This function will name the artefacts that were retired and not put in service again."""
    last = {each.artefact_id: each.kind for each in promotions}
    return frozenset(name for name, kind in last.items() if kind is Decided.RETIRE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who speaks and who is watched, as the promotions and the shelf say.

    `missing` are the errors of champions that are not on the shelf, by estimator.
    """

    speaking: Mapping[str, Estimator]
    watched: Mapping[str, tuple[Estimator, ...]]
    missing: Mapping[str, ArtefactError]

    @classmethod
    def of(cls, shelf: Shelf, promotions: Sequence[Promotion]) -> "Standing":
        """This function will work out who speaks: what was promoted last, else what ships."""
        speaking, missing = dict(shelf.shipped), dict(shelf.lost)
        for name, stack in champions(promotions).items():
            try:
                speaking.update({name: shelf.get(stack[-1])} if stack else {})
                missing = missing if not stack else {n: e for n, e in missing.items() if n != name}
            except ArtefactError as error:
                speaking.pop(name, None)
                missing[name] = error
        out = retired(promotions)
        watched = {name: _others(shelf, each, out) for name, each in speaking.items()}
        return cls(speaking=speaking, watched=watched, missing=missing)


def _others(shelf: Shelf, champion: Estimator, out: frozenset[str]) -> tuple[Estimator, ...]:
    ids = sorted(set(shelf.by_id) - out - {champion.artefact_id})
    return tuple(shelf.by_id[i] for i in ids if shelf.by_id[i].name == champion.name)


@dataclass(slots=True, eq=False)
class Champions(Mapping[str, Estimator]):
    """The estimators that speak, by name; follows the store, looking at most every `interval`.

    A champion that cannot be loaded is logged and the one that spoke before goes on; where none spoke
    before, asking for it is an ArtefactError. While the store is out of reach nothing changes.
    """

    store: Store
    read: Callable[[], Shelf]
    clock: Callable[[], datetime]
    interval: timedelta
    shelf: Shelf = field(init=False)
    _standing: Standing = field(init=False)
    _seen: int | None = None
    _looked_at: datetime | None = None

    def __post_init__(self) -> None:
        self.shelf = self.read()
        self._standing = Standing.of(self.shelf, ())

    def __getitem__(self, name: str) -> Estimator:
        """This function will give the estimator that speaks; KeyError for a name that nobody has."""
        standing = self._current()
        if name in standing.missing:
            raise standing.missing[name]
        return standing.speaking[name]

    def __iter__(self) -> Iterator[str]:
        standing = self._current()
        return iter({**standing.speaking, **standing.missing})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def challengers(self, name: str) -> tuple[Estimator, ...]:
        """This function will give the estimators of a name that are watched and do not speak."""
        return self._current().watched.get(name, ())

    def _current(self) -> Standing:
        moment = self.clock()
        if self._looked_at is None or moment - self._looked_at >= self.interval:
            self._look(moment)
        return self._standing

    def _look(self, moment: datetime) -> None:
        try:
            with self.store.read() as work:
                last = work.registry.last()
                promotions = [] if last == self._seen else work.registry.promotions()
        except StoreError:
            _log.warning("the registry cannot be read; who speaks stays as it is")
            self._looked_at = self._looked_at and moment
            return
        if last != self._seen:
            self._follow(last, promotions)
        self._looked_at = moment

    def _follow(self, last: int, promotions: Sequence[Promotion]) -> None:
        self.shelf = self.read() if promotions else self.shelf
        new = Standing.of(self.shelf, promotions)
        for name, error in new.missing.items():
            _log.error("the champion of %s cannot be loaded: %s", name, error.problem.en)
        followed = self._looked_at is not None
        self._seen = None if new.missing else last
        self._standing = _kept(new, self._standing) if followed else new


def _kept(new: Standing, old: Standing) -> Standing:
    """Let those who spoke go on where their successors cannot be loaded."""
    going_on = {name: old.speaking[name] for name in new.missing if name in old.speaking}
    missing = {name: error for name, error in new.missing.items() if name not in going_on}
    return replace(new, speaking={**new.speaking, **going_on}, missing=missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The two people who answer for a decision, operators' codes, and its reason."""

    proposed_by: str
    approved_by: str
    reason: str

    def checked(self) -> "Signatures":
        """This function will tidy the texts; raises InvalidValueError unless two people sign a reason."""
        given = (self.proposed_by, self.approved_by, self.reason)
        proposed, approved, reason = (" ".join(text.split()) for text in given)
        if not (proposed and approved and reason):
            raise InvalidValueError(
                zh="须写明提出人、批准人和理由。",
                en="Who proposes, who approves and the reason must be given.",
            )
        if _same(proposed) == _same(approved):
            raise InvalidValueError(
                zh="提出人与批准人须为不同的两个人。", en="Who proposes and who approves must be two people."
            )
        return Signatures(proposed_by=proposed, approved_by=approved, reason=reason)


def _same(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().replace(" ", "")


def promote(
    store: Store, shelf: Shelf, artefact_id: str, *, by: Signatures, at: datetime, despite_gate: bool = False
) -> Promotion:
    """This function will put an artefact in service, on a gate report that passed against the champion.

    `despite_gate` promotes without such a report; the reason is kept and the record says so. Raises
    ArtefactError for one that is not on the shelf, InvalidValueError where a person or a report is missing
    or the report is too old, ConflictError where somebody else decided meanwhile.
    """
    signed, chosen = by.checked(), shelf.get(artefact_id)
    with store.read() as work:
        past = _Past.of(work.registry)
        speaking = _speaking(shelf, past.promotions, chosen.name)
        report = work.registry.last_report(artefact_id, speaking)
    if speaking == artefact_id:
        raise InvalidValueError(
            zh="该工件已在用。", en="This artefact is in service already.", artefact=artefact_id
        )
    lack = lacking(report, at.astimezone(BUSINESS_ZONE).date())
    if lack is not None and not despite_gate:
        raise shut(artefact_id, lack)
    decided = _decided(Decided.PROMOTE, chosen.name, artefact_id, signed, at)
    gate_id = report.gate_id if report else None
    return past.followed_by(store, replace(decided, gate_id=gate_id, despite_gate=lack is not None))


def rollback(store: Store, shelf: Shelf, estimator: str, *, by: Signatures, at: datetime) -> Promotion:
    """This function will let the previous champion speak again, or the one before it that can be loaded.

    Each champion that is passed over has a record of its own; the last is given. Raises InvalidValueError
    where nothing was promoted, ArtefactError where neither an earlier champion nor what ships can be loaded,
    ConflictError where somebody else decided meanwhile.
    """
    signed = by.checked()
    with store.read() as work:
        past = _Past.of(work.registry)
    stack = champions(past.promotions).get(estimator, ())
    if not stack:
        raise InvalidValueError(
            zh=f"{estimator} 没有可退回的启用记录。", en=f"There is no promotion of {estimator} to undo."
        )
    back = _undone(shelf, estimator, stack)
    return past.followed_by(store, *(_decided(Decided.ROLLBACK, estimator, n, signed, at) for n in back))


def _undone(shelf: Shelf, estimator: str, stack: Sequence[str]) -> list[str]:
    """Name who speaks after each promotion that is taken back, up to one that can be loaded."""
    back = list(stack[-2::-1]) if len(stack) > 1 else []
    sound = next((i for i, name in enumerate(back) if name in shelf.by_id), None)
    return [*back, shelf.ship(estimator).artefact_id] if sound is None else back[: sound + 1]


def retire(store: Store, shelf: Shelf, artefact_id: str, *, by: Signatures, at: datetime) -> Promotion:
    """This function will stop watching a challenger; the champion cannot be retired (InvalidValueError).

    Raises ConflictError where somebody else decided meanwhile.
    """
    signed, chosen = by.checked(), shelf.get(artefact_id)
    with store.read() as work:
        past = _Past.of(work.registry)
    if _speaking(shelf, past.promotions, chosen.name) == artefact_id:
        raise InvalidValueError(
            zh="在用的工件不能停用，请先启用或退回另一个。",
            en="The champion cannot be retired; promote another or roll back first.",
        )
    return past.followed_by(store, _decided(Decided.RETIRE, chosen.name, artefact_id, signed, at))


@dataclass(frozen=True, slots=True)
class _Past:
    """What had been decided when a decision was taken, and the number of the last of it."""

    promotions: Sequence[Promotion]
    last: int

    @classmethod
    def of(cls, registry: Registry) -> "_Past":
        return cls(registry.promotions(), registry.last())

    def followed_by(self, store: Store, *decisions: Promotion) -> Promotion:
        """Keep decisions, all or none, unless another has followed already; gives the last."""
        with store.write() as work:
            for after, decided in enumerate(decisions, start=self.last):
                work.registry.append(decided, after=after)
        return decisions[-1]


def _speaking(shelf: Shelf, promotions: Sequence[Promotion], estimator: str) -> str:
    stack = champions(promotions).get(estimator, ())
    return stack[-1] if stack else shelf.ship(estimator).artefact_id


def _decided(kind: Decided, estimator: str, artefact_id: str, signed: Signatures, at: datetime) -> Promotion:
    return Promotion(
        kind=kind,
        estimator=estimator,
        artefact_id=artefact_id,
        proposed_by=signed.proposed_by,
        approved_by=signed.approved_by,
        reason=signed.reason,
        decided_at=at,
    )
