"""Outcomes to expect under every action: the months after the formal assessment, played many times."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl

from app.simulation.actions import Plan, plan
from app.simulation.arrays import F, I, floats
from app.simulation.block import Block
from app.simulation.book import ACTIONS, Book
from app.simulation.county import blocks
from app.simulation.following import Path, follow
from app.simulation.homes import Homes
from app.simulation.hurdles import Hurdles
from app.simulation.spec import CountySpec
from app.simulation.world import KINDS

_MEANS: Final = ("defaulted", "failed", "bad_record", "lost")
_PATHS: Final = ("capacity", "will", "capacity_noise", "will_noise", "shock_sum")  # (month, household)
_SHOCK: Final = ("jump", "proneness")  # (kind, household)


def expected_outcomes(spec: CountySpec, *, times: int) -> pl.DataFrame:
    """This function will give what to expect of every loan under every action, a month before it matures.

    Given the latent state of that month and the fates of firms, the months that follow are drawn `times`
    times, and every action plays the same draws. Gives loan_id, action and means: `defaulted`, `failed`
    (defaulted or not repaid 24 months after the original maturity), `bad_record`, `lost` (fen, principal not
    repaid by then) and `cost` (fen, of the action). The county is that of `simulate(spec)`; same spec and
    times, same bytes.
    """
    return pl.concat([_expected(block, times) for block in blocks(spec)])


def _expected(block: Block, times: int) -> pl.DataFrame:
    played = [_Played.of(block, future) for future in _futures(block, times)]
    means = {name: np.mean([getattr(p, name) for p in played], axis=0).ravel() for name in _MEANS}
    costs = np.array([block.a.table("action_costs")[action.value] * 100 for action in ACTIONS])
    count = len(block.book)
    ids = pl.concat([block.loan_id] * len(ACTIONS))
    actions = pl.Series([action.value for action in ACTIONS]).gather(
        np.repeat(np.arange(len(ACTIONS)), count)
    )
    return pl.DataFrame({"loan_id": ids, "action": actions} | means | {"cost": np.repeat(costs, count)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """One future under every action: (actions, loans) each."""

    defaulted: F
    failed: F
    bad_record: F
    lost: F

    @classmethod
    def of(cls, block: Block, future: Hurdles) -> "_Played":
        """This function will play one future."""
        book = _own_book(block)
        plans = [plan(future, book, action) for action in ACTIONS]
        paths = [(chosen, follow(future, book, chosen)) for chosen in plans]
        return cls(
            defaulted=np.stack([path.defaulted >= 0 for _, path in paths]).astype(np.float64),
            failed=np.stack([(path.defaulted >= 0) | (path.repaid < 0) for _, path in paths]).astype(float),
            bad_record=np.stack([path.bad_record for _, path in paths]).astype(np.float64),
            lost=np.stack([_lost(block, chosen, path) for chosen, path in paths]),
        )


def _own_book(block: Block) -> Book:
    """This function will give the loans, each of a household of its own."""
    return replace(block.book, home=np.arange(len(block.book)))


def _lost(block: Block, chosen: Plan, path: Path) -> F:
    return np.asarray(block.book.due * chosen.factor * path.unpaid * 100.0, dtype=np.float64)


def _futures(block: Block, times: int) -> Iterator[Hurdles]:
    """This function will draw futures of a block in which every loan has a household of its own."""
    own = _each_its_own(block)
    months = block.book.maturity - 1 + np.arange(block.a.whole("follow_months") + 2)[:, None]
    book = _own_book(block)
    for number in range(times):
        yield _future(own, book, months, block.streams(f"future {number}"))


def _each_its_own(block: Block) -> Hurdles:
    whole, home = block.hurdles, block.book.home
    state = whole.state
    columns = {f.name: getattr(whole.homes, f.name)[..., home] for f in fields(Homes)}
    mine: dict[str, Any] = {name: getattr(state, name)[:, home] for name in (*_PATHS, *_SHOCK)}
    felt = state.shock[:, :, home]
    return replace(whole, homes=Homes(**columns), state=replace(state, **mine, shock=felt))


def _future(own: Hurdles, book: Book, months: I, rng: np.random.Generator) -> Hurdles:
    """This function will replace the state after the first of `months` (month, loan) by new draws."""
    a, shape = own.a, months.shape
    luck = _drift(own, "capacity", "capacity_state", months, rng) + _price(own, book, months, rng)
    drawn = {
        "capacity": luck,
        "will": _drift(own, "will", "willingness_state", months, rng),
        "capacity_noise": rng.standard_normal(shape) * a.number("capacity_noise_sd"),
        "will_noise": rng.standard_normal(shape) * a.number("willingness_noise_sd"),
        "shock_sum": _shocks(own, months, rng),
    }
    paths: dict[str, Any] = {
        name: _after(getattr(own.state, name), months, path) for name, path in drawn.items()
    }
    return replace(own, state=replace(own.state, **paths))


def _after(known: F, months: I, drawn: F) -> F:
    """This function will keep what is known up to the first month, and put what was drawn behind it."""
    path = known.copy()
    path[months[1:], np.arange(months.shape[1])] = drawn[1:]
    return path


def _drift(own: Hurdles, path: str, name: str, months: I, rng: np.random.Generator) -> F:
    now = getattr(own.state, path)[months[0], np.arange(months.shape[1])]
    return _walk(now, months.shape, own.a.number(f"{name}_persistence"), own.a.number(f"{name}_sd"), rng)


def _walk(now: F, shape: tuple[int, ...], kept: float, sd: float, rng: np.random.Generator) -> F:
    path = rng.standard_normal(shape) * sd * np.sqrt(1.0 - kept**2)
    path[0] = now
    for step in range(1, len(path)):
        path[step] += kept * path[step - 1]
    return floats(path)


def _price(own: Hurdles, book: Book, months: I, rng: np.random.Generator) -> F:
    """This function will say what other prices would add to capacity: every loan draws its own."""
    industry, world = own.homes.industry[book.home], own.world
    fixed, price = world.price_path[months, industry], world.price[months, industry]
    kept, sd = own.a.number("price_persistence"), own.a.number("price_sd")
    other = fixed + _walk((price - fixed)[0], months.shape, kept, sd, rng)
    weight = np.stack([own.weight(book, month) for month in months])
    return floats(weight * (other - price))


def _shocks(own: Hurdles, months: I, rng: np.random.Generator) -> F:
    state, loan = own.state, np.arange(months.shape[1])
    kept = np.array([own.a.table("shocks")[kind]["persistence"] for kind in KINDS])[:, None]
    felt = [state.shock[months[0], :, loan].T]
    for month in months[1:]:
        chance = state.hazard[month].T * state.proneness
        felt.append(kept * felt[-1] + (rng.random(chance.shape) < chance) * state.jump)
    return floats([kinds.sum(axis=0) for kinds in felt])
