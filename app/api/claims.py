"""`/claims`: file a claim on a fund, and list claims with what the rules say of them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.answer_models import Clause
from app.api.body import RawBody, parse
from app.api.desk import AtDesk
from app.api.facts import Code, Day, Fen, Pack, Strict, Text
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.domain.scheme_words import ClaimDecision, ClaimGround
from app.domain.words import Eligibility
from app.services import claims as service

router = APIRouter(tags=["claims"])


class ClaimRequest(Strict):
    """补偿申请: a loss that a fund is asked to share; money in fen."""

    claim_id: Code = Field(description="补偿申请编号")
    loan_id: Code = Field(description="贷款编号")
    fund_id: Code = Field(description="基金编号")
    ground: ClaimGround = Field(description="补偿事由")
    principal: Fen = Field(description="损失本金; fen")
    interest: Fen = Field(description="损失利息; fen")
    recourse_on: Day | None = Field(default=None, description="追偿开始日期")
    evidence: Text | None = Field(default=None, description="证明材料; what there is, no names")
    as_of: Day | None = Field(default=None, description="申请日期; today in China when left out")
    policy: Pack | None = Field(default=None, description="政策包; the deployment's own when left out")


class BearerAnswer(BaseModel):
    """Who bears what of a loss; fen."""

    bearer: str
    amount: int


class ClaimAnswer(BaseModel):
    """A claim and what the rules say of it; money in fen.

    `shared` is divided by the fund's shares, `beyond` stays with the bank; `parts` is null where the pack
    does not know the fund's shares.
    """

    claim_id: str
    loan_id: str
    fund_id: str
    ground: ClaimGround
    claimed_on: date
    decision: ClaimDecision | None
    days_overdue: int
    principal: int
    interest: int
    balance: int
    compensated_principal: int
    shared: int
    beyond: int
    as_of: date
    policy: str
    policy_hash: str
    result: Eligibility
    rules: list[Clause] = Field(description="the rules that say the result")
    unclear: list[Clause] = Field(description="the rules that lack a fact")
    parts: list[BearerAnswer] | None
    fund_left: int | None = Field(description="after this claim and the unpaid ones before it")
    fund_suffices: bool | None


class ClaimList(BaseModel):
    """Claims in order of filing."""

    items: list[ClaimAnswer]


@router.post(
    "/claims", operation_id="file_claim", summary="申请风险补偿", response_model=ClaimAnswer,
    responses=problem_docs(404, 409, 413, 415, 422, 500, 503),
)  # fmt: skip
def file_claim(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge a claim and keep it, unless a clause refuses it (422 with the clause)."""
    body = parse(ClaimRequest, raw)
    filing = service.Filing(**body.model_dump(exclude={"as_of", "policy"}))
    told, _ = service.file_claim(desk, filing, as_of=body.as_of or desk.today(), policy=body.policy)
    return rendered(told)


@router.get(
    "/claims", operation_id="list_claims", summary="补偿申请清单", response_model=ClaimList,
    responses=problem_docs(422, 503),
)  # fmt: skip
def list_claims(
    desk: AtDesk,
    as_of: Annotated[Day | None, Query(description="基准日; today when left out")] = None,
    policy: Annotated[Pack | None, Query(description="政策包")] = None,
) -> Response:
    """This function will list the claims known on a day, judged by the rules of that day."""
    return rendered({"items": service.list_claims(desk, as_of=as_of or desk.today(), policy=policy)})
