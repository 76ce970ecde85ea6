"""What is asked of a training on any table; written into the artefact, so that it can be repeated."""

from dataclasses import asdict, dataclass, field
from typing import Any

from app.scoring.anytable.stumps import CardRecipe
from app.scoring.crossfit import CrossfitRecipe
from app.scoring.spec import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One training: the columns' parts in it, how it is tried, from where on data are too few or too much.

    `date` is the day of knowledge of every row; `cv` None means out of time where there is a date, else five
    folds. `kind` says what shall speak; below `tree_rows` rows or `tree_class` rows of the rarer class a
    scorecard does, whatever was asked.
    """

    target: str
    date: str | None = None
    id: str | None = None
    kind: Kind = Kind.BOOSTED
    refuse: tuple[str, ...] = ()
    monotone: tuple[tuple[str, int], ...] = ()
    keep_refused: bool = False
    allow_leaks: bool = False
    cv: int | None = None
    repeats: int = 1
    seed: int = 0
    test_share: float = 0.2
    least_rows: int = 50
    least_class: int = 4
    tree_rows: int = 200
    tree_class: int = 50
    most_columns: int = 2_000
    beta_class: int = 1_000  # rows of the rarer class from which calibration gets a third parameter
    smoothing: float = 10.0  # rows at the overall rate that are added to every category
    least_level: int = 5  # a category with fewer rows is read as missing, as one never seen
    group_rows: int = 50  # smaller groups are not told apart
    flagged_share: float = 0.2  # of rows: the riskiest, whom a warning would hit
    recipe: CrossfitRecipe = field(default_factory=CrossfitRecipe)
    card: CardRecipe = field(default_factory=CardRecipe)

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        return asdict(self)
