"""The list of warnings as files: CSV and XLSX, chosen by `format` or by the header Accept."""

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from fastapi import Request
from fastapi.responses import Response

from app.api.errors import NotAcceptableError
from app.ledgerfile.writing import write_csv, write_workbook
from app.services import listing
from app.services.list_rows import filters_sheet, warnings_sheet
from app.services.ports import Store, WarningFilter

Format = Literal["json", "csv", "xlsx"]

MEDIA: Final[Mapping[Format, str]] = MappingProxyType(
    {
        "json": "application/json",
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
_BY_ACCEPT: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "*/*": "json",
        "application/*": "json",
        "application/json": "json",
        "text/csv": "csv",
        "text/*": "csv",
        MEDIA["xlsx"]: "xlsx",
    }
)


def format_of(request: Request, asked: Format | None) -> Format:
    """This function will choose the format: what was asked for, else the first that Accept names."""
    if asked is not None:
        return asked
    wanted = [part.partition(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    found = next((_BY_ACCEPT[media] for media in wanted if media in _BY_ACCEPT), None)
    if found is None:
        raise NotAcceptableError(
            zh="可提供的格式：json、csv、xlsx。", en="The formats on offer: json, csv, xlsx."
        )
    return found


def export(store: Store, where: WarningFilter, form: Literal["csv", "xlsx"], *, at_once: int) -> Response:
    """This function will answer the whole list as a file; a workbook says in a second sheet what it holds."""
    rows, sweep = listing.everything(store, where, at_once=at_once)
    target = io.BytesIO()
    if form == "csv":
        write_csv(target, warnings_sheet(rows))
    else:
        write_workbook(target, [warnings_sheet(rows), filters_sheet(where, rows, sweep)])
    headers = {"Content-Disposition": f'attachment; filename="warnings.{form}"'}
    return Response(target.getvalue(), media_type=MEDIA[form], headers=headers)
