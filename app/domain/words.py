"""The words of the trade, each once, with its Chinese beside it (design §3, §4)."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A fixed choice; `zh` is its label in ledgers and answers, `also` other spellings."""

    zh: str
    also: tuple[str, ...]

    def __new__(cls, value: str, zh: str, *also: str) -> Self:
        """This function will make a member from its code and its Chinese labels."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.also = also
        return member

    @classmethod
    def spellings(cls) -> dict[str, str]:
        """This function will map every accepted spelling to the code."""
        return {s: m.value for m in cls for s in (m.value, m.zh, *m.also)}


class Light(Word):
    """灯. Declared from best to worst; `rank` orders them."""

    GREEN = "green", "绿灯", "绿"
    YELLOW = "yellow", "黄灯", "黄"
    RED = "red", "红灯", "红"

    @property
    def rank(self) -> int:
        """This function will give 0 for green, 1 for yellow, 2 for red."""
        return tuple(Light).index(self)

    @staticmethod
    def worst(*lights: "Light") -> "Light":
        """This function will give the worst of the lights; green when there is none.

        >>> Light.worst(Light.GREEN, Light.RED, Light.YELLOW).value
        'red'
        """
        return max(lights, key=lambda light: light.rank, default=Light.GREEN)


class Action(Word):
    """处置建议: what can be done about a loan."""

    COLLECT = "collect", "到期收回"
    RESCHEDULE = "reschedule", "调整还款计划"
    EXTENSION = "extension", "展期"
    RENEWAL = "renewal", "无还本续贷", "续贷"
    TOP_UP = "top_up", "追加贷款"
    EXTRA_HELP = "extra_help", "加大帮扶"
    CREDIT_EDUCATION = "credit_education", "诚信教育"
    COMPENSATION = "compensation", "风险补偿"
    RECOVERY = "recovery", "依法追偿"


class Cause(Word):
    """成因: why a loan is at risk."""

    WILLINGNESS = "willingness", "还款意愿"
    INCOME = "income", "收入能力"
    TIMING = "timing", "资金周期错配"
    SHOCK = "shock", "重大变故"
    MARKET = "market", "市场价格"
    USE_OF_FUNDS = "use_of_funds", "资金用途"
    INDEBTEDNESS = "indebtedness", "多头负债"
    HOUSEHOLD = "household", "家庭基本情况"
    MONITORING = "monitoring", "贷后管理缺位"


class Eligibility(Word):
    """Whether a rule allows, refuses or refers to a person; from best to worst."""

    ALLOWED = "allowed", "符合"
    REFERRED = "referred", "转人工审定"
    REFUSED = "refused", "不符合"


class KnownBasis(Word):
    """Where the day a fact became known comes from."""

    RECORDED = "recorded", "有记录"
    ASSUMED = "assumed", "推定"


class Registration(Word):
    """A household's registration."""

    REGISTERED = "registered", "建档立卡", "建档立卡贫困户", "贫困户"
    LIFTED = "lifted", "脱贫", "脱贫户", "已脱贫"
    STABLE = "stable", "稳定脱贫", "稳定脱贫户"
    ORDINARY = "ordinary", "一般", "一般户", "一般农户"


class Relation(Word):
    """A member's relation to the head of the household."""

    HEAD = "head", "户主", "本人"
    SPOUSE = "spouse", "配偶"
    CHILD = "child", "子女", "儿子", "女儿"
    PARENT = "parent", "父母", "父亲", "母亲"
    OTHER = "other", "其他"


class Labour(Word):
    """A member's ability to work."""

    ABLE = "able", "有劳动能力", "普通劳动力", "技能劳动力"
    WEAK = "weak", "弱劳动能力", "弱劳动力"
    NONE = "none", "无劳动能力", "无劳动力"


class IncomeSource(Word):
    """Where income comes from."""

    CROPS = "crops", "种植业收入", "种植"
    LIVESTOCK = "livestock", "养殖业收入", "养殖"
    WAGES = "wages", "务工收入", "工资性收入"
    BUSINESS = "business", "经营收入", "二三产业收入"
    PROPERTY = "property", "财产性收入", "分红收入"
    TRANSFER = "transfer", "转移性收入", "补贴收入"


class Industry(Word):
    """What a loan is put to (奉节's four groups, split by product where prices differ)."""

    GRAIN = "grain", "粮食种植", "种植业", "种植"
    FRUIT = "fruit", "林果种植", "林果"
    VEGETABLES = "vegetables", "蔬菜种植", "蔬菜"
    SHEEP = "sheep", "羊养殖", "滩羊养殖", "养羊"
    CATTLE = "cattle", "牛养殖", "养牛"
    PIGS = "pigs", "猪养殖", "养猪"
    MIXED = "mixed", "种养结合", "种养复合"
    SERVICES = "services", "二三产业", "农产品加工", "乡村旅游"
    NOT_PRODUCTIVE = "not_productive", "非生产性", "消费", "建房", "理财"


