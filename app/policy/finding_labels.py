"""What findings read of a loan (app.portfolio.finding_columns makes it): each column once, with its label."""

from types import MappingProxyType
from typing import Final

from app.domain.words import Industry, LoanKind, Registration, UseMode, UseState, Word
from app.policy.phrases import Label, Labels


def _label(zh: str, en: str, unit: str = "", words: type[Word] | None = None) -> Label:
    return Label(zh=zh, en=en, unit=unit, words=words)


FINDING_LABELS: Final[Labels] = MappingProxyType(
    {
        # the loan as it stands
        "is_active": _label("未结清", "still owed", "flag"),
        "kind": _label("贷款性质", "kind of loan", words=LoanKind),
        "industry": _label("用途", "purpose", words=Industry),
        "use_mode": _label("用款方式", "way of use", words=UseMode),
        "amount_yuan": _label("贷款金额", "amount", "yuan"),
        "balance_yuan": _label("余额", "balance", "yuan"),
        "annual_rate_pct": _label("年利率", "rate", "% a year"),
        "term_months": _label("期限", "term", "months"),
        "principal_days_late": _label("本金逾期", "principal days late", "days"),
        "principal_overdue_yuan": _label("逾期本金", "principal overdue", "yuan"),
        "interest_days_late": _label("欠息", "interest days late", "days"),
        "interest_overdue_yuan": _label("欠息金额", "interest overdue", "yuan"),
        "days_past_maturity": _label("超过到期日", "days past maturity", "days"),
        "dividend_days_late": _label("分红逾期", "dividend days late", "days"),
        "dividend_overdue_yuan": _label("未付分红", "dividend overdue", "yuan"),
        # when it was paid out
        "registration_at_disbursement": _label("放款日户属性", "registration at payout", words=Registration),
        "wait_days": _label("申请到放款", "days from application to payout", "days"),
        "household_principal_yuan": _label("放款后全户欠款本金", "household principal after payout", "yuan"),
        "household_loans": _label("放款时全户其他未还贷款", "household's other loans at payout", "loans"),
        "household_top_ups": _label("其中追加贷款", "top-ups among them", "loans"),
        "other_borrower_loans": _label(
            "同户其他成员未还贷款", "loans of other members of the household", "loans"
        ),
        # what was done with the money
        "use_outside_production_yuan": _label("非生产支出", "spent outside production", "yuan"),
        "use_debt_yuan": _label("用于还旧债", "spent on old debt", "yuan"),
        "use_financial_yuan": _label("理财或转借", "put to financial products or lent on", "yuan"),
        "use_state_last": _label("最近走访资金使用", "use of money at the last visit", words=UseState),
        "misuse_visits": _label("走访发现改变用途", "visits that found misuse", "times"),
        # how it was paid back
        "interest_on_disbursement_yuan": _label("放款当日收息", "interest taken at payout", "yuan"),
        "principal_on_disbursement_yuan": _label("放款当日收本", "principal taken at payout", "yuan"),
        "interest_ahead_days": _label("提前收息", "days of interest taken ahead", "days"),
        "interest_excess_yuan": _label("超出合同利率的利息", "interest above the contract's rate", "yuan"),
        "first_principal_days": _label("放款后首次还本", "days to the first principal", "days"),
        "first_principal_days_ahead": _label("首次还本早于计划", "days before it fell due", "days"),
        "half_repaid_days": _label("放款后还本过半", "days until half was repaid", "days"),
        "half_repaid_days_ahead": _label("还本过半早于计划", "days before half fell due", "days"),
        "old_loans_repaid_same_day_yuan": _label(
            "放款当日归还旧贷本金", "old loans repaid at payout", "yuan"
        ),
        # who stands behind it: loans of others, who may be the same person
        "id_invalid": _label("证件号码校验不符", "ID number invalid", "flag"),
        "same_person_loans": _label("同一证件在其他户的贷款", "loans of one ID number elsewhere", "loans"),
        "same_phone_loans": _label("同一电话在其他户的贷款", "loans of one phone elsewhere", "loans"),
        "same_account_loans": _label("同一账号的他人贷款", "loans of others with one account", "loans"),
        "same_name_borrowers": _label("同名的其他借款人", "other borrowers of one name", "persons"),
        "same_name_same_birth_date_loans": _label(
            "同名且同出生日期的他人贷款", "same name and birth date", "loans"
        ),
        "same_name_same_phone_loans": _label("同名且同电话的他人贷款", "same name and phone", "loans"),
        "same_name_same_account_loans": _label("同名且同账号的他人贷款", "same name and account", "loans"),
        "same_name_same_village_alike_id_loans": _label(
            "同名同村且证件号码相近的他人贷款", "same name and village, ID number alike", "loans"
        ),
        "near_name_same_phone_loans": _label("姓名相近且同电话的他人贷款", "near name, same phone", "loans"),
        "near_name_same_account_loans": _label(
            "姓名相近且同账号的他人贷款", "near name, same account", "loans"
        ),
        "near_name_same_village_same_birth_date_loans": _label(
            "姓名相近、同村且同出生日期的他人贷款", "near name, same village and birth date", "loans"
        ),
        "near_name_same_village_alike_id_loans": _label(
            "姓名相近、同村且证件号码相近的他人贷款", "near name, same village, ID number alike", "loans"
        ),
        "alike_id_loans": _label("证件号码仅差一处的他人贷款", "ID number one slip apart", "loans"),
    }
)
