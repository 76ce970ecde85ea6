"""Households: what they are, and the latent state that moves them month by month."""

from dataclasses import dataclass

import numpy as np

from app.simulation.arrays import B, F, I, Streams, Timeline, autoregression, pick, wholes
from app.simulation.assumptions import Assumptions
from app.simulation.world import DISASTER, DISEASE, KINDS, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """What a household is; arrays by household."""

    village: I
    group: I  # number of its guarantee group in the village, -1 for none
    size: I
    labourers: I
    head_born: I  # year in which the head was born
    industry: I
    industry_share: F  # of income
    income: F  # yuan a year at the first month, as it would be without any luck
    land: F  # mu
    assets: F  # yuan
    insured: B  # (kind, household)
    willingness: F  # level of the latent will
    marked: B  # an old bad record
    debt: F  # (year, household) outside debt against a year's income

    def __len__(self) -> int:
        """This function will count the households."""
        return len(self.village)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The latent state; months first, households last."""

    capacity: F  # own luck of income, log
    will: F  # drift of the will
    capacity_noise: F
    will_noise: F
    hits: B  # (month, kind, household) a shock falls in that month
    shock: F  # (month, kind, household) what past shocks take off, log
    shock_sum: F  # (month, household) of all kinds
    jump: F  # (kind, household) what a shock takes off at once, log
    hazard: F  # (month, kind) the county's part of the hazard
    proneness: F  # (kind, household) the household's part of it


def draw_homes(a: Assumptions, world: World, time: Timeline, streams: Streams, count: int) -> Homes:
    """This function will draw `count` households in all townships."""
    rng = streams("homes")
    village = _villages(world, streams, count)
    town = world.places.township[village]
    size = 1 + pick(rng, a.table("household_size_shares"), count)
    labourers = np.minimum(size, 1 + rng.binomial(3, a.number("labourer_chance"), count))
    skill, stance = rng.standard_normal(count), rng.standard_normal(count)
    industry = pick(rng, dict(enumerate(world.trades.shares)), count)
    low, high = a.table("industry_income_share")
    log_income = (
        a.number("income_per_labourer") * (labourers - 2)
        + a.number("income_skill_sd") * skill
        + world.places.township_capacity[town]
    )
    group = _groups(a, streams, village)
    marked = rng.random(count) < a.number("old_mark_share")
    lean = a.number("income_skill_willingness")
    return Homes(
        village=village,
        group=group,
        size=size,
        labourers=labourers,
        head_born=_born(a, time, rng, count),
        industry=industry,
        industry_share=low + (high - low) * rng.beta(2.0, 2.0, count),
        income=a.number("income_mean") * np.exp(log_income - log_income.mean()),
        land=np.round(rng.gamma(3.0, a.number("land_mean") / 3.0, count), 1),
        assets=_assets(a, rng, skill),
        insured=rng.random((len(KINDS), count)) < np.array(list(a.table("insured_shares").values()))[:, None],
        willingness=a.number("willingness_mean")
        + a.number("willingness_sd") * (lean * skill + np.sqrt(1 - lean**2) * stance)
        + world.places.township_willingness[town]
        + world.places.village_willingness[village]
        + _group_will(a, streams, village, group)
        + marked * a.number("old_mark_willingness"),
        marked=marked,
        debt=_debt(a, time, streams, count),
    )


def _villages(world: World, streams: Streams, count: int) -> I:
    rng, places = streams("villages"), world.places
    town = pick(rng, dict(enumerate(places.township_weight)), count)
    per = len(places.township) // len(places.township_weight)
    return town * per + rng.integers(0, per, count)


def _groups(a: Assumptions, streams: Streams, village: I) -> I:
    """This function will put some households of a village into groups of a few."""
    rng = streams("groups")
    joined = rng.random(len(village)) < a.number("grouped_share")
    group = np.full(len(village), -1)
    order = np.flatnonzero(joined)
    order = order[np.argsort(village[order], kind="stable")]
    first = np.searchsorted(village[order], village[order])
    group[order] = (np.arange(len(order)) - first) // a.whole("group_size")
    return group


def _group_will(a: Assumptions, streams: Streams, village: I, group: I) -> F:
    key = village * (group.max() + 2) + group + 1
    names, position = np.unique(key, return_inverse=True)
    shared = streams("group will").standard_normal(len(names))[position]
    return np.where(group >= 0, shared * a.number("group_willingness_sd"), 0.0)


def _born(a: Assumptions, time: Timeline, rng: np.random.Generator, count: int) -> I:
    age = np.clip(
        rng.normal(a.number("head_age_mean"), a.number("head_age_sd"), count), *a.table("head_age_bounds")
    )
    year = int(time.origin.astype("datetime64[Y]").astype(int)) + 1970
    return wholes((year - age).astype(np.int64))


def _assets(a: Assumptions, rng: np.random.Generator, skill: F) -> F:
    spread = a.number("assets_sd") * (0.4 * skill + 0.9 * rng.standard_normal(len(skill)))
    return np.round(a.number("assets_mean") * np.exp(spread), -2)


def _debt(a: Assumptions, time: Timeline, streams: Streams, count: int) -> F:
    rng, years = streams("debts"), time.months // 12 + 2
    owes = rng.random(count) >= a.number("debt_free_share")
    level = np.log(a.number("debt_ratio_mean")) + a.number("debt_ratio_sd") * rng.standard_normal(count)
    steps = rng.standard_normal((years, count)) * a.number("debt_yearly_sd")
    path = level + np.cumsum(steps, axis=0) - steps[: years // 2].sum(axis=0)
    return np.where(owes, np.minimum(np.exp(path), a.number("debt_ratio_most")), 0.0)


def draw_state(a: Assumptions, world: World, time: Timeline, streams: Streams, homes: Homes) -> State:
    """This function will draw every household's latent path over all months."""
    shape = (time.months, len(homes))
    jump, proneness = _jumps(a, homes), _proneness(a, world, time, homes)
    hazard = _hazards(a, world, time)
    hits = _hits(world, streams, hazard, proneness)
    shock = _shock_paths(a, hits, jump)
    return State(
        capacity=autoregression(
            streams("capacity"), shape, a.number("capacity_state_persistence"), a.number("capacity_state_sd")
        ),
        will=autoregression(
            streams("will"),
            shape,
            a.number("willingness_state_persistence"),
            a.number("willingness_state_sd"),
        ),
        capacity_noise=streams("capacity noise").standard_normal(shape) * a.number("capacity_noise_sd"),
        will_noise=streams("will noise").standard_normal(shape) * a.number("willingness_noise_sd"),
        hits=hits,
        shock=shock,
        shock_sum=shock.sum(axis=1),
        jump=jump,
        hazard=hazard,
        proneness=proneness,
    )


