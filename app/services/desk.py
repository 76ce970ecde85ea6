"""The desk that use cases work at: store, packs, artefacts and clock, put together by the bootstrap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from app.assessment import Basis
from app.domain.frames import Frames
from app.features.catalogue import RULE_COLUMNS
from app.features.context import Context, own_counts
from app.policy.policy import Policy, load, policies
from app.scoring.pd_model import Estimator
from app.services.ports import Store
from app.warning.effects import EffectTable

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")


class Limits(Protocol):
    """What the deployment allows at once; the settings have it."""

    @property
    def policy(self) -> str:
        """This function will name the pack that is used when a request names none."""
        ...

    @property
    def packs(self) -> Mapping[str, str]:
        """This function will map beginnings of division codes to the packs that judge those places."""
        ...

    @property
    def max_batch(self) -> int:
        """This function will give the most items of one request."""
        ...

    @property
    def max_page(self) -> int:
        """This function will give the most rows of one page."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """This function will give the largest body."""
        ...

    @property
    def sweep_chunk(self) -> int:
        """This function will give how many households a sweep assesses at a time."""
        ...


class PolicyBook:
    """The packs that ship, loaded once and checked against the features there are."""

    def names(self) -> Sequence[str]:
        """This function will list the packs."""
        return policies()

    def get(self, name: str) -> Policy:
        """This function will load a pack; raises UnknownPolicyError."""
        return load(name, features=RULE_COLUMNS)


@dataclass(frozen=True)
class Desk:
    """Everything a use case needs. `estimators` may follow the store; nothing else changes in a service."""

    store: Store
    settings: Limits
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    estimators: Mapping[str, Estimator]
    effects: EffectTable
    policies: PolicyBook = field(default_factory=PolicyBook)
    challengers: Callable[[str], tuple[Estimator, ...]] = lambda _: ()

    def today(self) -> date:
        """This function will give the business day in China."""
        return self.clock().astimezone(BUSINESS_ZONE).date()

    def basis(self, estimator: str, policy: str | None, context: Context | None = None) -> Basis:
        """This function will put together what assessments rest on."""
        return Basis(
            policy=self.policies.get(policy or self.settings.policy),
            estimator=self.estimators.get(estimator),
            effects=self.effects,
            context=context,
        )

    @property
    def artefacts(self) -> Mapping[str, str]:
        """This function will map the estimators to their artefact ids."""
        return MappingProxyType({name: e.artefact_id for name, e in self.estimators.items()})


def own_context(stored: Context | None, frames: Frames, as_of: date) -> Context | None:
    """This function will complete a stored context with the own counts of the households in `frames`."""
    if stored is None:
        return None
    own = own_counts(frames, as_of)
    return Context(townships=stored.townships, groups=stored.groups, households=own)
