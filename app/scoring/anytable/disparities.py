"""What a model learnt from a table expects of groups of people and what came, though it learns of none."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from app.domain.money import PPM
from app.features.catalogue.refused import refused_as
from app.scoring.anytable.columns import numbers, texts
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec
from app.scoring.comparison import Figures, group_gaps

_IDENTITY: Final = "person_identity"
_AGES: Final = ("age", "borrower_age", "年龄")
_AGE_BOUNDS: Final = (35, 45, 60)
_FEW: Final = 20  # different words that are groups as they stand


def group_figures(table: Table, judged: pl.DataFrame, spec: TableSpec) -> dict[str, Any]:
    """Measure held-out predictions (row, fold, y, pd) by group; `flagged` are the riskiest `flagged_share`.

    Groups are the refused columns, those left out by `--refuse` and the age, where the table has them;
    identities and groups of fewer than `group_rows` rows are not told.
    """
    once = judged.unique("row", keep="first", maintain_order=True).sort("row")
    pd_ppm = (once["pd"] * PPM).round().cast(pl.Int64)
    least = int(np.quantile(pd_ppm, 1 - spec.flagged_share))
    told = pl.DataFrame({"bad": once["y"].cast(pl.Float64), "pd_ppm": pd_ppm})
    found: list[Figures] = []
    for name in _asked(table.frame.columns, spec):
        groups = _groups(name, table.frame[name].gather(once["row"]))
        if groups is not None:
            named = told.with_columns(groups.alias(name))
            found += group_gaps(named, name, least=spec.group_rows, flagged_ppm=least)
    return {"flagged_share": spec.flagged_share, "least_rows": spec.group_rows, "found": found}


def _asked(names: list[str], spec: TableSpec) -> Iterator[str]:
    for name in names:
        refused = refused_as(name)
        person = refused is not None and refused.name == _IDENTITY
        kept = {spec.target, spec.date, spec.id, "bad", "pd_ppm"}
        if not person and name not in kept and (refused or name in spec.refuse or _is_age(name)):
            yield name


def _is_age(name: str) -> bool:
    return name.strip().lower() in _AGES


def _groups(name: str, column: pl.Series) -> pl.Series | None:
    """Give each row its group: a word as it stands, an age or a number by its band; None for names."""
    words = texts(column)
    if words.n_unique() <= _FEW and not _is_age(name):
        return words
    values = numbers(column)
    if values.null_count() > words.null_count():
        return None
    cuts = [*_AGE_BOUNDS] if _is_age(name) else _quartiles(values)
    ends = [f"{cut:g}" for cut in cuts]
    inner = [f"[{a}, {b})" for a, b in pairwise(ends)]
    labels = [f"(…, {ends[0]})", *inner, f"[{ends[-1]}, …)"]
    places = np.searchsorted(cuts, values.fill_null(0).to_numpy(), side="right")
    named = pl.Series([labels[place] for place in places.tolist()], dtype=pl.String)
    return named.set(values.is_null(), None)


def _quartiles(values: pl.Series) -> list[float]:
    cuts = np.quantile(values.drop_nulls().to_numpy(), (0.25, 0.5, 0.75))
    return [float(cut) for cut in np.unique(cuts)]
