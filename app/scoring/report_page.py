"""Writes the page that shows how a training run went: ranks, reliability, causes, groups. One HTML file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.domain.money import PPM
from app.features.catalogue import BY_NAME
from app.scoring import drawing as draw
from app.scoring import terms
from app.scoring.calibration_check import range_of
from app.scoring.groups import group_notes, group_rows
from app.scoring.training_record import RECORD
from app.scoring.verdicts import figure_rows, gain_over, verdicts, where_off

_ORIGIN: Final = {
    "simulation": "由模拟县域训练，仅供演示，不得用于真实审批。"
    "Trained on simulated counties: it decides about no real person.",
    "ledger": "由本地台账训练。Trained on the ledger of this place.",
}
_OPINIONS: Final = {name: terms.both(pair) for name, pair in terms.OPINIONS.items()}
_KINDS: Final = {"boosted": "提升树 boosted trees", "scorecard": "评分卡 scorecard"}
_COUNTED: Final = ("loans", "defaults", "rows", "first_maturity", "last_maturity")
_APART: Final = 2.0  # standard errors from which a group stands out


def report_page(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the page from the manifest and the metrics only; nothing in it is loaded from elsewhere."""
    return draw.page(str(manifest["estimator"]), _parts(manifest, metrics))


def _parts(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> Iterator[str]:
    name = terms.both(terms.ESTIMATORS[manifest["estimator"]])
    data, note = manifest["record"]["data"], metrics.get("note")
    size = (
        f"{data['loans']:,} 笔贷款 loans, {data['columns']} 个特征 features, "
        f"{data['matured_from']} … {data['matured_until']}; {_KINDS[metrics['kind']]}"
    )
    yield draw.head(f"训练报告 Training report: {name}", _ORIGIN.get(manifest["trained_on"], ""), size)
    if note is not None:
        yield draw.paragraph(f"{note['zh']} {note['en']}", "note")
    yield _tiles(metrics["test"])
    yield from (
        draw.paragraph(f"{zh} {en}", "note")
        for zh, en in (*_verdicts(metrics["beside"]["opinions"]), *where_off(metrics["calibration_check"]))
    )
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


def _verdicts(opinions: Mapping[str, Any]) -> list[terms.Pair]:
    return verdicts(opinions) or [("没有可比的意见。", "There is no other opinion to compare with.")]


def _ranking(metrics: Mapping[str, Any]) -> str:
    names, rows = figure_rows(metrics)
    return draw.section(
        "排序与比较 Ranking, out of time", draw.table(names, rows), _beside(metrics["beside"])
    )


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
        (f"AUC：学习意见减{_OPINIONS[name]}", gain_over(told))
        for name, told in opinions.items()
        if name != "learned"
    ]
    aucs = "；".join(f"{_OPINIONS[name]} {range_of(told['ranks'], '.3f')}" for name, told in opinions.items())
    note = (
        f"同一批 {found['loans']:,} 笔、违约 {found['defaults']:,} 笔，每笔一次；95 % 区间（按户抽样）。"
        f"Learned minus the other on the same loans; 95 % intervals (households drawn). AUC: {aucs}."
    )
    lists = draw.table(["先走访最险的 visit the riskiest", *names], visits)
    caption = draw.paragraph("捕获的违约 share of defaults caught", "soft")
    return draw.side_by_side(lists + caption, draw.ranges(apart) + draw.paragraph(note, "soft"))


def _truth(told: Mapping[str, Any]) -> str:
    interval = told["interval"]
    rows = [
        [
            f"{b['loans']:,}",
            draw.share(b["pd"]),
            draw.share(b["rate"]),
            draw.span(b["rate_low"], b["rate_high"]),
        ]
        for b in told["deciles"]
    ]
    title = "校准图：十分位；横竖线为 90 % 区间。Reliability by deciles, 90 % intervals."
    held = (
        f"{terms.calibration(told['method'])}；90 % 区间含住本十分位实际比例的 "
        f"deciles whose interval holds their rate: {interval['deciles_held']:.0%} "
        f"({draw.span(interval['low'], interval['high'])})"
    )
    return draw.section(
        "概率是否属实 Are the probabilities true",
        draw.side_by_side(
            draw.reliability(told["deciles"], title),
            draw.table(["贷款 loans", "预测 predicted", "实际 observed", "90 %"], rows),
        ),
        draw.paragraph(held, "soft"),
    )


def _strongest(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (terms.both((BY_NAME[each["name"]].zh, BY_NAME[each["name"]].en)), each["mean"],
         f"{each['mean']:.3f} {terms.WAYS[each['way']][0][0]}")
        for each in found
    ]  # fmt: skip
    note = (
        f"{terms.every_way()} 平均 |SHAP|（对数几率）说明是什么改变了估计，不是原因。"
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
            terms.place(str(key)),
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
    names, rows = group_rows(gaps)
    note = (
        f"测试贷款；“提示”指概率不低于 {flagged_ppm / PPM:.0%}。"
        "Test loans; flagged are those whose probability is as high."
    )
    notes = [note, *(f"{zh} {en}" for zh, en in group_notes(gaps))]
    told = (draw.paragraph(each, "soft") for each in notes)
    return draw.section("群体 Groups", draw.table(names, rows), *told)


def _record(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    record = manifest["record"]
    parts = [
        [terms.both(terms.PARTS[name]), *(_cell(part[key]) for key in _COUNTED)]
        for name, part in metrics["parts"].items()
    ]
    versions = {"Python": record["environment"]["python"], **manifest["versions"]}
    told = [
        ["指纹 fingerprint", record["data"]["fingerprint"]],
        ["环境 environment", ", ".join(f"{name} {said}" for name, said in versions.items())],
        ["不得用于 not for", terms.told(record["not_for"])],
        ["操作人与时间 operator and time", terms.by_whom(RECORD).replace("`", "")],
    ]
    names = ["", "贷款 loans", "违约 defaults", "行 rows", "到期自 from", "至 until"]
    return draw.section(
        "数据与记录 Data and record", draw.table(names, parts), draw.table(["", ""], told, words=True)
    )


def _cell(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value
