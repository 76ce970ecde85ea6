"""What a database says when it fails, as a StoreError without values: those may be personal."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.domain.errors import StoreError

_SENTENCES: Final = {
    "busy": ("数据库正忙，请稍后重试。", "The database is busy; please try again."),
    "unreachable": ("无法连接数据库。", "The database cannot be reached."),
    "refused": (
        "数据与库中已有内容或约束不符。",
        "The data contradict what is or may be stored.",
    ),
    "failed": ("数据库操作失败。", "The database could not do it."),
}
# lock not available, serialization failure, deadlock, statement timeout
_BUSY_STATES: Final = {"55P03", "40001", "40P01", "57014"}
_BUSY_CODES: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNREACHABLE_CODES: Final = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}
_UNREACHABLE_CLASSES: Final = {"08", "28", "3D", "57"}  # connection, sign-in, no such database, shutdown
_QUOTING: Final = (psycopg.IntegrityError, psycopg.DataError, sqlite3.IntegrityError, sqlite3.DataError)


@contextmanager
def as_store_errors() -> Iterator[None]:
    """This function will turn driver errors into StoreErrors.

    Their details: `reason` (busy, unreachable, refused, failed), the database's `state`, a `constraint`.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg.Error, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        # What a database says of data quotes them; what it says of everything else helps.
        raise _store_error(cause) from None if isinstance(cause, _QUOTING) else error


def _store_error(cause: BaseException) -> StoreError:
    reason = _reason(cause)
    zh, en = _SENTENCES[reason]
    return StoreError(zh=zh, en=en, reason=reason, state=_state(cause), constraint=_constraint(cause))


def _reason(error: BaseException) -> str:
    if isinstance(error, sqlite3.IntegrityError | psycopg.IntegrityError):
        return "refused"
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return "busy" if code in _BUSY_CODES else "unreachable" if code in _UNREACHABLE_CODES else "failed"
    if isinstance(error, psycopg.Error):
        return _postgresql_reason(error)
    return "failed"


def _postgresql_reason(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if state in _BUSY_STATES:
        return "busy"
    lost = not state or state[:2] in _UNREACHABLE_CLASSES
    return "unreachable" if lost and isinstance(error, psycopg.OperationalError) else "failed"


def _state(error: BaseException) -> str:
    if isinstance(error, psycopg.Error):
        return error.sqlstate or type(error).__name__
    return getattr(error, "sqlite_errorname", type(error).__name__)


def _constraint(error: BaseException) -> str | None:
    return error.diag.constraint_name if isinstance(error, psycopg.Error) else None
