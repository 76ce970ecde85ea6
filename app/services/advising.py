"""Whether advice pays: policies over a county whose outcomes under every action are known."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.assessment import Basis
from app.domain.errors import InvalidValueError
from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN, PPM
from app.domain.words import Action, Eligibility
from app.policy.policy import Rules
from app.services.formal import formally_assessed
from app.services.recorded import Check, check_recorded
from app.services.visiting import Capacity, Wish, choose
from app.warning.recommendation import situation_places
from app.warning.savings import Weights, expected_savings

OURS: Final = "ours"
ORACLE: Final = "oracle"
TRIAGE: Final = "triage"
_ACTIONS: Final = tuple(action.value for action in Action)
_COLLECT: Final = _ACTIONS.index(Action.COLLECT)
_LAST: Final = len(_ACTIONS)  # the place of an action that a policy never takes
_TRIES: Final = 400
_SHARES: Final = (0.025, 0.975)
Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = dict[Action, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedCounty:
    """A simulated county, and its truth: `expected` and `outcomes` as the simulator gives them.

    `origin` says in plain values what county it is. At most `loans` maturing loans are looked at.
    """

    frames: Frames
    expected: pl.DataFrame
    outcomes: pl.DataFrame
    origin: Mapping[str, Any]
    loans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a policy comes to: yuan a loan, failed loans expected, visits made and those that advice used.

    `more` is its loss a loan beyond that of ours, `way` how far it goes from the triage to the oracle; both
    with 95 per cent intervals over loans (paired bootstrap).
    """

    policy: str
    loss: float
    failed: float
    visits: int
    used: int
    more: tuple[float, float, float]
    way: tuple[float, float, float]
    actions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All policies on one county, and how recorded dispositions agree with the truth."""

    loans: int
    outcomes: tuple[Outcome, ...]
    recorded: tuple[Check, ...]
    origin: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """This function will write the evaluation as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What is at stake: (loans, actions) each; `loss` in yuan without visits, `failed` a chance.

    `eligible` marks the actions that the pack allows without asking a person.
    """

    judged: pl.DataFrame
    rules: Rules
    basis: Basis
    eligible: NDArray[np.bool_]
    loss: Matrix
    failed: Matrix
    capacity: Capacity


def evaluate_advice(county: AdvisedCounty, basis: Basis, until: date) -> Evaluation:
    """This function will try all policies on the loans of a county that matured by a day.

    Every loan is judged on the day of its formal assessment; every policy takes allowed actions only and pays
    for the same visits: those of each township's quarter. Raises InvalidValueError where the effects in use
    were estimated from this very county, or the pack does not weigh advice.
    """
    _refuse_own(county, basis)
    judged = formally_assessed(county.frames, basis, until).sort("loan_id").head(county.loans)
    stakes = put_at_stake(judged, county.expected, basis.policy.at(until), basis)
    chosen = {name: choose(wish(stakes), stakes.eligible, stakes.capacity) for name, wish in POLICIES.items()}
    return Evaluation(
        loans=judged.height,
        outcomes=tuple(_outcomes(stakes, chosen)),
        recorded=tuple(check_recorded(judged, county.frames, county.outcomes, until)),
        origin=county.origin,
    )


def _refuse_own(county: AdvisedCounty, basis: Basis) -> None:
    known = [(each["seed"], each["regime"]) for each in basis.effects.manifest.get("counties", ())]
    if (county.origin.get("seed"), county.origin.get("regime")) in known:
        raise InvalidValueError(
            zh="效果数据正是由这个模拟县估计的，请换一个随机种子。",
            en="The effects in use were estimated from this very county; choose another seed.",
        )


def put_at_stake(judged: pl.DataFrame, expected: pl.DataFrame, rules: Rules, basis: Basis) -> Stakes:
    """This function will set beside judged loans what every action would cost, and what may be done."""
    weights = Weights.of(rules)
    if weights is None:
        raise InvalidValueError(
            zh="政策包没有规定衡量建议的权重（advice_…）。", en="The pack does not weigh advice (advice_…)."
        )
    lost, bad_record, failed = (_grid(judged, expected, name) for name in ("lost", "bad_record", "failed"))
    return Stakes(
        judged=judged,
        rules=rules,
        basis=basis,
        eligible=_eligible(judged),
        loss=weights.loss(lost, bad_record, failed) / FEN_PER_YUAN,
        failed=failed,
        capacity=Capacity.of(
            judged,
            weights.visits,
            rules.parameters["advice_visits_per_hundred"],
            weights.visit / FEN_PER_YUAN,
        ),
    )


def _grid(judged: pl.DataFrame, expected: pl.DataFrame, name: str) -> Matrix:
    wide = expected.pivot("action", index="loan_id", values=name)
    both = judged.select("loan_id").join(wide, on="loan_id", how="left", maintain_order="left")
    return both.select(_ACTIONS).cast(pl.Float64).to_numpy()


def _eligible(judged: pl.DataFrame) -> NDArray[np.bool_]:
    said = judged.select("row", "actions").explode("actions").unnest("actions")
    allowed = said.with_columns(pl.col("eligibility") == Eligibility.ALLOWED.value)
    wide = allowed.pivot("action", index="row", values="eligibility")
    both = judged.select("row").join(wide, on="row", how="left", maintain_order="left")
    return both.select(_ACTIONS).to_numpy().astype(np.bool_)


def _always(*actions: Action) -> Callable[[Stakes], Wish]:
    def wish(stakes: Stakes) -> Wish:
        count = stakes.judged.height
        return Wish(places=np.tile(_places(actions), (count, 1)), first=np.zeros(count))

    return wish


def _places(actions: tuple[Action, ...]) -> Ints:
    return np.array([actions.index(a) if a in actions else _LAST for a in Action], dtype=np.int64)


def _triage(stakes: Stakes) -> Wish:
    """The pack's table of situations alone; who matures first is visited first."""
    due = stakes.judged["matures_on"].cast(pl.Int64).to_numpy()
    return Wish(places=situation_places(stakes.judged, stakes.rules), first=-due.astype(np.float64))


