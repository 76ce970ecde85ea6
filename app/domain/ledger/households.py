"""Persons (apart), households, and what is known of them."""

from app.domain.ledger.columns import (
    Column,
    Table,
    choice,
    code,
    count,
    day,
    money,
    month,
    person,
    quantity,
    text,
)
from app.domain.words import (
    CreditMark,
    IncomeSource,
    InsuranceKind,
    Labour,
    Registration,
    Relation,
    ShockKind,
)

HOUSEHOLD: Column = code("household_id", "户编号", "农户编号", "户号", required=True)

PERSONS = Table(
    name="persons",
    zh="人员",
    also=("人员信息", "persons"),
    columns=(
        person("person_id", "证件号码", "身份证号", "身份证号码", "证件号", "公民身份号码", required=True),
        text("full_name", "姓名", "name", required=True),
        text("phone", "联系电话", "电话", "手机号"),
        text("account", "银行账号", "账号", "卡号"),
        day("registered_on", "登记日期", required=True),
    ),
    key=("person_id",),
    happened="registered_on",
    subject="person_id",
    personal=True,
)

HOUSEHOLDS = Table(
    name="households",
    zh="农户",
    also=("户信息", "农户信息"),
    columns=(
        HOUSEHOLD,
        code("village_code", "村编码", "行政村编码", "村代码", required=True, digits=12),
        text("village_group", "组", "村民小组"),
        person("head_person_id", "户主证件号码", "户主身份证号"),
        quantity("land_mu", "耕地面积(亩)", "承包地面积", "耕地面积", unit="mu"),
        money("assets", "家庭资产(元)", "家庭资产"),
        day("surveyed_on", "摸底日期", "建档日期", required=True),
    ),
    key=("household_id",),
    happened="surveyed_on",
    subject="household_id",
)

HOUSEHOLD_MEMBERS = Table(
    name="household_members",
    zh="家庭成员",
    columns=(
        HOUSEHOLD,
        person("person_id", "证件号码", "身份证号", "身份证号码", "证件号", required=True),
        choice("relation", "与户主关系", Relation, "关系", required=True),
        day("born_on", "出生日期"),
        choice("labour", "劳动能力", Labour, "劳动技能"),
        day("joined_on", "登记日期", required=True),
        day("left_on", "离户日期"),
    ),
    key=("household_id", "person_id"),
    happened="joined_on",
    subject="household_id",
)

REGISTRATIONS = Table(
    name="registrations",
    zh="户属性",
    also=("脱贫属性", "建档立卡"),
    columns=(
        HOUSEHOLD,
        choice("registration", "户属性", Registration, "脱贫属性", required=True),
        day("registered_on", "认定日期", required=True),
    ),
    key=("household_id", "registered_on"),
    happened="registered_on",
    subject="household_id",
)

INCOMES = Table(
    name="incomes",
    zh="收入",
    also=("家庭收入", "收入明细"),
    columns=(
        HOUSEHOLD,
        choice("source", "收入来源", IncomeSource, "收入类型", required=True),
        month("received_in", "收入月份", "月份", required=True),
        money("amount", "金额(元)", "收入金额", "金额", required=True),
    ),
    key=("household_id", "source", "received_in"),
    happened="received_in",
    subject="household_id",
)

OUTSIDE_DEBTS = Table(
    name="outside_debts",
    zh="外债",
    also=("其他负债", "负债"),
    columns=(
        HOUSEHOLD,
        code("debt_id", "负债编号", required=True),
        text("creditor", "债权人类别", "债权人"),
        money("balance", "余额(元)", "负债余额", "余额", required=True),
        day("stated_on", "统计日期", required=True),
    ),
    key=("household_id", "debt_id", "stated_on"),
    happened="stated_on",
    subject="household_id",
)

SHOCKS = Table(
    name="shocks",
    zh="重大变故",
    also=("变故", "灾害疾病"),
    columns=(
        HOUSEHOLD,
        choice("kind", "变故类型", ShockKind, "类型", required=True),
        day("happened_on", "发生日期", required=True),
        money("loss", "损失金额(元)", "损失金额"),
        person("person_id", "涉及人员证件号码"),
    ),
    key=("household_id", "kind", "happened_on"),
    happened="happened_on",
    subject="household_id",
)

INSURANCE = Table(
    name="insurance",
    zh="保险",
    also=("投保理赔",),
    columns=(
        HOUSEHOLD,
        code("policy_id", "保单号", "保单编号", required=True),
        choice("kind", "险种", InsuranceKind, required=True),
        money("insured", "保额(元)", "保额"),
        day("starts_on", "起保日期", required=True),
        day("ends_on", "终保日期", required=True),
        money("paid_out", "理赔金额(元)", "理赔金额"),
        day("paid_out_on", "理赔日期"),
    ),
    key=("policy_id",),
    happened="starts_on",
    subject="household_id",
    forward=True,
)

CREDIT_MARKS = Table(
    name="credit_marks",
    zh="不良信用记录",
    also=("黑名单",),
    columns=(
        HOUSEHOLD,
        choice("mark", "失信性质", CreditMark, required=True),
        day("marked_on", "列入日期", required=True),
        day("cleared_on", "解除日期"),
    ),
    key=("household_id", "marked_on"),
    happened="marked_on",
    subject="household_id",
)

RATINGS = Table(
    name="ratings",
    zh="评级",
    also=("信用等级评定",),
    columns=(
        HOUSEHOLD,
        code("scheme", "评级方案", required=True),
        code("indicator", "指标", required=True),
        count("points", "得分", required=True),
        day("rated_on", "评定日期", required=True),
        code("grade", "等级"),
        money("credit_limit", "授信额度(元)", "授信额度"),
        code("bank", "授信机构"),
    ),
    key=("household_id", "scheme", "indicator", "rated_on"),
    happened="rated_on",
    subject="household_id",
)

HOUSEHOLD_TABLES = (
    PERSONS,
    HOUSEHOLDS,
    HOUSEHOLD_MEMBERS,
    REGISTRATIONS,
    INCOMES,
    OUTSIDE_DEBTS,
    SHOCKS,
    INSURANCE,
    CREDIT_MARKS,
    RATINGS,
)
