"""Which error is which HTTP status: one table, and the handlers that use it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.problems import Kind, ProblemResponse, problem_response
from app.api.sentences import findings_of
from app.domain.errors import (
    ArtefactError,
    ConflictError,
    InvalidLedgerFileError,
    InvalidValueError,
    NoRulesInForceError,
    NotFoundError,
    PolicyError,
    StoreError,
    TrainingError,
    UnknownPolicyError,
    XindengError,
)
from app.portfolio.courses import StepDoesNotFitError, UnknownCourseError
from app.portfolio.scheme import SchemeAbsentError
from app.services.assessing import NotOutstandingError, UnfitLoanError
from app.services.claims import ClaimConflictError, ClaimRefusedError
from app.services.findings import InvalidFactsError


class InvalidRequestError(InvalidFactsError):
    """A request does not have the shape that the operation asks for."""

    code = "invalid_request"


class BodyTooLargeError(XindengError):
    """A request body is larger than the deployment takes."""

    code = "body_too_large"


class UnsupportedMediaTypeError(XindengError):
    """A request body is not JSON."""

    code = "unsupported_media_type"


class NotAcceptableError(XindengError):
    """No format that the caller accepts is on offer."""

    code = "not_acceptable"


_INVALID: Final = Kind(status=422, zh="请求内容有误", en="The request is not valid")
_NO_RULES: Final = Kind(status=422, zh="政策包不适用", en="No policy applies")
_UNAVAILABLE: Final = Kind(status=503, zh="暂时无法服务", en="Temporarily unavailable", retry_after=2)
_INTERNAL: Final = Kind(status=500, zh="系统内部错误", en="Internal error")

# The nearest class in an error's line of descent decides.
KINDS: Final[Mapping[type[XindengError], Kind]] = MappingProxyType(
    {
        InvalidFactsError: _INVALID,
        InvalidValueError: _INVALID,
        InvalidLedgerFileError: _INVALID,
        UnknownPolicyError: _NO_RULES,
        NoRulesInForceError: _NO_RULES,
        SchemeAbsentError: _NO_RULES,
        UnknownCourseError: _NO_RULES,
        StepDoesNotFitError: Kind(status=409, zh="环节不符合流程", en="The step does not fit the course"),
        NotFoundError: Kind(status=404, zh="没有找到", en="Not found"),
        NotAcceptableError: Kind(status=406, zh="格式不支持", en="Not acceptable"),
        BodyTooLargeError: Kind(status=413, zh="请求体过大", en="The body is too large"),
        UnsupportedMediaTypeError: Kind(status=415, zh="内容类型不支持", en="Unsupported media type"),
        NotOutstandingError: Kind(status=422, zh="贷款不在期", en="The loan is not outstanding"),
        UnfitLoanError: Kind(status=422, zh="贷款资料有误", en="The loan's facts are unfit"),
        ClaimRefusedError: Kind(status=422, zh="补偿申请不予受理", en="The claim is refused"),
        ConflictError: Kind(status=409, zh="已另有决定", en="Decided meanwhile"),
        ClaimConflictError: Kind(status=409, zh="与已有记录冲突", en="Conflict with what is stored"),
        StoreError: _UNAVAILABLE,
        ArtefactError: _UNAVAILABLE,
        PolicyError: _INTERNAL,
        TrainingError: _INTERNAL,
        XindengError: _INTERNAL,
    }
)

# What a database refuses for these reasons is our fault, and trying again will not help.
_NOT_FOR_THE_CALLER: Final = frozenset({"refused", "failed"})

# Errors of the HTTP layer itself: code, titles, and what to do about it.
_HTTP: Final[Mapping[int, tuple[str, str, str, str, str]]] = MappingProxyType(
    {
        400: (
            "bad_request",
            "请求无法理解",
            "Bad request",
            "请求不符合 HTTP 规范。",
            "The request breaks HTTP.",
        ),
        404: (
            "no_such_path",
            "没有这个地址",
            "No such path",
            "没有这个地址；接口清单见 /docs。",
            "There is no such path; /docs lists the operations.",
        ),
        405: (
            "method_not_allowed",
            "方法不支持",
            "Method not allowed",
            "该地址不支持这种 HTTP 方法；可用方法见 Allow 头。",
            "This path does not take this HTTP method; the header Allow names those it takes.",
        ),
    }
)

_OTHER_HTTP: Final = (
    "http_error",
    "请求未被接受",
    "The request was not accepted",
    "请求未被接受。",
    "The request was not accepted.",
)


def install(app: FastAPI) -> None:
    """This function will make an application answer every error as problem+json."""
    app.add_exception_handler(XindengError, on_expected)
    app.add_exception_handler(RequestValidationError, on_invalid_parameters)
    app.add_exception_handler(HTTPException, on_http_error)


def kind_of(error: XindengError) -> Kind:
    """This function will find the kind of an error by its nearest class in the table."""
    if error.details.get("reason") in _NOT_FOR_THE_CALLER:
        return _INTERNAL
    return next(KINDS[c] for c in type(error).__mro__ if c in KINDS)


def expected_problem(error: XindengError) -> ProblemResponse:
    """This function will tell an expected error."""
    findings = error.findings if isinstance(error, InvalidFactsError) else ()
    problem, kind = error.problem, kind_of(error)
    closing = {"Connection": "close"} if kind.status == 413 else {}
    return problem_response(
        error.code, kind, zh=problem.zh, en=problem.en, findings=findings, headers=closing
    )


def unexpected_problem() -> ProblemResponse:
    """This function will tell an unexpected error without saying anything of its inside."""
    zh = "系统出现意外错误，已记录；请稍后重试或联系管理员。"
    en = "Something unexpected went wrong and was recorded; try again later or ask the administrator."
    return problem_response("internal", _INTERNAL, zh=zh, en=en)


async def on_expected(_: Request, error: Exception) -> ProblemResponse:
    """This function will answer an error of our own tree."""
    if not isinstance(error, XindengError):
        raise error
    return expected_problem(error)


async def on_invalid_parameters(_: Request, error: Exception) -> ProblemResponse:
    """This function will answer wrong query and path parameters, naming them but not their values."""
    if not isinstance(error, RequestValidationError):
        raise error
    return expected_problem(InvalidRequestError.of(findings_of(error.errors())))


async def on_http_error(_: Request, error: Exception) -> ProblemResponse:
    """This function will answer what routing refuses: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    code, title_zh, title_en, zh, en = _HTTP.get(error.status_code, _OTHER_HTTP)
    kind = Kind(status=error.status_code, zh=title_zh, en=title_en)
    return problem_response(code, kind, zh=zh, en=en, headers=error.headers)


def invalid_json(where: str) -> InvalidRequestError:
    """This function will say that a body is no JSON, and at which line and column, not what stands there."""
    place = re.search(r"line (\d+) column (\d+)", where)
    zh = f"（第 {place[1]} 行第 {place[2]} 列）" if place else ""
    en = f" (line {place[1]}, column {place[2]})" if place else ""
    return InvalidRequestError.at(
        "$", "invalid_json", zh=f"请求体不是合法的 JSON{zh}。", en=f"The body is not valid JSON{en}."
    )
