"""What was learnt from a table, served without the learning library: pd, interval and exact SHAP values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.anytable.calibration import TableCalibration
from app.scoring.anytable.columns import Cells, Column, Kind, cells
from app.scoring.anytable.ranks import ranked
from app.scoring.artifact import UNREADABLE, broken, json_bytes, verified
from app.scoring.explanation_tables import ExplanationTables

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
COLUMNS: Final = "columns.json"
CALIBRATION: Final = "calibration.json"
SEARCH: Final = "search.json"
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """One of a bag: numbers of each category's levels as it learnt them, its tables, its boosters' texts."""

    ranks: tuple[FloatVector, ...]
    tables: ExplanationTables
    texts: tuple[str, ...] = ()

    def contributions(self, part: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give SHAP values (n, F) and margins (n,) in fixed point, already divided by the bag's size."""
        return self.tables.contributions(np.hstack([part.numbers, ranked(part.codes, self.ranks)]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """Opinions on n rows: pd with its interval, and log-odds: margin = base + sum of SHAP values, exactly.

    `shap_fixed` (n, S) and `margin_fixed` (n,) count 2**-44 log-odds; `sources` names the S columns.
    """

    sources: tuple[str, ...]
    pd: FloatVector
    low: FloatVector
    high: FloatVector
    margin_fixed: NDArray[np.int64]
    shap_fixed: NDArray[np.int64]
    base_fixed: int

    @property
    def shap(self) -> FloatMatrix:
        """Give the SHAP values in log-odds: (n, S)."""
        return np.asarray(self.shap_fixed * 2.0**-44)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableModel:
    """A bag of members over the same columns, and its calibration. Numbers come before categories.

    `tried` tells each learner's out-of-fold log-loss and its weight in every member.
    """

    columns: tuple[Column, ...]
    levels: tuple[tuple[str, ...], ...]
    members: tuple[Member, ...]
    calibration: TableCalibration
    tried: tuple[Mapping[str, Any], ...] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """Name the table's columns that are learnt from, once each."""
        return tuple(dict.fromkeys(column.source for column in self.columns))

    def predict(self, frame: pl.DataFrame) -> Prediction:
        """Judge the rows of a table that has the columns learnt from; categories never seen are missing.

        Raises ArtefactError for a column that is not there.
        """
        return self.judge(cells(frame, self.columns, self.levels))

    def judge(self, rows: Cells) -> Prediction:
        """Judge rows that `cells` has read."""
        parts = [self._judged(part) for part in _chunks(rows)]
        shap, margins = (np.concatenate(found) for found in zip(*parts, strict=True))
        unit = 2.0 ** -self.members[0].tables.fraction_bits
        spread = np.std(margins * (unit * len(self.members)), axis=1)
        margin = margins.sum(axis=1)
        pd, low, high = self.calibration.apply(margin * unit, spread)
        base = sum(member.tables.base_fixed for member in self.members)
        return Prediction(
            sources=self.sources,
            pd=pd,
            low=low,
            high=high,
            margin_fixed=margin,
            shap_fixed=shap,
            base_fixed=base,
        )

    def _judged(self, part: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give SHAP values by the table's own columns (n, S), and each member's margins (n, K)."""
        sources = self.sources
        shap = np.zeros((len(part), len(sources)), np.int64)
        margins = np.zeros((len(part), len(self.members)), np.int64)
        place = [sources.index(column.source) for column in self.columns]
        for number, member in enumerate(self.members):
            found, margins[:, number] = member.contributions(part)
            for j, source in enumerate(place):
                shap[:, source] += found[:, j]
        return shap, margins

    def files(self) -> dict[str, bytes]:
        """Write everything but the manifest, by file name; the same bytes for the same model."""
        texts = {
            f"model_{k:02}_{j}.txt": text.encode()
            for k, member in enumerate(self.members)
            for j, text in enumerate(member.texts)
        }
        tables = {_tables(k): m.tables.to_bytes() for k, m in enumerate(self.members)}
        ranks = [[[_plain(v) for v in rank] for rank in member.ranks] for member in self.members]
        described = {"columns": [asdict(c) for c in self.columns], "levels": self.levels, "ranks": ranks}
        return tables | texts | {
            COLUMNS: json_bytes(described), CALIBRATION: json_bytes(self.calibration.to_dict()),
            SEARCH: json_bytes(list(self.tried)),
        }  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what was saved, after checking every hash; anything missing or altered is an ArtefactError."""
        manifest, files = verified(folder)
        try:
            return cls(**_read(files), manifest=manifest)
        except UNREADABLE as error:
            raise broken(folder.name, "内容不完整", f"it is incomplete ({type(error).__name__})") from error


def _read(files: Mapping[str, bytes]) -> dict[str, Any]:
    described = json.loads(files[COLUMNS])
    columns = tuple(Column(**{**each, "kind": Kind(each["kind"])}) for each in described["columns"])
    members = tuple(
        Member(ranks=_ranks(ranks), tables=ExplanationTables.from_bytes(files[_tables(number)]))
        for number, ranks in enumerate(described["ranks"])
    )
    return {
        "columns": columns,
        "levels": tuple(tuple(known) for known in described["levels"]),
        "members": members,
        "calibration": TableCalibration.from_dict(json.loads(files[CALIBRATION])),
        "tried": tuple(json.loads(files[SEARCH])),
    }


def _ranks(plain: list[list[float | None]]) -> tuple[FloatVector, ...]:
    return tuple(np.array([np.nan if v is None else v for v in rank], np.float64) for rank in plain)


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _tables(number: int) -> str:
    return f"tables_{number:02}.npz"


def _chunks(rows: Cells) -> Iterator[Cells]:
    for start in range(0, max(1, len(rows)), _CHUNK):
        part = slice(start, start + _CHUNK)
        yield Cells(numbers=rows.numbers[part], codes=rows.codes[part])
