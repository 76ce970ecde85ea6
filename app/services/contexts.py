"""The cross-loan context: counted over the county once a month and watermark, then used again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import polars as pl

from app.features.context import CONTEXT_TABLES, Context
from app.services.ahead import ahead
from app.services.desk import Desk
from app.services.ports import Contexts

Progress = Callable[[str, int, int], None]


def county_context(
    desk: Desk, chunks: Sequence[tuple[str, ...]], *, as_of: date, watermark: int, progress: Progress
) -> Context:
    """This function will find the context of a day and watermark, or count it chunk by chunk and store it."""
    day = as_of.replace(day=1)
    with desk.store.read() as work:
        found = work.contexts.find(day, watermark=watermark)
    if found is not None:
        return found
    count, parts = partial(_counted, desk, day, watermark), []
    for done, part in enumerate(ahead(count, chunks), start=1):
        parts.append(part)
        progress("背景 context", done, len(chunks))
    context = _summed(parts, day)
    with desk.store.write() as work:
        work.contexts.append(day, watermark=watermark, context=context)
    return context


def _counted(desk: Desk, day: date, watermark: int, households: Sequence[str]) -> Context:
    with desk.store.read() as work:
        frames = work.facts.frames(
            as_of=day, households=households, watermark=watermark, only=CONTEXT_TABLES, provenance=False
        )
    return replace(Context.of(frames, [day]), households=Context.empty().households)


def latest_context(desk: Desk, as_of: date) -> Context | None:
    """This function will find the stored context of a day with the highest watermark."""
    with desk.store.read() as work:
        return latest_of(work.contexts, as_of)


def latest_of(contexts: Contexts, as_of: date) -> Context | None:
    """This function will find what `latest_context` does, within a transaction that is open already."""
    return contexts.find(as_of.replace(day=1), watermark=None)


def _summed(parts: Sequence[Context], day: date) -> Context:
    empty = Context.empty(day)
    return Context(
        townships=_added([p.townships for p in parts] or [empty.townships]),
        groups=_added([p.groups for p in parts] or [empty.groups]),
        households=empty.households,
    )


def _added(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    keys = frames[0].columns[:2]
    return pl.concat(frames).group_by(keys).agg(pl.col("late", "active").sum()).sort(keys)
