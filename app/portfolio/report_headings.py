"""The headings of a report's tables, in Chinese and English (the columns of county ledgers and bulletins)."""

from typing import Final

from app.documents.content import Form, Heading


def _count(name: str, zh: str, en: str) -> Heading:
    return Heading(name, zh, en, Form.COUNT)


def _money(name: str, zh: str, en: str) -> Heading:
    return Heading(name, zh, en, Form.MONEY)


def _percent(name: str, zh: str, en: str) -> Heading:
    return Heading(name, zh, en, Form.PERCENT)


def _text(name: str, zh: str, en: str) -> Heading:
    return Heading(name, zh, en, Form.TEXT)


def _date(name: str, zh: str, en: str) -> Heading:
    return Heading(name, zh, en, Form.DATE)


TOWNSHIP_NAME: Final = _text("township", "乡镇", "township")
VILLAGE_NAME: Final = _text("village", "村", "village")
BANK_NAME: Final = _text("bank", "贷款机构", "bank")

SUMMARY: Final = (
    _text("item", "项目", "item"),
    _count("loans", "笔数", "loans"),
    _count("households", "户数", "households"),
    _money("amount", "金额", "amount"),
    _percent("share_amount", "占期末余额", "of the balance"),
    _percent("share_households", "占期末贷款户", "of the households"),
)
# Item by item: what it is called, and the columns of its loans, households and amount, and of its rates.
SUMMARY_ITEMS: Final = (
    ("期初", "opening", "opening_loans", "opening_households", "opening_amount", None, None),
    ("加：本期新发放", "plus: newly lent", "new_loans", "new_households", "new_amount", None, None),
    ("加：续贷、展期新立", "plus: carried in", "carried_in_loans", None, "carried_in_amount", None, None),
    ("减：收回本金", "less: principal repaid", None, None, "repaid_amount", None, None),
    ("减：续贷、展期承接", "less: carried out", "carried_out_loans", None, "carried_out_amount", None, None),
    ("加：台账更正", "plus: corrections of facts", None, None, "corrected_amount", None, None),
    ("期末", "closing", "closing_loans", "closing_households", "closing_amount", None, None),
    ("本期新增贷款户", "began to owe", None, "joined_households", None, None, None),
    ("本期退出贷款户", "no longer owe", None, "left_households", None, None, None),
    ("本期结清", "repaid in full", "settled_loans", None, None, None, None),
    ("本期续贷", "renewed", "renewed_loans", None, None, None, None),
    ("本期展期", "extended", "extended_loans", None, None, None, None),
    (
        "本金逾期", "principal overdue", "overdue_loans", "overdue_households", "overdue_amount",
        "overdue_rate_amount", "overdue_rate_households",
    ),
    (
        "欠息", "interest overdue", "interest_overdue_loans", "interest_overdue_households",
        "interest_overdue_amount", None, "interest_overdue_rate_households",
    ),
    ("30天内到期", "maturing within 30 days", "due_30_loans", None, "due_30_amount", None, None),
    ("60天内到期", "maturing within 60 days", "due_60_loans", None, "due_60_amount", None, None),
    ("90天内到期", "maturing within 90 days", "due_90_loans", None, "due_90_amount", None, None),
)  # fmt: skip

