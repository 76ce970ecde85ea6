"""The true probability of default, in closed form from the structural model."""

import numpy as np

from app.simulation.arrays import B, F, I, floats, normal_cdf
from app.simulation.book import Book
from app.simulation.hurdles import Hurdles
from app.simulation.world import KINDS


def default_probability(hurdles: Hurdles, book: Book, ahead: int) -> F:
    """This function will give P(not repaid in full by the month of grace) `ahead` months before maturity.

    Conditional on the latent state of that month, if nobody does anything. Luck, price and will are
    Gaussian given today's; shocks yet to come are a mixture over which kind comes in which month
    (two within half a year are weighed like one: under 1 in 200).
    """
    able = _able(hurdles, book, ahead)
    willing = normal_cdf(_will_mean(hurdles, book, ahead) / _will_sd(hurdles, ahead))
    return np.asarray(1.0 - able * willing, dtype=np.float64)


def _able(hurdles: Hurdles, book: Book, ahead: int) -> F:
    mean, sd = _capacity_mean(hurdles, book, ahead), _capacity_sd(hurdles, book, ahead)
    nothing, total, mixed = np.ones(len(book)), np.zeros(len(book)), np.zeros(len(book))
    for chance, jump in _coming_shocks(hurdles, book, ahead):
        nothing *= 1.0 - chance
        total += chance
        mixed += chance * normal_cdf((mean + jump) / sd)
    with_shock = np.divide(mixed, total, out=np.zeros(len(book)), where=total > 0)
    return floats(nothing * normal_cdf(mean / sd) + (1.0 - nothing) * with_shock)


def _capacity_mean(hurdles: Hurdles, book: Book, ahead: int) -> F:
    a, now, industry = hurdles.a, book.maturity - ahead, hurdles.homes.industry[book.home]
    own = hurdles.state.capacity[now, book.home] * a.number("capacity_state_persistence") ** ahead
    path = hurdles.world.price_path
    away = hurdles.world.price[now, industry] - path[now, industry]
    price = path[book.maturity, industry] + away * a.number("price_persistence") ** ahead
    felt = hurdles.state.shock[now, :, book.home] * _kept(hurdles) ** ahead
    weight = hurdles.weight(book, book.maturity)
    return floats(hurdles.foreseen(book, book.maturity) + own + weight * price + felt.sum(axis=1))


def _capacity_sd(hurdles: Hurdles, book: Book, ahead: int) -> F:
    a = hurdles.a
    own = a.number("capacity_state_sd") ** 2 * (1 - a.number("capacity_state_persistence") ** (2 * ahead))
    price = a.number("price_sd") ** 2 * (1 - a.number("price_persistence") ** (2 * ahead))
    weight = hurdles.weight(book, book.maturity)
    return np.sqrt(own + weight**2 * price + a.number("capacity_noise_sd") ** 2)


def _will_mean(hurdles: Hurdles, book: Book, ahead: int) -> F:
    drift = hurdles.state.will[book.maturity - ahead, book.home]
    return hurdles.settled_will(book) + drift * hurdles.a.number("willingness_state_persistence") ** ahead


def _will_sd(hurdles: Hurdles, ahead: int) -> float:
    a = hurdles.a
    drift = a.number("willingness_state_sd") ** 2
    drift *= 1 - a.number("willingness_state_persistence") ** (2 * ahead)
    return float(np.sqrt(drift + a.number("willingness_noise_sd") ** 2))


def _kept(hurdles: Hurdles) -> F:
    table = hurdles.a.table("shocks")
    return np.array([table[kind]["persistence"] for kind in KINDS])


def _coming_shocks(hurdles: Hurdles, book: Book, ahead: int) -> list[tuple[F, F]]:
    """This function will list chance and remaining fall at maturity of each shock that may still come."""
    state, kept = hurdles.state, _kept(hurdles)
    return [
        (
            _chance(state.hazard, book.maturity - age, kind, state.proneness[kind, book.home]),
            state.jump[kind, book.home] * kept[kind] ** age,
        )
        for kind in range(len(KINDS))
        for age in range(ahead)
    ]


def _chance(hazard: F, month: I, kind: int, proneness: F) -> F:
    return floats(np.minimum(hazard[month, kind] * proneness, 1.0))


def log_odds(probability: F) -> F:
    """This function will turn probabilities into log-odds, kept within 1e-6 of the ends."""
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def chosen(rng: np.random.Generator, probability: F) -> B:
    """This function will draw yes with the given probabilities."""
    return rng.random(len(probability)) < probability