class RepaymentMethod(Word):
    """How principal and interest fall due."""

    BULLET_QUARTERLY = "bullet_quarterly", "按季结息到期还本", "按季付息到期还本", "按季结息"
    BULLET_YEARLY = "bullet_yearly", "按年结息到期还本", "按年付息到期还本"
    BULLET_END = "bullet_end", "利随本清", "到期一次还本付息"
    INSTALMENTS = "instalments", "分期还款", "整贷零还"


class UseMode(Word):
    """Who uses the money of a loan."""

    OWN = "own", "户贷户用", "户贷户用户还"
    FIRM = "firm", "户贷企用"
    SHARES = "shares", "股权量化", "入股分红"
    PARTNERSHIP = "partnership", "合伙抱团"
    LEASE_BACK = "lease_back", "资产返租"


class LoanKind(Word):
    """How a loan began."""

    NEW = "new", "新增", "新贷", "首次"
    RENEWAL = "renewal", "续贷", "无还本续贷"
    EXTENSION = "extension", "展期"
    TOP_UP = "top_up", "追加", "追加贷款"


class ProductionState(Word):
    """What a visit found of the household's production."""

    SOUND = "sound", "正常", "良好", "产业较好"
    POOR = "poor", "较差", "产业较差", "困难"
    STALLED = "stalled", "停滞", "停产", "已停"


class UseState(Word):
    """What a visit found of the use of money."""

    AS_AGREED = "as_agreed", "按约使用", "用途合规"
    IDLE = "idle", "闲置", "资金闲置"
    MISUSED = "misused", "改变用途", "挪用", "违规使用"


class Willingness(Word):
    """What a visit found of the will to repay."""

    WILLING = "willing", "愿意", "意愿强", "积极"
    HESITANT = "hesitant", "犹豫", "意愿不强", "一般"
    UNWILLING = "unwilling", "不愿", "拒绝", "恶意拖欠"


class Contact(Word):
    """Whether the borrower could be found."""

    REACHED = "reached", "已见面", "已联系"
    ABSENT = "absent", "外出", "未见到"
    LOST = "lost", "失联"


class UsePurpose(Word):
    """What borrowed money was spent on."""

    PRODUCTION = "production", "生产经营", "生产", "发展产业"
    CONSUMPTION = "consumption", "消费", "生活消费"
    HOUSING = "housing", "建房", "购房"
    WEDDING = "wedding", "婚丧嫁娶", "婚嫁"
    FINANCIAL = "financial", "理财", "投资理财"
    ON_LENDING = "on_lending", "转贷", "转借他人"
    DEBT = "debt", "偿还旧债", "还债"


class ShockKind(Word):
    """A recorded misfortune."""

    ILLNESS = "illness", "重大疾病", "重病", "疾病"
    DEATH = "death", "死亡", "身故"
    DISASTER = "disaster", "自然灾害", "灾害", "旱灾"
    ANIMAL_DISEASE = "animal_disease", "动物疫病", "疫病"
    ACCIDENT = "accident", "意外事故", "意外"


class InsuranceKind(Word):
    """What is insured."""

    ACCIDENT = "accident", "意外伤害保险", "意外险"
    ILLNESS = "illness", "大病补充医疗保险", "大病险"
    CROPS = "crops", "种植业保险", "种植险"
    LIVESTOCK = "livestock", "养殖业保险", "养殖险"
    PRICE = "price", "价格收益保险", "价格指数保险", "收益险"


class CreditMark(Word):
    """A bad credit record and whether it was in bad faith (003: 非恶意黑名单)."""

    BAD_FAITH = "bad_faith", "恶意失信", "恶意"
    NOT_BAD_FAITH = "not_bad_faith", "非恶意失信", "非恶意"


class FundKind(Word):
    """What a fund is for."""

    COMPENSATION = "compensation", "风险补偿金", "风险补偿基金"
    GUARANTEE = "guarantee", "担保基金"
    INSURANCE = "insurance", "风险分散补偿金"
    MUTUAL_AID = "mutual_aid", "互助资金"
    SUBSIDY = "subsidy", "贴息资金"


class FundMovement(Word):
    """A movement on a fund; `amount` is positive, the kind gives its direction."""

    DEPOSIT = "deposit", "注入", "存入"
    COMPENSATION = "compensation", "代偿", "补偿支出"
    RECOVERY = "recovery", "追偿收回"
    SUBSIDY = "subsidy", "贴息支出"
    WITHDRAWAL = "withdrawal", "提取"
    PROFIT_RETURN = "profit_return", "盈利返还"


class GroupRole(Word):
    """A household's part in a guarantee group."""

    LEADER = "leader", "组长"
    MEMBER = "member", "成员", "联保户"


class FirmState(Word):
    """How a firm that uses borrowers' loans is doing."""

    OPERATING = "operating", "正常经营", "正常"
    TROUBLED = "troubled", "经营困难", "困难"
    CLOSED = "closed", "停业", "倒闭"


class Agreement(Word):
    """How the two opinions relate."""

    AGREE = "agree", "一致"
    RATING_KINDER = "rating_kinder", "评级较乐观"
    RATING_STRICTER = "rating_stricter", "评级较严格"
    ONE_ONLY = "one_only", "仅一方可用"
