"""Pictures for notebooks: explanation tables as shap's own object, what thresholds and policies cost."""

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.assessment import thresholds
from app.cli.advice import LABELS
from app.domain.money import PPM
from app.domain.words import Cause, Light
from app.features.catalogue import BY_NAME
from app.policy.policy import Rules
from app.scoring.pd_model import Estimator
from app.services.advising import Evaluation
from app.workbench.look import Shown, chinese_font, picture, words

if TYPE_CHECKING:  # shap loads slowly
    import shap
    from matplotlib.figure import Figure

_WAN: Final = 10_000  # 万元
_SWARM: Final = (11.0, 8.0)  # inches: two lines a feature
_PER_CENT: Final = PPM / 100
_COLOURS: Final = {Light.YELLOW: "goldenrod", Light.RED: "firebrick"}


def by_feature(estimator: Estimator, features: pl.DataFrame) -> "shap.Explanation":
    """This function will give the exact SHAP values (log-odds) of rows, a column per feature."""
    values = estimator.matrix(features)
    found, _ = estimator.tables.contributions(values)
    names = [_two_lines(BY_NAME[feature.name].zh, BY_NAME[feature.name].en) for feature in estimator.features]
    return _explanation(estimator, found, values, names)


def by_cause(estimator: Estimator, features: pl.DataFrame) -> "shap.Explanation":
    """This function will give the same values summed by cause, a column per cause."""
    told = estimator.estimate(features)
    found = told.select(f"shap_{cause.value}" for cause in Cause).to_numpy()
    names = [words(cause.zh, cause.value.replace("_", " ")) for cause in Cause]
    return _explanation(estimator, found, None, names)


def swarm(found: "shap.Explanation", *, most: int = 12) -> Shown:
    """This function will draw every row as a dot per feature, those that move the estimate most first."""
    label = words("特征值", "value")
    with warnings.catch_warnings():  # of a feature that no row knows all dots are grey
        warnings.filterwarnings("ignore", message="All-NaN slice")
        _shap().plots.beeswarm(found, max_display=most, show=False, plot_size=_SWARM, color_bar_label=label)
    return _finished(words("对估计的影响（对数几率）", "what moves the estimate, log-odds"))


def waterfall(found: "shap.Explanation", *, most: int = 10) -> Shown:
    """This function will draw how one row's estimate comes about, from the average to its margin."""
    _shap().plots.waterfall(found[0], max_display=most, show=False)
    return _finished()


def _finished(label: str = "") -> Shown:
    """Take the figure that shap drew; its waterfall says at the axis' ends what it shows."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - loads slowly

    figure = plt.gcf()
    if label:
        figure.axes[0].set_xlabel(label)
    plt.close(figure)
    return picture(figure)


def _shap() -> Any:  # noqa: ANN401 - shap has no types
    """Load shap, which misses a progress bar that nobody asks for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import shap  # noqa: PLC0415 - loads slowly
    return shap


def _two_lines(zh: str, en: str) -> str:
    return f"{zh}\n{en}" if chinese_font() else en


def _explanation(
    estimator: Estimator, fixed: NDArray[np.int64], data: NDArray[np.float64] | None, names: list[str]
) -> "shap.Explanation":
    base = float(estimator.tables.to_log_odds(np.array([estimator.tables.base_fixed]))[0])
    values = estimator.tables.to_log_odds(fixed)
    return _shap().Explanation(values, np.full(len(values), base), data=data, feature_names=names)


def thresholds_picture(table: pl.DataFrame, rules: Rules) -> Shown:
    """This function will draw what each threshold asks in visits, and what money these visits reach.

    `table` as from `threshold_table`; dashed the pack's thresholds, dotted the visits that it counts on.
    """
    chinese_font()
    figure = _figure(10, 3.8)
    left, right = figure.subplots(1, 2)
    left.plot(table["threshold"] * 100, table["flagged_share"] * 100, marker="o")
    left.axhline(rules.parameters["advice_visits_per_hundred"], color="grey", linestyle=":")
    for light, ppm in thresholds(rules).items():
        left.axvline(ppm / _PER_CENT, linestyle="--", color=_COLOURS[light])
    left.set(xlabel=words("界限", "threshold, %"), ylabel=words("每百笔走访", "visits per hundred loans"))
    money = table["visit_yuan"] / _WAN, table["reached_yuan"] / _WAN
    right.plot(*money, marker="o")
    for limit, x, y in zip(table["threshold"], *money, strict=True):
        right.annotate(f"{limit:.0%}", (x, y), textcoords="offset points", xytext=(6, -10))
    right.set(
        xlabel=words("走访成本（万元）", "visits, 10 000 yuan"),
        ylabel=words("走访所及预期损失（万元）", "loss reached, 10 000 yuan"),
    )
    return picture(figure)


def advice_picture(found: Evaluation) -> Shown:
    """This function will draw how much more than ours each policy loses, with its 95 % interval."""
    chinese_font()
    figure = _figure(8, 3.8)
    axes = figure.subplots()
    names = [words(*LABELS[each.policy].split(" ", 1)) for each in found.outcomes]
    point, low, high = zip(*(each.more for each in found.outcomes), strict=True)
    axes.hlines(names, low, high)
    axes.plot(point, names, "o")
    axes.axvline(0, color="grey")
    axes.set_xlabel(words("比本系统多损失（元/笔）", "loss beyond ours, yuan a loan"))
    return picture(figure)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415 - loads slowly

    return Figure(figsize=(width, height), layout="constrained")
