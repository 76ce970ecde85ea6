"""Writes the page that shows how a training run went: ranks, reliability, causes, groups. One HTML file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.domain.money import PPM
from app.features.catalogue import BY_NAME
from app.scoring import drawing as draw
from app.scoring.groups import group_rows

_NAMES: Final = {"maturity": "到期违约概率 at maturity", "application": "申请时违约概率 at application"}
_ORIGIN: Final = {
    "simulation": "由模拟县域训练，仅供演示，不得用于真实审批。"
    "Trained on simulated counties: it decides about no real person.",
    "ledger": "由本地台账训练。Trained on the ledger of this place.",
}
_OPINIONS: Final = {
    "learned": "学习意见 learned", "scorecard": "评分卡 scorecard", "trees": "提升树 trees",
    "rating": "631 评级 rating",
}  # fmt: skip
_KINDS: Final = {"boosted": "提升树 boosted trees", "scorecard": "评分卡 scorecard"}
_MEASURED: Final = {
    "auc": "AUC", "ks": "KS", "brier": "Brier", "logloss": "对数损失 Log-loss", "ece": "ECE",
    "calibration_slope": "校准斜率 slope", "calibration_intercept": "校准截距 intercept",
}  # fmt: skip
_PARTS: Final = ("loans", "defaults", "rows", "first_maturity", "last_maturity")
_WAYS: Final = {1: "▲ 越大越险 more is riskier", -1: "▼ 越大越稳 more is safer", 0: "◆ 视情形 depends"}
_APART: Final = 2.0  # standard errors from which a group stands out


def report_page(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the page from the manifest and the metrics only; nothing in it is loaded from elsewhere."""
    return draw.page(str(manifest["estimator"]), _parts(manifest, metrics))