STATISTICS: Final = (
    _count("opening_households", "期初户数", "opening households"),
    _money("opening_amount", "期初余额", "opening balance"),
    _count("new_loans", "新发放笔数", "new loans"),
    _count("new_households", "新发放户数", "new households"),
    _money("new_amount", "新发放金额", "newly lent"),
    _money("carried_in_amount", "续贷展期新立", "renewed and extended in"),
    _money("repaid_amount", "收回本金", "principal repaid"),
    _count("settled_loans", "结清笔数", "repaid in full"),
    _money("carried_out_amount", "续贷展期承接", "taken over by these"),
    _money("corrected_amount", "更正", "corrections"),
    _count("closing_loans", "期末笔数", "closing loans"),
    _count("closing_households", "期末户数", "closing households"),
    _money("closing_amount", "期末余额", "closing balance"),
    _count("renewed_loans", "续贷笔数", "renewals"),
    _count("extended_loans", "展期笔数", "extensions"),
    _count("overdue_loans", "逾期笔数", "loans overdue"),
    _count("overdue_households", "逾期户数", "households overdue"),
    _money("overdue_amount", "逾期金额", "principal overdue"),
    _percent("overdue_rate_amount", "逾期率·金额", "overdue rate by amount"),
    _percent("overdue_rate_households", "逾期率·户", "overdue rate by household"),
    _count("interest_overdue_households", "欠息户数", "households behind with interest"),
    _money("interest_overdue_amount", "欠息金额", "interest overdue"),
    _count("due_30_loans", "30天内到期笔数", "due in 30 days, loans"),
    _money("due_30_amount", "30天内到期金额", "due in 30 days"),
    _count("due_60_loans", "60天内到期笔数", "due in 60 days, loans"),
    _money("due_60_amount", "60天内到期金额", "due in 60 days"),
    _count("due_90_loans", "90天内到期笔数", "due in 90 days, loans"),
    _money("due_90_amount", "90天内到期金额", "due in 90 days"),
)
TASK_SHARE: Final = _percent("task_share", "任务完成率", "of the task")
MONTHS: Final = (_date("month_end", "截止日", "as of"), *STATISTICS)

COVERAGE: Final = (
    _count("households", "农户数", "households"),
    _count("registered", "建档立卡户(含已脱贫)", "registered households"),
    _count("rated", "评级户数", "rated"),
    _percent("rated_share", "评级占农户", "rated, of all"),
    _percent("registered_rated_share", "建档立卡户评级率", "rated, of registered"),
    _count("granted", "授信户数", "granted"),
    _percent("granted_share", "授信占农户", "granted, of all"),
    _money("granted_amount", "授信金额", "amount granted"),
    _money("granted_mean", "户均授信", "granted per household"),
    _count("used", "用信户数", "with loans"),
    _percent("used_share", "授信户用信率", "with loans, of granted"),
    _money("used_amount", "用信余额", "balance"),
    _money("used_mean", "户均余额", "balance per household"),
)

TASKS: Final = (
    _text("place", "区划", "place"),
    _text("place_code", "区划代码", "division code"),
    _date("starts_on", "任务起始", "from"),
    _date("ends_on", "任务截止", "to"),
    _money("task_amount", "任务金额", "task"),
    _count("lent_loans", "已发放笔数", "loans"),
    _count("lent_households", "已发放户数", "households"),
    _money("lent_amount", "已发放金额", "lent"),
    TASK_SHARE,
)

RANKS: Final = (
    _date("month_end", "截止日", "as of"),
    TOWNSHIP_NAME,
    _count("rank", "名次", "rank"),
    Heading("points", "得分", "points", Form.POINTS),
    _count("months_last", "连续末位月数", "months last"),
    _text("flag", "提请约谈", "to be talked to"),
)
APPRAISAL: Final = (
    _count("rank", "名次", "rank"),
    Heading("points", "得分", "points", Form.POINTS),
    _percent("weight_measured", "已计量权重", "weight measured"),
)
APPRAISAL_LAST: Final = (
    _count("times_last", "列末位月数", "months last"),
    _count("longest_last", "最长连续末位月数", "longest stretch last"),
)

LATE: Final = (
    TOWNSHIP_NAME,
    VILLAGE_NAME,
    _text("village_group", "组", "group"),
    _text("loan_id", "贷款编号", "loan id"),
    _text("household_id", "户编号", "household id"),
    BANK_NAME,
    _text("industry", "用途", "industry"),
    _text("kind", "贷款性质", "kind"),
    _money("amount", "贷款金额", "amount"),
    _date("disbursed_on", "放款日期", "disbursed on"),
    _date("matures_on", "到期日期", "matures on"),
    _percent("annual_rate", "年利率", "rate a year"),
    _money("balance", "余额", "balance"),
    _money("principal_overdue", "逾期本金", "principal overdue"),
    _count("principal_days_late", "本金逾期天数", "days late"),
    _money("interest_overdue", "欠息金额", "interest overdue"),
    _count("interest_days_late", "欠息天数", "days behind with interest"),
    _count("times_extended", "展期次数", "times extended"),
    _count("times_renewed", "续贷次数", "times renewed"),
)
