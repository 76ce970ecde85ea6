"""What belongs to the county rather than to one household: places, groups, funds, firms, prices."""

from app.domain.ledger.columns import Table, choice, code, day, money, month, text
from app.domain.ledger.households import HOUSEHOLD
from app.domain.words import FirmState, FundKind, FundMovement, GroupRole, Industry

PLACES = Table(
    name="places",
    zh="行政区划",
    columns=(
        code("place_code", "区划代码", "编码", required=True),
        text("place_name", "名称", "区划名称", required=True),
        day("listed_on", "登记日期", required=True),
    ),
    key=("place_code",),
    happened="listed_on",
    subject="place_code",
)

GUARANTEE_GROUPS = Table(
    name="guarantee_groups",
    zh="联保小组",
    columns=(
        code("group_id", "联保小组编号", required=True),
        HOUSEHOLD,
        choice("role", "组内角色", GroupRole, "角色"),
        day("joined_on", "加入日期", required=True),
        day("left_on", "退出日期"),
    ),
    key=("group_id", "household_id"),
    happened="joined_on",
    subject="household_id",
)

FIRMS = Table(
    name="firms",
    zh="用款企业",
    columns=(
        code("firm_id", "用款企业编号", "企业编号", required=True),
        choice("state", "经营状况", FirmState, required=True),
        day("stated_on", "统计日期", required=True),
    ),
    key=("firm_id", "stated_on"),
    happened="stated_on",
    subject="firm_id",
)

FUND_MOVEMENTS = Table(
    name="fund_movements",
    zh="基金收支",
    columns=(
        code("fund_id", "基金编号", required=True),
        choice("fund", "基金类型", FundKind, required=True),
        code("movement_no", "流水号", required=True),
        choice("movement", "收支类型", FundMovement, required=True),
        day("moved_on", "发生日期", required=True),
        money("amount", "金额(元)", "金额", required=True),
        code("loan_id", "贷款编号"),
        code("bank", "银行"),
    ),
    key=("fund_id", "movement_no"),
    happened="moved_on",
    subject="fund_id",
)

PRICES = Table(
    name="prices",
    zh="产业价格",
    also=("价格", "市场价格"),
    columns=(
        choice("industry", "产业", Industry, "用途", required=True),
        month("priced_in", "月份", "价格月份", required=True),
        money("price", "价格(元)", "价格", required=True),
    ),
    key=("industry", "priced_in"),
    happened="priced_in",
    subject="industry",
)

COUNTY_TABLES = (PLACES, GUARANTEE_GROUPS, FIRMS, FUND_MOVEMENTS, PRICES)
