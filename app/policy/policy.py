"""Policy packs: loaded strictly, merged with the pack they extend, asked for the rules of a day."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from app.domain.errors import NoRulesInForceError, UnknownPolicyError
from app.policy.checks import check
from app.policy.entries import Entry
from app.policy.merging import Source, extend, read_pack
from app.policy.pack import SECTIONS, Pack
from app.policy.rules import Resolved, Rules, numbers, resolve

PACKS: Final = Path(__file__).parent / "packs"

__all__ = ["PACKS", "Policy", "Resolved", "Rules", "load", "policies"]


@dataclass(frozen=True, eq=False)
class Policy:
    """A whole pack with what it extends, all dates; `own` are the entries (section, code) of its own."""

    pack: Pack
    own: frozenset[tuple[str, str]] = frozenset()

    @property
    def name(self) -> str:
        """This function will give the pack's name."""
        return self.pack.name

    @cached_property
    def content_hash(self) -> str:
        """This function will give the SHA-256 of what the pack says, whatever the order of its keys."""
        content = self.pack.model_dump(mode="json", by_alias=True)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def changes(self) -> tuple[date, ...]:
        """This function will list the days on which the rules change, in order."""
        return tuple(sorted({day for entry in _entries(self.pack) for day in _days(entry)}))

    def next_change_after(self, day: date) -> date | None:
        """This function will give the first day after `day` on which a rule begins or has ended."""
        later = bisect_right(self.changes, day)
        return self.changes[later] if later < len(self.changes) else None

    def at(self, day: date) -> Rules:
        """This function will give the rules in force on a day.

        Raises NoRulesInForceError where no regime of the pack covers the day.
        """
        before = bisect_right(self.changes, day)
        since = self.changes[before - 1] if before else None
        if since is None or not any(regime.at(day) for regime in self.pack.regimes.values()):
            raise NoRulesInForceError(
                zh=f"政策包“{self.name}”在 {day} 没有生效的规则",
                en=f"the policy pack {self.name!r} has no rules in force on {day}",
                policy=self.name,
                day=day.isoformat(),
            )
        return _rules(self, since)


@cache
def _rules(policy: Policy, since: date) -> Rules:
    sections: dict[str, Any] = resolve(policy.pack, since)
    parameters = sections.pop("parameters")
    return Rules(
        policy=policy.name,
        zh=policy.pack.zh,
        en=policy.pack.en,
        content_hash=policy.content_hash,
        since=since,
        until=policy.next_change_after(since),
        parameters=numbers(parameters),
        parameter_entries=parameters,
        **sections,
    )


def _entries(pack: Pack) -> Iterable[Entry[Any]]:
    return (entry for section in SECTIONS for entry in getattr(pack, section).values())


def _days(entry: Entry[Any]) -> Iterable[date]:
    for value in entry.in_force:
        yield value.from_
        if value.to is not None:
            yield value.to + timedelta(days=1)


def policies(root: Path = PACKS) -> tuple[str, ...]:
    """This function will list the names of the packs in a folder."""
    return tuple(sorted(file.parent.name for file in root.glob("*/pack.yaml")))


def load(pack: str | Path, *, features: frozenset[str] | None = None) -> Policy:
    """This function will load a pack, by its name among those that ship or from its own folder.

    `features` are the names that conditions may read; None leaves them unchecked. A pack that extends
    another finds it beside itself or among those that ship. Raises UnknownPolicyError, or PolicyError
    with file and line for whatever is wrong in it.
    """
    if isinstance(pack, str):
        return _shipped(pack, features)
    return _loaded(pack, features)


@cache
def _shipped(name: str, features: frozenset[str] | None) -> Policy:
    return _loaded(_folder(name, (PACKS,)), features)


def _loaded(folder: Path, features: frozenset[str] | None) -> Policy:
    own = read_pack(folder)
    source = _merged(folder, own, ())
    check(source, features)
    return Policy(source.pack, own.own)


def _merged(folder: Path, own: Source, below: tuple[str, ...]) -> Source:
    if own.pack.extends is None:
        return own
    if own.pack.extends in (own.pack.name, *below):
        raise own.line("extends").error(
            zh=f"政策包“{own.pack.extends}”不能扩展自身", en=f"the pack {own.pack.extends!r} extends itself"
        )
    parent = _folder(own.pack.extends, (folder.parent, PACKS))
    return extend(_merged(parent, read_pack(parent), (own.pack.name, *below)), own)


def _folder(name: str, roots: Iterable[Path]) -> Path:
    known = [(root, found) for root in roots for found in policies(root)]
    for root, found in known:
        if found == name:
            return root / name
    there_are = sorted({found for _, found in known})
    raise UnknownPolicyError(
        zh=f"没有名为“{name}”的政策包；现有：{'、'.join(there_are)}",
        en=f"there is no policy pack {name!r}; there are: {', '.join(there_are)}",
        policy=name,
    )