_RISKY: Final = (Action.CREDIT_EDUCATION, Action.RESCHEDULE, Action.EXTENSION, Action.COLLECT)


def _pd_alone(stakes: Stakes) -> Wish:
    """A fixed order of actions above the yellow threshold; the riskiest are visited first."""
    pd = stakes.judged["pd_ppm"].fill_null(0).to_numpy() / PPM
    risky = (pd >= stakes.rules.parameters["pd_yellow"])[:, None]
    return Wish(places=np.where(risky, _places(_RISKY), _places((Action.COLLECT,))), first=pd)


def _ours(stakes: Stakes) -> Wish:
    """The recommendation as the product gives it; visits go where they save most."""
    said = stakes.judged.select("row", "actions").explode("actions").unnest("actions")
    wide = said.pivot("action", index="row", values="rank")
    ranks = stakes.judged.select("row").join(wide, on="row", how="left", maintain_order="left")
    savings = expected_savings(stakes.judged, stakes.basis.effects.groups, stakes.rules)[0]
    return Wish(places=ranks.select(_ACTIONS).to_numpy().astype(np.int64), savings=np.nan_to_num(savings))


def _oracle(stakes: Stakes) -> Wish:
    """The best eligible action, by the true expected outcomes."""
    places = np.argsort(np.argsort(stakes.loss, axis=1, kind="stable"), axis=1, kind="stable")
    return Wish(places=places, savings=stakes.loss[:, [_COLLECT]] - stakes.loss)


POLICIES: Final[Mapping[str, Callable[[Stakes], Wish]]] = {
    "never_restructure": _always(Action.COLLECT),
    "always_extend": _always(Action.EXTENSION, Action.COLLECT),
    "always_renew": _always(Action.RENEWAL, Action.COLLECT),
    TRIAGE: _triage,
    "pd_alone": _pd_alone,
    OURS: _ours,
    ORACLE: _oracle,
}


def _outcomes(stakes: Stakes, chosen: Mapping[str, Ints]) -> Iterator[Outcome]:
    rows = np.arange(stakes.judged.height)
    names = tuple(chosen)
    losses = np.stack([stakes.loss[rows, action] for action in chosen.values()])
    means = np.hstack([losses.mean(axis=1)[:, None], _resampled(losses)])  # the first column is the point
    more = means - means[names.index(OURS)]
    triage, oracle = means[names.index(TRIAGE)], means[names.index(ORACLE)]
    gap = triage - oracle
    way = np.divide(triage - means, gap, out=np.full_like(means, np.nan), where=gap != 0)
    capacity = stakes.capacity
    for i, (name, action) in enumerate(chosen.items()):
        yield Outcome(
            policy=name,
            loss=float(means[i, 0]) + capacity.price * capacity.total / max(len(rows), 1),
            failed=float(stakes.failed[rows, action].sum()),
            visits=capacity.total,
            used=int(capacity.visits[action].sum()),
            more=_interval(more[i]),
            way=_interval(way[i]),
            actions={a: int(n) for a, n in zip(_ACTIONS, np.bincount(action, minlength=_LAST), strict=True)},
        )


def _resampled(losses: Matrix) -> Matrix:
    """The mean losses of policies in samples of the loans drawn with replacement: (policies, samples)."""
    rng, count = np.random.default_rng(0), losses.shape[1]
    draws = (np.bincount(rng.integers(0, count, count), minlength=count) / count for _ in range(_TRIES))
    return np.stack([losses @ draw for draw in draws], axis=1)


def _interval(values: Matrix) -> tuple[float, float, float]:
    low, high = np.quantile(values[1:], _SHARES)
    return float(values[0]), float(low), float(high)
