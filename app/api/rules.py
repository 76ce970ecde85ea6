"""`/policies/{pack}`: the rules of a pack in force on a day, in plain words, with their citations."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.api.answer_models import ReferenceAnswer
from app.api.desk import AtDesk
from app.api.errors import InvalidRequestError
from app.api.facts import Day, Pack
from app.api.problems import problem_docs
from app.domain.errors import NotFoundError
from app.policy.figures import IdentityValue, identity_findings
from app.policy.pack import SECTIONS
from app.policy.policy import Policy
from app.policy.presentation import SECTION_NAMES, RuleRow, rule_rows
from app.services.desk import Desk
from app.services.labels import LABELS

router = APIRouter(tags=["about"])


class RuleInForceAnswer(BaseModel):
    """One entry in force; `until` is its last day, null while it goes on."""

    section: str
    section_zh: str
    section_en: str
    code: str
    zh: str
    en: str
    says_zh: str = Field(description="what it says, in plain words")
    says_en: str
    since: date
    until: date | None
    mark_zh: str = Field(description="引用、推算、设计、未核实")
    reference: ReferenceAnswer
    inherited_from: str | None = Field(description="the pack extended; null where the place says it itself")


class FigureFinding(BaseModel):
    """Printed figures that do not add up: what they give and what the document prints, in `unit`."""

    code: str
    zh: str
    en: str
    computed: float
    printed: float
    unit: str
    reference: ReferenceAnswer


class RulesAnswer(BaseModel):
    """The rules of a pack in force on a day; they stay the same until `changes_on`."""

    name: str
    zh: str
    en: str
    extends: str | None
    content_hash: str
    on: date
    changes_on: date | None
    rules: list[RuleInForceAnswer]
    findings: list[FigureFinding]


@router.get(
    "/policies/{pack}",
    operation_id="show_policy",
    summary="政策包中某日有效的规则",
    responses=problem_docs(404, 422, 500),
)
def show(
    desk: AtDesk,
    pack: Annotated[Pack, Path(description="政策包")],
    on: Annotated[Day | None, Query(description="today when left out")] = None,
    section: Annotated[
        str | None,
        Query(max_length=40, description="one section only", json_schema_extra={"enum": [*SECTIONS]}),
    ] = None,
) -> RulesAnswer:
    """This function will tell every rule in force on a day: what it says, since when, on what ground."""
    policy, day = _known(desk, pack), on or desk.today()
    if section is not None and section not in SECTIONS:
        zh, en = "没有这个部分。", "There is no such section."
        raise InvalidRequestError.at("?section", "no_such_section", zh=zh, en=en)
    rows = rule_rows(policy, day, LABELS, section=section)
    rules = policy.at(day)
    return RulesAnswer(
        name=policy.name,
        zh=policy.pack.zh,
        en=policy.pack.en,
        extends=policy.pack.extends,
        content_hash=policy.content_hash,
        on=day,
        changes_on=rules.until,
        rules=[_rule(row) for row in rows],
        findings=list(_findings(identity_findings(rules) if section in {None, "identities"} else ())),
    )


def _known(desk: Desk, pack: str) -> Policy:
    if pack not in desk.policies.names():
        names = desk.policies.names()
        raise NotFoundError(
            zh=f"没有这个政策包；现有：{'、'.join(names)}。",
            en=f"There is no such policy pack; there are: {', '.join(names)}.",
        )
    return desk.policies.get(pack)


def _rule(row: RuleRow) -> RuleInForceAnswer:
    name = SECTION_NAMES[row.section]
    reference = {"kind": row.kind.value, "document": row.document, "clause": row.clause, "note": row.note}
    return RuleInForceAnswer(
        section=row.section,
        section_zh=name.zh,
        section_en=name.en,
        code=row.code,
        zh=row.zh,
        en=row.en,
        says_zh=row.says.zh,
        says_en=row.says.en,
        since=row.since,
        until=row.until,
        mark_zh=row.mark.zh,
        reference=ReferenceAnswer.model_validate(reference),
        inherited_from=row.inherited_from,
    )


def _findings(found: Iterable[IdentityValue]) -> Iterable[FigureFinding]:
    for value in found:
        yield FigureFinding(
            code=value.code,
            zh=value.zh,
            en=value.en,
            computed=float(value.computed),
            printed=float(value.printed),
            unit=value.unit,
            reference=ReferenceAnswer.model_validate(value.reference.model_dump(mode="json")),
        )
