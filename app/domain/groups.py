"""Groups of loans that a small tree of visible facts tells apart; kept as plain numbers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

UNKNOWN = -1.0  # where a fact is not known; learnt like any other value
LEAF = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A binary tree over `names`: node i asks whether fact `feature[i]` is at most `threshold[i]`.

    Facts are columns of judged loans, each times its scale. `feature` is -1 in a leaf; the number of a leaf
    is the number of its group. The first node is the root, and children come after their parents.
    """

    names: tuple[str, ...]
    scales: tuple[float, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def leaves(self) -> tuple[int, ...]:
        """This function will list the groups."""
        return tuple(node for node, feature in enumerate(self.feature) if feature == LEAF)

    @property
    def paths(self) -> dict[int, str]:
        """This function will say of every node which loans come to it."""
        said = {0: ""}
        for node, feature in enumerate(self.feature):
            if feature != LEAF:
                for child, sign in ((self.left[node], "≤"), (self.right[node], ">")):
                    test = f"{self.names[feature]} {sign} {self.threshold[node]:g}"
                    said[child] = f"{said[node]}, {test}" if said[node] else test
        return said

    def facts(self, judged: pl.DataFrame) -> NDArray[np.float64]:
        """This function will give the facts asked for, (n, names); -1 where one is not known."""
        columns = [pl.col(n).cast(pl.Float64) * s for n, s in zip(self.names, self.scales, strict=True)]
        return judged.select(columns).fill_null(UNKNOWN).fill_nan(UNKNOWN).to_numpy()

    def of(self, facts: NDArray[np.float64]) -> NDArray[np.int64]:
        """This function will tell each loan's group: (n, names) to (n,)."""
        feature, threshold = np.array(self.feature), np.array(self.threshold)
        left, right = np.array(self.left), np.array(self.right)
        node, rows = np.zeros(len(facts), dtype=np.int64), np.arange(len(facts))
        while (feature[node] != LEAF).any():
            low = facts[rows, feature[node]] <= threshold[node]
            node = np.where(feature[node] == LEAF, node, np.where(low, left[node], right[node]))
        return node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupEffects:
    """Groups of loans and what actions change in them: rows of GROUP_SCHEMA, all actions of every group."""

    groups: Groups
    rows: pl.DataFrame
