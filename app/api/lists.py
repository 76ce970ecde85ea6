"""Warnings as lists: by urgency with filters, counted, and as a loan's history."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from app.api.answer_models import WarningHistory
from app.api.cursor import Cursor
from app.api.desk import AtDesk
from app.api.errors import InvalidRequestError
from app.api.exports import MEDIA, Format, export, format_of
from app.api.facts import Code, Day
from app.api.list_models import WarningPage, WarningSummary
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.domain.words import Action, Cause, Industry, Light
from app.services import listing
from app.services.list_rows import list_row
from app.services.ports import WarningFilter

router = APIRouter(tags=["warnings"])

Group = Literal["township", "village", "bank", "industry", "cause", "action"]
_USUAL_PAGE: Final = 100
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": WarningPage,
        "content": {"text/csv": {"schema": {"type": "string"}}, MEDIA["xlsx"]: _BINARY},
    }
}


def asked(  # noqa: PLR0913, PLR0917 - one argument a filter, as they stand in the URL
    as_of: Annotated[Day | None, Query(description="基准日; that of the last sweep when left out")] = None,
    township: Annotated[str | None, Query(pattern=r"^[0-9]{9}$", description="乡镇编码（9 位）")] = None,
    village: Annotated[str | None, Query(pattern=r"^[0-9]{12}$", description="村编码（12 位）")] = None,
    bank: Annotated[Code | None, Query(description="贷款机构")] = None,
    industry: Annotated[Industry | None, Query(description="用途")] = None,
    light: Annotated[Light | None, Query(description="灯")] = None,
    cause: Annotated[Cause | None, Query(description="首要成因")] = None,
    action: Annotated[Action | None, Query(description="首选处置建议")] = None,
    due_within: Annotated[
        int | None, Query(ge=0, le=36_500, description="多少天内到期; days from as_of to maturity")
    ] = None,
) -> WarningFilter:
    """This function will read the filters of a list."""
    return WarningFilter(
        as_of=as_of,
        township=township,
        village=village,
        bank=bank,
        industry=industry and industry.value,
        light=light and light.value,
        cause=cause and cause.value,
        action=action and action.value,
        due_within_days=due_within,
    )


Asked = Annotated[WarningFilter, Depends(asked)]


@router.get(
    "/warnings",
    operation_id="list_warnings",
    summary="预警清单（按紧急程度）",
    response_model=WarningPage,
    responses={**_FILES, **problem_docs(406, 422, 503)},
)
def warnings(
    request: Request,
    desk: AtDesk,
    where: Asked,
    limit: Annotated[
        int | None, Query(ge=1, description="rows of a page, 100 unless said; files hold all")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=600, description="next_cursor of the page before")] = None,
    format_: Annotated[Format | None, Query(alias="format", description="or the header Accept")] = None,
) -> Response:
    """This function will list current assessments, the most urgent first, as JSON pages or as one file."""
    form = format_of(request, format_)
    if form != "json":
        return export(desk.store, where, form, at_once=desk.settings.max_page)
    size = page_size(limit, desk.settings.max_page)
    place = None if cursor is None else Cursor.read(cursor, where)
    where, after = (where, None) if place is None else (replace(where, as_of=place.as_of), place.after)
    rows, more = listing.page(desk.store, where, after=after, limit=size)
    following = Cursor.behind(rows[-1], where).text() if more else None
    return rendered({"items": [list_row(row) for row in rows], "next_cursor": following})


@router.get(
    "/warnings/summary",
    operation_id="summarize_warnings",
    summary="预警汇总（按灯与所选维度）",
    response_model=WarningSummary,
    responses=problem_docs(422, 503),
)
def summary(
    desk: AtDesk,
    where: Asked,
    by: Annotated[list[Group] | None, Query(max_length=6, description="may be given several times")] = None,
) -> Response:
    """This function will count current assessments by light and the groups asked for, with their sums."""
    groups = listing.summary(desk.store, where, by=by or ())
    totals = {name: sum(group[name] for group in groups) for name in ("loans", "amount", "balance")}
    return rendered({"by": ["light", *(by or ())], "groups": groups, **totals})


@router.get(
    "/loans/{loan_id}/warnings",
    operation_id="list_loan_warnings",
    summary="单笔贷款的研判历史",
    response_model=WarningHistory,
    responses=problem_docs(404, 422, 503),
)
def history(desk: AtDesk, loan_id: Annotated[Code, Path(description="贷款编号")]) -> Response:
    """This function will tell all assessments of a loan with their reasons, the latest first."""
    return rendered({"items": listing.history(desk, loan_id)})


def page_size(limit: int | None, most: int) -> int:
    """This function will give the rows of a page: what was asked for, or the usual; InvalidRequestError."""
    if limit is not None and limit > most:
        zh, en = f"每页最多 {most} 条。", f"A page has at most {most} rows."
        raise InvalidRequestError.at("?limit", "too_large", zh=zh, en=en)
    return limit or min(_USUAL_PAGE, most)
