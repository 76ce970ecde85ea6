"""What all households of the county share: places, prices, weather, disease and firms."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.domain.words import Industry, ShockKind
from app.simulation.arrays import B, F, I, Streams, Timeline, autoregression, between, floats
from app.simulation.assumptions import Assumptions
from app.simulation.spec import CountySpec

KINDS: Final = (
    ShockKind.ILLNESS,
    ShockKind.DEATH,
    ShockKind.DISASTER,
    ShockKind.ANIMAL_DISEASE,
    ShockKind.ACCIDENT,
)
DISASTER: Final = KINDS.index(ShockKind.DISASTER)
DISEASE: Final = KINDS.index(ShockKind.ANIMAL_DISEASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trades:
    """The industries: codes, sources of income, and by month of the year what is sold and in hand."""

    codes: tuple[str, ...]
    sources: tuple[str, ...]
    shares: F  # (industry,) of households
    sales: F  # (industry, 12) share of the year's sales
    in_hand: F  # (industry, 12) money from sales still in hand against its yearly mean
    prices: F  # (industry,) yuan

    @classmethod
    def of(cls, a: Assumptions) -> "Trades":
        """This function will read the industries from the assumptions."""
        table = a.table("industries")
        sales = np.array([[row["sales"].get(m, 0.0) for m in range(1, 13)] for row in table.values()])
        return cls(
            codes=tuple(Industry[code.upper()].value for code in table),
            sources=tuple(row["source"] for row in table.values()),
            shares=np.array([row["share"] for row in table.values()]),
            sales=sales,
            in_hand=_in_hand(sales, a.number("cash_decay")),
            prices=np.array([row["price"] for row in table.values()]),
        )

    def of_source(self, *sources: str) -> B:
        """This function will mark the industries that live from one of the sources."""
        return np.isin(np.array(self.sources), sources)


def _in_hand(sales: F, decay: float) -> F:
    stock = sum(np.roll(sales, age, axis=1) * decay**age for age in range(12))
    in_hand = np.asarray(stock, dtype=np.float64)
    # The month of grace after maturity counts, so the better of this and the next month is reached.
    best = np.maximum(in_hand, np.roll(in_hand, -1, axis=1))
    return np.asarray(best / best.mean(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Townships and villages with their latent effects; arrays by village."""

    township: I  # (village,) number of its township from 0
    township_weight: F  # (township,) share of households
    township_willingness: F
    township_capacity: F
    township_disease: F  # factor on the hazard of animal disease
    village_willingness: F  # (village,)


def draw_places(a: Assumptions, spec: CountySpec, streams: Streams) -> Places:
    """This function will draw townships of unequal size and their latent effects."""
    rng, towns, per = streams("places"), spec.townships, a.whole("villages_per_township")
    weight = rng.dirichlet(np.full(towns, a.number("township_evenness")))
    return Places(
        township=np.repeat(np.arange(towns), per),
        township_weight=weight,
        township_willingness=_centred(rng, towns, weight) * a.number("township_willingness_sd"),
        township_capacity=_centred(rng, towns, weight) * a.number("township_capacity_sd"),
        township_disease=np.exp(rng.standard_normal(towns) * a.number("disease_township_sd")),
        village_willingness=rng.standard_normal(towns * per) * a.number("village_willingness_sd"),
    )


def _centred(rng: np.random.Generator, size: int, weight: F) -> F:
    draws = rng.standard_normal(size)
    return np.asarray(draws - draws @ weight, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What happens to the county month by month; arrays with months first."""

    trades: Trades
    places: Places
    price: F  # (month, industry) log price against its base
    price_path: F  # (month, industry) what of it the regime fixes
    drought: B  # (month,) whether a drought hits
    drought_hazard: F  # (month,) its probability before it is known
    drought_hit: F  # (month,) share of growers it hits
    disease_factor: F  # (month,) factor on the hazard of animal disease
    firm_troubled: I  # (firm,) month from which it is in trouble
    firm_closed: I  # (firm,) month from which it is closed


def draw_world(a: Assumptions, spec: CountySpec, time: Timeline, streams: Streams) -> World:
    """This function will draw what the county shares, with the regime laid over it."""
    trades = Trades.of(a)
    path = _price_path(a, spec, time, trades)
    free = autoregression(streams("prices"), path.shape, a.number("price_persistence"), a.number("price_sd"))
    hazard, hit = _drought(a, spec, time)
    troubled, closed = _firms(a, spec, time, streams)
    return World(
        trades=trades,
        places=draw_places(a, spec, streams),
        price=free + path,
        price_path=path,
        drought=streams("drought").random(time.months) < hazard,
        drought_hazard=hazard,
        drought_hit=hit,
        disease_factor=_disease(a, spec, time),
        firm_troubled=troubled,
        firm_closed=closed,
    )


def _price_path(a: Assumptions, spec: CountySpec, time: Timeline, trades: Trades) -> F:
    path = np.zeros((time.months, len(trades.codes)))
    if spec.regime == "price_collapse":
        since = np.arange(time.months) - (time.last - a.whole("collapse_start"))
        fall = np.clip(since / a.whole("collapse_months"), 0.0, 1.0) * a.number("collapse_depth")
        path += fall[:, None] * np.isin(trades.codes, a.table("collapse_industries"))
    return path


def _drought(a: Assumptions, spec: CountySpec, time: Timeline) -> tuple[F, F]:
    month = np.arange(time.months)
    summer = np.isin(month % 12 + 1, a.table("drought_months"))
    hazard = summer * a.number("drought_hazard")
    hit = np.full(time.months, a.number("drought_hit"))
    if spec.regime == "drought":
        forced = summer & (month <= time.last) & (month > time.last - 12)
        hazard = np.where(forced, 1.0, hazard)
        hit = np.where(forced, a.number("drought_regime_hit"), hit)
    return floats(hazard), floats(hit)


def _disease(a: Assumptions, spec: CountySpec, time: Timeline) -> F:
    month = np.arange(time.months)
    raging = (spec.regime == "disease") & (month <= time.last) & (month > time.last - 12)
    return np.where(raging, a.number("disease_regime_factor"), 1.0)


def _firms(a: Assumptions, spec: CountySpec, time: Timeline, streams: Streams) -> tuple[I, I]:
    rng, firms = streams("firms"), 3 + spec.loans // 2000
    fails = rng.random(firms) < a.number("firm_trouble")
    troubled = np.where(
        fails, time.first + between(rng, a.table("firm_trouble_months"), firms), time.months + 60
    )
    return troubled, troubled + between(rng, a.table("firm_closure_months"), firms)
