"""Whole-village granting: every household of a village or township, as JSON pages or as one file."""

import base64
import binascii
import io
import json
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.desk import AtDesk
from app.api.errors import InvalidRequestError
from app.api.exports import MEDIA, Format, format_of
from app.api.facts import Day, Pack
from app.api.grant_models import GrantPage
from app.api.lists import page_size
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.ledgerfile.writing import write_csv, write_workbook
from app.services.choosing import pack_of
from app.services.grant_rows import grant_row, grants_sheets, head
from app.services.granting import Granted, grants_of_place, page_of_grants

router = APIRouter(tags=["grants"])

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": GrantPage,
        "content": {"text/csv": {"schema": {"type": "string"}}, MEDIA["xlsx"]: _BINARY},
    }
}
Place = Annotated[
    str, Path(pattern=r"^[0-9]{9}([0-9]{3})?$", description="村编码（12 位）或乡镇编码（9 位）")
]


@router.get(
    "/villages/{place_code}/grants",
    operation_id="list_grants",
    summary="整村授信（每户等级、额度、利率与结论）",
    response_model=GrantPage,
    responses={**_FILES, **problem_docs(404, 406, 422, 503)},
)
def grants(  # noqa: PLR0913, PLR0917 - one argument a parameter, as they stand in the URL
    request: Request,
    desk: AtDesk,
    place_code: Place,
    as_of: Annotated[Day | None, Query(description="基准日; today when left out")] = None,
    policy: Annotated[Pack | None, Query(description="政策包; the deployment's own when left out")] = None,
    limit: Annotated[
        int | None, Query(ge=1, description="rows of a page, 100 unless said; files hold all")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=600, description="next_cursor of the page before")] = None,
    format_: Annotated[Format | None, Query(alias="format", description="or the header Accept")] = None,
) -> Response:
    """This function will grant to the households of a place, by household id."""
    form = format_of(request, format_)
    name = pack_of(desk, policy, place_code)
    day, after = _position(cursor, [place_code, name], as_of) if cursor else (as_of or desk.today(), None)
    if form != "json":
        return _file(grants_of_place(desk, place_code, as_of=day, policy=name), form)
    size = page_size(limit, desk.settings.max_page)
    granted, more = page_of_grants(desk, place_code, as_of=day, policy=name, after=after, limit=size)
    last = granted.rows["household_id"][-1] if more else None
    following = None if last is None else _cursor([place_code, name], day, last)
    items = [grant_row(row, granted.rules) for row in granted.rows.iter_rows(named=True)]
    return rendered({**head(granted), "items": items, "next_cursor": following})


def _file(granted: Granted, form: str) -> Response:
    target, sheets = io.BytesIO(), grants_sheets(granted)
    if form == "csv":
        write_csv(target, sheets[0])
    else:
        write_workbook(target, sheets)
    headers = {"Content-Disposition": f'attachment; filename="grants-{granted.place}.{form}"'}
    return Response(target.getvalue(), media_type=MEDIA["csv" if form == "csv" else "xlsx"], headers=headers)


def _cursor(asked: list[str], day: date, after: str) -> str:
    plain = json.dumps([*asked, day.isoformat(), after], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _position(text: str, asked: list[str], as_of: date | None) -> tuple[date, str]:
    """Read a cursor; it belongs to one place, pack and day."""
    try:
        padded = text.encode("ascii", "replace") + b"=" * (-len(text) % 4)
        *of, day, after = json.loads(base64.b64decode(padded, b"-_", validate=True))
        at = date.fromisoformat(day)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _bad(
            "游标无效；请从第一页重新开始。", "The cursor is not valid; start at the first page."
        ) from None
    if not isinstance(after, str) or not after.isprintable():
        raise _bad("游标无效；请从第一页重新开始。", "The cursor is not valid; start at the first page.")
    if of != asked or as_of not in {None, at}:
        raise _bad("游标与查询条件不一致。", "The cursor belongs to another place, day or pack.")
    return at, after


def _bad(zh: str, en: str) -> InvalidRequestError:
    return InvalidRequestError.at("?cursor", "bad_cursor", zh=zh, en=en)