def _parts(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> Iterator[str]:
    name = _NAMES.get(manifest["estimator"], str(manifest["estimator"]))
    data, note = manifest["record"]["data"], metrics.get("note")
    size = (
        f"{data['loans']:,} 笔贷款 loans, {data['columns']} 个特征 features, "
        f"{data['matured_from']} … {data['matured_until']}; {_KINDS[metrics['kind']]}"
    )
    yield draw.head(f"训练报告 Training report: {name}", _ORIGIN.get(manifest["trained_on"], ""), size)
    if note is not None:
        yield draw.paragraph(f"{note['zh']} {note['en']}", "note")
    yield _tiles(metrics["test"])
    yield draw.paragraph(_verdict(metrics["beside"]["opinions"]), "note")
    yield _ranking(metrics)
    yield _truth(metrics["reliability"])
    yield _strongest(metrics["beside"]["strongest"])
    yield _in_the_large(metrics["reliability"])
    yield _groups(metrics["groups"], manifest["spec"]["flagged_ppm"])
    yield _record(manifest, metrics)


def _tiles(test: Mapping[str, Any]) -> str:
    learned = test["learned"]
    told = {"排序 AUC": draw.number(learned["auc"]), "KS": draw.number(learned["ks"])}
    told["校准斜率 slope"] = draw.number(learned["calibration_slope"], 2)
    told["校准误差 ECE"] = draw.share(learned["ece"])
    told["预测违约率 expected"] = draw.share(learned["mean_pd"])
    return draw.tiles(told | {"实际违约率 observed": draw.share(learned["default_rate"])})


def _verdict(opinions: Mapping[str, Any]) -> str:
    """Say in words which opinion ranks better, where the intervals tell."""
    told = [_against(name, found["minus_learned"]) for name, found in opinions.items() if name != "learned"]
    return " ".join(told) or "没有可比的意见。There is no other opinion to compare with."


def _against(name: str, apart: Mapping[str, float]) -> str:
    zh, en = _OPINIONS[name].rsplit(" ", 1)
    if apart["high"] < 0:
        return f"学习意见排序优于{zh}。It ranks better than the {en}."
    if apart["low"] > 0:
        return f"{zh}排序优于学习意见。The {en} ranks better."
    return f"与{zh}难分高下。No clear difference from the {en}."


def _ranking(metrics: Mapping[str, Any]) -> str:
    parts = [name for name in metrics if name.startswith("test")]
    told = [
        (f"{_part(part)} · {_OPINIONS[who]}", metrics[part][who])
        for part in parts
        for who in _OPINIONS
        if who in metrics[part]
    ]
    rows = [[name, *(draw.number(found.get(key)) for key in _MEASURED)] for name, found in told]
    return draw.section(
        "排序与比较 Ranking, out of time",
        draw.table(["", *_MEASURED.values()], rows),
        _beside(metrics["beside"]),
    )


def _part(name: str) -> str:
    """Name the rows that were judged: every landmark, or one."""
    days = name.removeprefix("test_at_").removesuffix("_days")
    return "全部时点 every landmark" if name == "test" else f"到期前 {days} 天 {days} days before"


def _beside(found: Mapping[str, Any]) -> str:
    opinions = found["opinions"]
    if not opinions:
        return ""
    names = [_OPINIONS[name] for name in opinions]
    visits = [
        [f"{part:.0%}", *(draw.share(told["caught"][k]) for told in opinions.values())]
        for k, part in enumerate(found["visited"])
    ]
    apart = [
        (f"AUC: {_OPINIONS[name]}", told["minus_learned"])
        for name, told in opinions.items()
        if name != "learned"
    ]
    note = (
        f"{found['loans']:,} 笔、违约 {found['defaults']:,} 笔，每笔一次；"
        "减去学习意见，95 % 区间（按户抽样）。"
        "Each loan once; minus the learned opinion, 95 % intervals (households drawn)."
    )
    lists = draw.table(["先走访最险的 visit the riskiest", *names], visits)
    caption = draw.paragraph("捕获的违约 share of defaults caught", "soft")
    return draw.side_by_side(lists + caption, draw.ranges(apart) + draw.paragraph(note, "soft"))


def _truth(told: Mapping[str, Any]) -> str:
    interval = told["interval"]
    rows = [
        [f"{b['loans']:,}", draw.share(b["pd"]), draw.share(b["rate"]), _span(b["rate_low"], b["rate_high"])]
        for b in told["deciles"]
    ]
    title = "校准图：十分位；横竖线为 90 % 区间。Reliability by deciles, 90 % intervals."
    held = (
        f"{told['method']}；区间覆盖 deciles whose interval holds their rate: {interval['deciles_held']:.0%} "
        f"({interval['low']:.0%} – {interval['high']:.0%})"
    )
    return draw.section(
        "概率是否属实 Are the probabilities true",
        draw.side_by_side(
            draw.reliability(told["deciles"], title),
            draw.table(["贷款 loans", "预测 predicted", "实际 observed", "90 %"], rows),
        ),
        draw.paragraph(held, "soft"),
    )


def _span(low: float, high: float) -> str:
    return f"{low:.1%} – {high:.1%}"


def _strongest(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (f"{BY_NAME[each['name']].zh} {BY_NAME[each['name']].en}", each["mean"],
         f"{each['mean']:.3f}  {_WAYS[each['way']]}")
        for each in found
    ]  # fmt: skip
    note = (
        "平均 |SHAP|（对数几率）说明是什么改变了估计，不是原因。"
        "Mean |SHAP| (log-odds) says what moved the estimate, never what caused the trouble."
    )
    return draw.section(
        "什么改变了估计 What moves the estimate", draw.bars(rows), draw.paragraph(note, "soft")
    )


def _in_the_large(told: Mapping[str, Any]) -> str:
    return draw.section(
        "总体校准 Calibration in the large",
        draw.side_by_side(
            _table_of("年份 year", told["by_year"]), _table_of("乡镇 township", told["by_township"])
        ),
    )


def _table_of(name: str, groups: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [
            str(key),
            f"{g['loans']:,}",
            f"{g['observed']:.1f}",
            f"{g['expected']:.1f}",
            _apart(g["errors_apart"]),
        ]
        for key, g in groups.items()
    ]
    return draw.table([name, "贷款 loans", "实际 observed", "预期 expected", "标准误 errors apart"], rows)


def _apart(errors: float) -> str:
    return f"{errors:+.1f}{' ⚠' if abs(errors) > _APART else ''}"


def _groups(gaps: Sequence[Mapping[str, Any]], flagged_ppm: int) -> str:
    if not gaps:
        return draw.section(
            "群体 Groups", draw.paragraph("没有够大的群体。No group is large enough.", "soft")
        )
    names, rows = group_rows([dict(gap) for gap in gaps])
    note = (
        f"测试贷款；“提示”指概率不低于 {flagged_ppm / PPM:.0%}。"
        "Test loans; flagged are those whose probability is as high."
    )
    return draw.section("群体 Groups", draw.table(names, rows), draw.paragraph(note, "soft"))


def _record(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    record = manifest["record"]
    parts = [[name, *(_cell(part[key]) for key in _PARTS)] for name, part in metrics["parts"].items()]
    versions = {"Python": record["environment"]["python"], **manifest["versions"]}
    told = [
        ["指纹 fingerprint", record["data"]["fingerprint"]],
        ["环境 environment", ", ".join(f"{name} {said}" for name, said in versions.items())],
        ["不得用于 not for", "；".join(f"{each['zh']} {each['en']}" for each in record["not_for"])],
        ["操作人 operator", "training_record.json"],
    ]
    names = ["", "贷款 loans", "违约 defaults", "行 rows", "到期自 from", "至 until"]
    return draw.section(
        "数据与记录 Data and record", draw.table(names, parts), draw.table(["", ""], told, words=True)
    )


def _cell(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value
