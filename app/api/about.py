"""What the service judges with: its policy packs and its trained estimators."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.answer_models import ReferenceAnswer
from app.api.desk import AtDesk
from app.api.facts import Day
from app.api.problems import problem_docs
from app.domain.errors import NoRulesInForceError
from app.domain.words import Cause
from app.features.catalogue import BY_NAME
from app.policy.entries import Entry
from app.policy.pack import SECTIONS
from app.policy.policy import Policy
from app.scoring.pd_model import Estimator

router = APIRouter(tags=["about"])


class RegimePeriod(BaseModel):
    """The scheme's name in a period; `until` is its last day, null while it goes on."""

    code: str
    title_zh: str
    title_en: str
    since: date
    until: date | None
    reference: ReferenceAnswer


class PolicyAnswer(BaseModel):
    """政策包: what it is called, its fingerprint, and when which scheme holds."""

    name: str
    zh: str
    en: str
    extends: str | None
    county_codes: list[str]
    content_hash: str
    in_force: bool = Field(description="whether any of its rules hold on the day asked for")
    changes_on: date | None = Field(description="the next day on which its rules change")
    regimes: list[RegimePeriod]
    entries: dict[str, int] = Field(description="entries by section")
    references: dict[str, int] = Field(
        description="dated values by how sure their source is: cited, derived, design, unverified"
    )


class Policies(BaseModel):
    """All packs; requests that name none are judged by the pack `chosen` for the place, else by `default`."""

    default: str
    chosen: dict[str, str] = Field(description="packs by the beginning of division codes (XINDENG_PACKS)")
    items: list[PolicyAnswer]


@router.get(
    "/policies",
    operation_id="list_policies",
    summary="政策包",
    responses=problem_docs(422, 500),
)
def policies(
    desk: AtDesk, as_of: Annotated[Day | None, Query(description="today when left out")] = None
) -> Policies:
    """This function will list the policy packs and what is in force on a day."""
    day = as_of or desk.today()
    packs = [desk.policies.get(name) for name in desk.policies.names()]
    return Policies(
        default=desk.settings.policy,
        chosen=dict(desk.settings.packs),
        items=[_policy(pack, day) for pack in packs],
    )


class FeatureAnswer(BaseModel):
    """A feature that an estimator reads; `sign` says which way a larger value may move the estimate."""

    name: str
    zh: str
    unit: str
    cause: Cause
    sign: str


class ModelAnswer(BaseModel):
    """A trained estimator; `days_to_maturity` bounds the loans of which it speaks (null: applications)."""

    estimator: str
    artefact_id: str
    trained_on: str
    days_to_maturity: list[int] | None
    features: list[FeatureAnswer]
    manifest: dict[str, Any] = Field(description="what training wrote down: data, measures, hashes")


class EffectsAnswer(BaseModel):
    """What is known of the effects of actions, and from which loans."""

    artefact_id: str
    trained_on: str
    manifest: dict[str, Any]


class Models(BaseModel):
    """All estimators that were verified and loaded, and the effects of actions (null: the rules decide)."""

    items: list[ModelAnswer]
    effects: EffectsAnswer | None


@router.get("/models", operation_id="list_models", summary="模型", responses=problem_docs(500))
def models(desk: AtDesk) -> Models:
    """This function will list the trained estimators in service and what they were trained on."""
    return Models(
        items=[_model(name, estimator) for name, estimator in sorted(desk.estimators.items())],
        effects=_effects(desk.effects.manifest) if desk.effects.manifest else None,
    )


def _effects(manifest: Mapping[str, Any]) -> EffectsAnswer:
    return EffectsAnswer(
        artefact_id=manifest["artefact_id"], trained_on=manifest["trained_on"], manifest=dict(manifest)
    )


def _model(name: str, estimator: Estimator) -> ModelAnswer:
    features = [
        FeatureAnswer(name=f.name, zh=BY_NAME[f.name].zh, unit=f.unit, cause=f.cause, sign=f.sign)
        for f in estimator.features
    ]
    days = estimator.landmark_days
    return ModelAnswer(
        estimator=name,
        artefact_id=estimator.artefact_id,
        trained_on=estimator.trained_on,
        days_to_maturity=None if days is None else list(days),
        features=features,
        manifest=dict(estimator.manifest),
    )


def _policy(policy: Policy, day: date) -> PolicyAnswer:
    pack = policy.pack
    values = [value for entry in _entries(policy) for value in entry.in_force]
    return PolicyAnswer(
        name=pack.name,
        zh=pack.zh,
        en=pack.en,
        extends=pack.extends,
        county_codes=list(pack.county_codes),
        content_hash=policy.content_hash,
        in_force=_holds(policy, day),
        changes_on=policy.next_change_after(day),
        regimes=list(_regimes(policy)),
        entries={section: len(getattr(pack, section)) for section in SECTIONS},
        references=dict(Counter(value.reference.kind.value for value in values)),
    )


def _entries(policy: Policy) -> Iterable[Entry[Any]]:
    return (entry for section in SECTIONS for entry in getattr(policy.pack, section).values())


def _holds(policy: Policy, day: date) -> bool:
    try:
        policy.at(day)
    except NoRulesInForceError:
        return False
    return True


def _regimes(policy: Policy) -> Iterable[RegimePeriod]:
    for code, regime in policy.pack.regimes.items():
        for value in regime.in_force:
            yield RegimePeriod(
                code=code,
                title_zh=value.title_zh,
                title_en=value.title_en,
                since=value.from_,
                until=value.to,
                reference=ReferenceAnswer.model_validate(value.reference.model_dump(mode="json")),
            )
