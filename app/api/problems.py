"""Problems as RFC 9457 `application/problem+json`, in Chinese and English, without any echo of input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from app.services.findings import Finding

MEDIA_TYPE: Final = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field, and where."""

    path: str = Field(description="JSON path of the field, e.g. $.household.loans[0].matures_on")
    code: str
    zh: str
    en: str


class ProblemAnswer(BaseModel):
    """An error (RFC 9457); `title` and `detail` in English, the same in Chinese beside them."""

    type: str
    title: str
    title_zh: str
    status: int
    code: str = Field(description="stable word for machines")
    detail: str
    detail_zh: str
    errors: list[FieldProblem] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: its HTTP status and its titles; `retry_after` in seconds."""

    status: int
    zh: str
    en: str
    retry_after: int | None = None


class ProblemResponse(JSONResponse):
    """An answer of the media type that RFC 9457 names."""

    media_type = MEDIA_TYPE


def problem_response(
    code: str,
    kind: Kind,
    *,
    zh: str,
    en: str,
    findings: Sequence[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """This function will make the answer that tells a problem of a kind."""
    retry = {"Retry-After": str(kind.retry_after)} if kind.retry_after is not None else {}
    body = ProblemAnswer(
        type=f"urn:xindeng:problem:{code}",
        title=kind.en,
        title_zh=kind.zh,
        status=kind.status,
        code=code,
        detail=en,
        detail_zh=zh,
        errors=[FieldProblem(path=f.path, code=f.code, zh=f.zh, en=f.en) for f in findings],
    )
    return ProblemResponse(body.model_dump(), kind.status, {**retry, **(headers or {})})


def problem_docs(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """This function will describe the problems of an operation for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}
    return {status: {"description": _DOCS[status], "content": content} for status in statuses}


_DOCS: Final[Mapping[int, str]] = {
    400: "请求无法理解 · the request cannot be understood",
    404: "没有找到 · not found",
    406: "格式不支持 · not acceptable",
    409: "与已有记录冲突 · it conflicts with what is stored",
    413: "请求体过大 · the body is too large",
    415: "内容类型不支持 · unsupported media type",
    422: "请求内容有误，逐项列出 · the request is wrong; each field is named",
    500: "系统内部错误 · internal error",
    503: "暂时无法服务，请稍后重试 · try again later",
}
