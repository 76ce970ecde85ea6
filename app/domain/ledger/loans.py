"""Applications, credit lines, loans, what is due and paid, and what follows them."""

from app.domain.ledger.columns import (
    Column,
    Table,
    choice,
    code,
    count,
    day,
    flag,
    money,
    person,
    rate,
    text,
)
from app.domain.ledger.households import HOUSEHOLD
from app.domain.words import (
    Action,
    Contact,
    Industry,
    LoanKind,
    ProductionState,
    RepaymentMethod,
    UseMode,
    UsePurpose,
    UseState,
    Willingness,
)

LOAN: Column = code("loan_id", "贷款编号", "借据号", "合同编号", "借据编号", required=True)
BANK: Column = code("bank", "贷款机构", "承贷银行", "贷款银行", required=True)

APPLICATIONS = Table(
    name="applications",
    zh="贷款申请",
    also=("申请",),
    columns=(
        code("application_id", "申请编号", required=True),
        HOUSEHOLD,
        person("borrower_id", "申请人证件号码", "申请人身份证号", required=True),
        BANK,
        day("applied_on", "申请日期", required=True),
        money("amount", "申请金额(元)", "申请金额", required=True),
        count("term_months", "申请期限(月)", "申请期限", required=True, unit="months"),
        choice("industry", "用途", Industry, "贷款用途", "产业", required=True),
    ),
    key=("application_id",),
    happened="applied_on",
    subject="household_id",
)

CREDIT_LINES = Table(
    name="credit_lines",
    zh="授信",
    columns=(
        code("line_id", "授信编号", required=True),
        HOUSEHOLD,
        BANK,
        money("credit_limit", "授信额度(元)", "授信额度", required=True),
        day("granted_on", "授信日期", "授信时间", required=True),
        day("expires_on", "授信到期日", required=True),
        flag("revolving", "随用随取", "循环使用"),
    ),
    key=("line_id",),
    happened="granted_on",
    subject="household_id",
)

LOANS = Table(
    name="loans",
    zh="贷款",
    also=("贷款台账", "台账", "扶贫小额信贷台账"),
    columns=(
        LOAN,
        HOUSEHOLD,
        person("borrower_id", "借款人证件号码", "借款人身份证号", "贷款人证件号", required=True),
        BANK,
        money("amount", "贷款金额(元)", "贷款金额", required=True),
        rate("annual_rate", "年利率(%)", "利率", "年利率", required=True),
        day("disbursed_on", "放款日期", "放款日", "发放日期", required=True),
        day("matures_on", "到期日期", "到期日", required=True),
        choice("industry", "用途", Industry, "贷款用途", "产业", required=True),
        choice("method", "还款方式", RepaymentMethod, required=True),
        choice("use_mode", "用款方式", UseMode, "贷款使用方式", required=True),
        choice("kind", "贷款性质", LoanKind, "发放方式", required=True),
        code("continues_loan_id", "原贷款编号", "原借据号"),
        code("firm_id", "用款企业编号"),
        code("line_id", "授信编号"),
        code("group_id", "联保小组编号"),
        flag("subsidised", "是否贴息", "贴息"),
        code("helper_id", "帮扶责任人编号"),
    ),
    key=("loan_id",),
    happened="disbursed_on",
    subject="household_id",
)

REPAYMENTS_DUE = Table(
    name="repayments_due",
    zh="还款计划",
    also=("应还",),
    columns=(
        LOAN,
        day("due_on", "应还日期", required=True),
        money("principal", "应还本金(元)", "应还本金", required=True),
        money("interest", "应还利息(元)", "应还利息", required=True),
    ),
    key=("loan_id", "due_on"),
    happened="due_on",
    subject="loan_id",
    forward=True,
)

REPAYMENTS = Table(
    name="repayments",
    zh="还款记录",
    also=("还款", "实还"),
    columns=(
        LOAN,
        day("paid_on", "还款日期", "还款时间", required=True),
        money("principal", "归还本金(元)", "偿还本金", "归还本金", required=True),
        money("interest", "归还利息(元)", "偿还利息", "归还利息", required=True),
        code("receipt_no", "流水号", "交易流水号"),
    ),
    key=("loan_id", "paid_on", "receipt_no"),
    happened="paid_on",
    subject="loan_id",
)

VISITS = Table(
    name="visits",
    zh="走访记录",
    also=("贷后走访", "走访", "贷后检查"),
    columns=(
        LOAN,
        day("visited_on", "走访日期", required=True),
        choice("production", "生产状况", ProductionState, "产业状况"),
        choice("use_state", "资金使用", UseState, "资金使用情况"),
        choice("willingness", "还款意愿", Willingness),
        choice("contact", "联系情况", Contact),
        flag("needs_funds", "仍需资金", "有资金需求"),
        count("pictures", "照片数", "影像数"),
        code("visitor_id", "走访人编号"),
    ),
    key=("loan_id", "visited_on"),
    happened="visited_on",
    subject="loan_id",
)

USE_RECORDS = Table(
    name="use_records",
    zh="资金使用记录",
    also=("扶贫小额信贷资金使用记录表",),
    columns=(
        LOAN,
        code("record_no", "记录编号", required=True),
        day("used_on", "使用日期", required=True),
        money("amount", "使用金额(元)", "使用金额", required=True),
        choice("purpose", "使用去向", UsePurpose, "去向", required=True),
    ),
    key=("loan_id", "record_no"),
    happened="used_on",
    subject="loan_id",
)

DISPOSITIONS = Table(
    name="dispositions",
    zh="处置结果",
    also=("处置",),
    columns=(
        LOAN,
        choice("action", "处置方式", Action, required=True),
        day("decided_on", "决定日期", "处置日期", required=True),
        code("maker_id", "经办人编号"),
        code("checker_id", "复核人编号"),
        day("new_matures_on", "新到期日"),
        text("note", "说明"),
    ),
    key=("loan_id", "action", "decided_on"),
    happened="decided_on",
    subject="loan_id",
)

LOAN_TABLES = (
    APPLICATIONS,
    CREDIT_LINES,
    LOANS,
    REPAYMENTS_DUE,
    REPAYMENTS,
    VISITS,
    USE_RECORDS,
    DISPOSITIONS,
)