def _jumps(a: Assumptions, homes: Homes) -> F:
    """This function will say how hard each kind of shock hits: less if insured, well off or diversified."""
    table = a.table("shocks")
    base = np.array([table[kind]["jump"] for kind in KINDS])[:, None]
    cover = np.array([table[kind]["cover"] for kind in KINDS])[:, None] * homes.insured
    wealth = homes.assets / (homes.assets + 2 * a.number("assets_mean"))
    exposure = np.ones((len(KINDS), len(homes)))
    exposure[[DISASTER, DISEASE]] = homes.industry_share / np.mean(a.table("industry_income_share"))
    few_hands = 1.0 + a.number("few_hands") * (homes.labourers <= 1)
    return base * (1.0 - cover) * (1.0 - a.number("assets_buffer") * wealth) * exposure * few_hands


def _proneness(a: Assumptions, world: World, time: Timeline, homes: Homes) -> F:
    trades, prone = world.trades, np.ones((len(KINDS), len(homes)))
    year = int(time.origin.astype("datetime64[Y]").astype(int)) + 1970
    prone[0] = np.exp(a.number("illness_age_slope") * (year - homes.head_born - a.number("head_age_mean")))
    grows = trades.of_source("crops")[homes.industry]
    keeps = trades.of_source("livestock")[homes.industry]
    prone[DISASTER] = np.where(grows, 1.0, np.where(keeps, a.number("drought_livestock"), 0.0))
    prone[DISEASE] = keeps * world.places.township_disease[world.places.township[homes.village]]
    return prone


def _hazards(a: Assumptions, world: World, time: Timeline) -> F:
    table = a.table("shocks")
    hazard = np.tile([table[kind]["hazard"] for kind in KINDS], (time.months, 1))
    hazard[:, DISASTER] = world.drought_hazard * world.drought_hit
    hazard[:, DISEASE] *= world.disease_factor
    return hazard


def _hits(world: World, streams: Streams, hazard: F, proneness: F) -> B:
    rng = streams("shocks")
    hits = np.empty((len(hazard), *proneness.shape), dtype=bool)
    for month, rate in enumerate(hazard):
        chance = rate[:, None] * proneness
        # A drought is one event for the county: given it, growers are hit independently.
        chance[DISASTER] = world.drought[month] * world.drought_hit[month] * proneness[DISASTER]
        hits[month] = rng.random(proneness.shape) < chance
    return hits


def _shock_paths(a: Assumptions, hits: B, jump: F) -> F:
    keep = np.array([a.table("shocks")[kind]["persistence"] for kind in KINDS])[:, None]
    path = np.zeros(hits.shape)
    for month in range(len(hits)):
        path[month] = hits[month] * jump + (keep * path[month - 1] if month else 0.0)
    return path
