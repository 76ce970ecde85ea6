"""Which pack judges which household, where nobody names one: the deployment's choice for its place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from app.domain.frames import Frames
from app.policy.claims import ConflictingPoliciesError, pack_for
from app.services.desk import Desk
from app.services.ports import Facts

_PLACED: Final = ("households",)
Households = Mapping[str, tuple[str, ...]]  # household ids by the pack that judges them


def pack_of(desk: Desk, policy: str | None, division_code: str | None) -> str:
    """This function will name the pack that judges a place: the one asked for, the place's, the usual one.

    Raises ConflictingPoliciesError where two packs claim the place.
    """
    return policy or pack_for(division_code, desk.settings.packs) or desk.settings.policy


def pack_of_all(desk: Desk, policy: str | None, frames: Frames) -> str:
    """This function will name the one pack that judges all households in `frames`.

    Raises ConflictingPoliciesError where several packs would: a county is reckoned at a time.
    """
    villages = frames["households"].get_column("village_code").unique().sort()
    names = sorted({pack_of(desk, policy, village) for village in villages})
    if len(names) > 1:
        raise ConflictingPoliciesError(
            zh=f"台账中的农户分属政策包{'、'.join(names)}；请用 --policy 指定一个",
            en=f"households of the ledger go by the packs {', '.join(names)}; name one with --policy",
        )
    return names[0] if names else pack_of(desk, policy, None)


def households_by_pack(
    desk: Desk, households: Sequence[str], *, as_of: date, policy: str | None
) -> Households:
    """This function will part stored households by the pack that judges each, keeping their order.

    Where they live is what was known last on the day; a household without a place goes by the usual pack.
    """
    with desk.store.read() as work:
        return parted_by_pack(desk, work.facts, households, as_of=as_of, policy=policy)


def parted_by_pack(
    desk: Desk, facts: Facts, households: Sequence[str], *, as_of: date, policy: str | None
) -> Households:
    """This function will do what `households_by_pack` does, within a transaction that is open already."""
    if policy is not None or not desk.settings.packs:
        return MappingProxyType({policy or desk.settings.policy: tuple(households)})
    known = facts.frames(as_of=as_of, households=households, only=_PLACED, provenance=False)
    villages = dict(known.as_of(as_of)["households"].select("household_id", "village_code").iter_rows())
    found: defaultdict[str, list[str]] = defaultdict(list)
    for household in households:
        found[pack_of(desk, None, villages.get(household))].append(household)
    return MappingProxyType({pack: tuple(ids) for pack, ids in sorted(found.items())})


def lags_of(desk: Desk, policy: str | None, day: date) -> Mapping[str, int]:
    """This function will give the days after which facts of a file are assumed known, by table.

    A file may hold households of several packs: without `policy` all packs of the deployment must then
    assume the same. Raises ConflictingPoliciesError where they do not.
    """
    names = [policy] if policy else sorted({desk.settings.policy, *desk.settings.packs.values()})
    rules = [desk.policies.get(name).at(day) for name in names]
    lags = [{lag.code: lag.now.days for lag in of_pack.knowledge} for of_pack in rules]
    if any(other != lags[0] for other in lags):
        raise ConflictingPoliciesError(
            zh=f"政策包{'、'.join(names)}的知悉时滞不同；请分县导入并用 --policy 指定政策包",
            en=f"the packs {', '.join(names)} assume different days until facts are known;"
            " import county by county and name the pack with --policy",
        )
    return lags[0]
