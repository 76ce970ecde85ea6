"""What may never become a feature: unfair, or a proxy for what is unfair (design §5)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refused kind of information, the column names it goes by, and why it is refused."""

    name: str
    zh: str
    also: tuple[str, ...]
    why: str
    why_zh: str


REFUSED: Final = (
    Refused(name="sex", zh="性别", also=("gender", "male", "female"),
            why="unfair: not earned, not changeable",
            why_zh="不公平：既非自致，也无法改变"),
    Refused(name="ethnicity", zh="民族", also=("ethnic_group", "nation", "nationality"),
            why="unfair: not earned, not changeable",
            why_zh="不公平：既非自致，也无法改变"),
    Refused(name="disability", zh="残疾", also=("disabled", "残疾等级"),
            why="unfair: punishes those whom the loans are for",
            why_zh="不公平：惩罚了贷款本要帮扶的人"),
    Refused(name="minimum_living_allowance", zh="低保", also=("dibao", "低保户", "五保"),
            why="unfair: punishes those whom the loans are for",
            why_zh="不公平：惩罚了贷款本要帮扶的人"),
    Refused(name="marital_state", zh="婚姻状况", also=("marital_status", "married", "婚姻"),
            why="unfair: says nothing of will or means",
            why_zh="不公平：与还款意愿和能力无关"),
    Refused(name="character", zh="人品", also=("moral_character", "品行"),
            why="vague: cannot be objected to",
            why_zh="含糊：当事人无从申辩"),
    Refused(name="religion", zh="宗教信仰", also=("宗教",),
            why="unfair: not a matter of credit",
            why_zh="不公平：与信用无关"),
    Refused(name="village_code", zh="村编码", also=("village", "village_name", "所在村", "village_group"),
            why="a proxy for ethnicity",
            why_zh="民族的代理变量"),
    Refused(name="township_code", zh="乡镇编码", also=("township", "township_name", "乡镇"),
            why="a proxy for ethnicity",
            why_zh="民族的代理变量"),
    Refused(name="person_identity", zh="个人身份",
            also=("person_id", "borrower_id", "household_id", "loan_id", "full_name", "姓名", "证件号码"),
            why="identifies, and so learns a person instead of a pattern",
            why_zh="可识别个人，学到的是某个人而不是规律"),
)  # fmt: skip
_NAMES: Final = {
    spelling: refused for refused in REFUSED for spelling in (refused.name, refused.zh, *refused.also)
}


def refused_as(column: str) -> Refused | None:
    """Find why a column may not be used; None for a column that is not refused."""
    return _NAMES.get(column.strip().lower())
