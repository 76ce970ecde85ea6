"""What the county's store knows beside a household that comes in a request: prices, firms, places."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.services.ports import Store

COUNTY_FACTS: Final = ("prices", "firms", "places")


def beside_county(store: Store, sent: Frames, *, as_of: date) -> Frames:
    """This function will put the stored facts of the county beside facts that were sent.

    A loan sent whole is then judged by the same prices as a stored one. The watermark of the answer
    says which imports were seen. Facts are append-only, so that a day and a watermark are read once.
    """
    with store.read() as work:
        watermark = work.facts.watermark()
    county = _county(store, as_of, watermark)  # type: ignore[arg-type]  # a protocol says nothing of hashes
    return Frames(MappingProxyType({**sent.tables, **county}), watermark)


@lru_cache(maxsize=32)
def _county(store: Store, as_of: date, watermark: int) -> Mapping[str, pl.DataFrame]:
    with store.read() as work:
        found = work.facts.frames(as_of=as_of, households=(), watermark=watermark)
    return MappingProxyType({name: found[name] for name in COUNTY_FACTS})
