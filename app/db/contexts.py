"""Cross-loan contexts: counted once for a day, a watermark and a version of the code."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl
import sqlalchemy as sa

from app import CODE_VERSION
from app.db import transfer
from app.db.tables import contexts
from app.features.context import Context


@dataclass(frozen=True, slots=True)
class SqlContexts:
    """The contexts of one transaction."""

    connection: sa.Connection

    def find(self, day: date, *, watermark: int | None) -> Context | None:
        """This function will find the context of a day and watermark; of the highest one where None."""
        query = sa.select(contexts.c.township_counts, contexts.c.group_counts).where(
            contexts.c.day == day, contexts.c.code_version == CODE_VERSION
        )
        if watermark is not None:
            query = query.where(contexts.c.watermark == watermark)
        row = self.connection.execute(query.order_by(contexts.c.watermark.desc()).limit(1)).one_or_none()
        return None if row is None else _context(day, *row)

    def append(self, day: date, *, watermark: int, context: Context) -> None:
        """This function will keep the townships' and groups' counts; what is there already stays.

        Households' own counts are not kept: each request counts its own.
        """
        row = {
            "day": day,
            "watermark": watermark,
            "code_version": CODE_VERSION,
            "content_version": context.version,
            "township_counts": context.townships.write_csv(),
            "group_counts": context.groups.write_csv(),
        }
        transfer.insert(self.connection, contexts, pl.DataFrame([row]), new_only=True)


@lru_cache(maxsize=8)  # the same text is the same context, and every request of a month asks for one
def _context(day: date, townships: str, groups: str) -> Context:
    empty = Context.empty(day)
    return Context(
        townships=pl.read_csv(townships.encode(), schema=empty.townships.schema),
        groups=pl.read_csv(groups.encode(), schema=empty.groups.schema),
        households=empty.households,
    )
