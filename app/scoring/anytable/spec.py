"""What is asked of a training on any table; written into the artefact, so that it can be repeated."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from app.scoring.anytable.lines import LineRecipe
from app.scoring.anytable.stumps import CardRecipe
from app.scoring.crossfit import CrossfitRecipe
from app.scoring.spec import Kind

TREES, ADDITIVE, LINES = "trees", "additive trees", "lines"
# Small leaves, little shrunk: what this overfits, early stopping, the bag and the weights take back.
OF_TABLES: Final = CrossfitRecipe(
    learning_rate=0.06, leaf_share=0.005, leaf_rows=(5, 20), leaf_penalty=1.0, feature_share=0.7,
    huge_folds=2, huge_rounds=800,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One training: the columns' parts in it, how it is tried, from where on data are too few or too much.

    `date` is the day of knowledge of every row; `cv` None means out of time where there is a date, else five
    folds. `kind` says what shall speak; below `tree_rows` rows or `tree_class` rows of the rarer class a
    scorecard does, whatever was asked. `learners` are tried on the same folds and weighed by out-of-fold
    log-loss (see `stacking`); additive trees are those of `recipe` with one test each.
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
    tree_class: int = 15
    most_columns: int = 2_000
    beta_class: int = 1_000  # rows of the rarer class from which calibration gets a third parameter
    smoothing: float = 10.0  # rows at the overall rate that are added to every category
    least_level: int = 5  # a category with fewer rows is read as missing, as one never seen
    group_rows: int = 50  # smaller groups are not told apart
    flagged_share: float = 0.2  # of rows: the riskiest, whom a warning would hit
    sparse_rows: int = 50  # a category with fewer rows to a level is encoded by rows other than its own
    encoding_folds: int = 5
    learners: tuple[str, ...] = (TREES, ADDITIVE, LINES)
    weight_ridge: float = 5.0  # draws the learners' weights to equal ones
    recipe: CrossfitRecipe = OF_TABLES
    lines: LineRecipe = field(default_factory=LineRecipe)
    card: CardRecipe = field(default_factory=CardRecipe)

    @property
    def additive(self) -> CrossfitRecipe:
        """Give the recipe of trees of one test."""
        return replace(self.recipe, depth=1, leaves=2)

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        return asdict(self)
