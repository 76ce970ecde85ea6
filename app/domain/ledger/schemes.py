"""What the schemes of single places add: surveys, courses, dividends, societies, claims, tasks."""

from app.domain.ledger.columns import Table, choice, code, count, day, money, quantity, text
from app.domain.ledger.households import HOUSEHOLD
from app.domain.ledger.loans import LOAN
from app.domain.scheme_words import ClaimDecision, ClaimGround, StepOutcome, SurveyItem

SURVEYS = Table(
    name="surveys",
    zh="入户调查",
    also=("摸底调查",),
    columns=(
        HOUSEHOLD,
        choice("item", "调查项目", SurveyItem, required=True),
        quantity("value", "结果", "得分", required=True),
        day("asked_on", "调查日期", required=True),
        code("surveyor_id", "调查人编号"),
    ),
    key=("household_id", "item", "asked_on"),
    happened="asked_on",
    subject="household_id",
)

COURSE_EVENTS = Table(
    name="course_events",
    zh="办理过程",
    also=("评审过程", "审批过程"),
    columns=(
        code("case_id", "办件编号", required=True),
        count("event_no", "序号", required=True),
        HOUSEHOLD,
        code("course", "流程", required=True),
        code("step", "环节", required=True),
        choice("outcome", "结论", StepOutcome, required=True),
        code("actor_id", "经办人编号", required=True),
        day("done_on", "办理日期", required=True),
        text("note", "说明"),
    ),
    key=("case_id", "event_no"),
    happened="done_on",
    subject="household_id",
)

DIVIDENDS = Table(
    name="dividends",
    zh="分红",
    also=("分红兑付", "租金"),
    columns=(
        LOAN,
        day("due_on", "应付日期", required=True),
        money("due", "应付分红(元)", "应付分红", required=True),
        code("firm_id", "用款企业编号", "企业编号"),
        day("paid_on", "兑付日期"),
        money("paid", "已付分红(元)", "已付分红"),
    ),
    key=("loan_id", "due_on"),
    happened="due_on",
    subject="loan_id",
    forward=True,
)

SOCIETY_MEMBERS = Table(
    name="society_members",
    zh="互助社社员",
    also=("互助会会员",),
    columns=(
        code("society_id", "互助社编号", required=True),
        HOUSEHOLD,
        day("joined_on", "入社日期", required=True),
        day("left_on", "退社日期"),
        money("dues", "应缴会费(元)", "应缴会费"),
    ),
    key=("society_id", "household_id"),
    happened="joined_on",
    subject="household_id",
)

SOCIETY_DUES = Table(
    name="society_dues",
    zh="会费缴纳",
    columns=(
        code("society_id", "互助社编号", required=True),
        HOUSEHOLD,
        day("paid_on", "缴纳日期", required=True),
        money("amount", "金额(元)", "缴纳金额", required=True),
    ),
    key=("society_id", "household_id", "paid_on"),
    happened="paid_on",
    subject="household_id",
)

CLAIMS = Table(
    name="claims",
    zh="补偿申请",
    also=("风险补偿申请", "代偿申请"),
    columns=(
        code("claim_id", "补偿申请编号", required=True),
        LOAN,
        code("fund_id", "基金编号", required=True),
        choice("ground", "补偿事由", ClaimGround, required=True),
        day("claimed_on", "申请补偿日期", required=True),
        money("principal", "损失本金(元)", "损失本金", required=True),
        money("interest", "损失利息(元)", "损失利息", required=True),
        day("recourse_on", "追偿开始日期"),
        text("evidence", "证明材料"),
        choice("decision", "审定结论", ClaimDecision),
        day("claim_decided_on", "审定日期"),
    ),
    key=("claim_id",),
    happened="claimed_on",
    subject="loan_id",
)

TASKS = Table(
    name="tasks",
    zh="任务",
    also=("贷款任务",),
    columns=(
        code("place_code", "区划代码", required=True),
        day("starts_on", "任务起始日期", required=True),
        day("ends_on", "任务截止日期", required=True),
        money("amount", "任务金额(元)", "任务金额", required=True),
    ),
    key=("place_code", "starts_on"),
    happened="starts_on",
    subject="place_code",
    forward=True,
)

INSURANCE_ACCOUNTS = Table(
    name="insurance_accounts",
    zh="保险期间损益",
    columns=(
        code("fund_id", "基金编号", required=True),
        day("covers_from", "保险期间起", required=True),
        day("covers_to", "保险期间止", required=True),
        money("premiums", "保费收入(元)", "保费收入", required=True),
        money("payouts", "赔款支出(元)", "赔款支出", required=True),
        money("costs", "费用(元)", "费用"),
    ),
    key=("fund_id", "covers_from"),
    happened="covers_to",
    subject="fund_id",
)

SCHEME_TABLES = (
    SURVEYS,
    COURSE_EVENTS,
    DIVIDENDS,
    SOCIETY_MEMBERS,
    SOCIETY_DUES,
    CLAIMS,
    TASKS,
    INSURANCE_ACCOUNTS,
)
