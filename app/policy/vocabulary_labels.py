"""What the columns that sections' own conditions read are called, with their units."""

from types import MappingProxyType
from typing import Final

from app.domain.scheme_words import ClaimGround
from app.domain.words import Industry, LoanKind, Registration, RepaymentMethod, UseMode
from app.policy.finding_labels import FINDING_LABELS
from app.policy.phrases import Label, Labels

VOCABULARY_LABELS: Final[Labels] = MappingProxyType(
    {
        **FINDING_LABELS,
        # standings
        "households": Label(zh="户数", en="households", unit="households"),
        "rated_share": Label(zh="评级面", en="share of households rated", unit="share"),
        "credit_household_share": Label(
            zh="信用户占比", en="share of rated households that are credit households", unit="share"
        ),
        "clean_borrower_share": Label(
            zh="无逾期借款户占比", en="share of borrowers with nothing overdue", unit="share"
        ),
        "overdue_rate_amount": Label(zh="逾期率（金额）", en="overdue rate by amount", unit="share"),
        "overdue_rate_change": Label(zh="逾期率同比变化", en="overdue rate on the year before", unit="share"),
        "credit_group_share": Label(
            zh="信用组占比", en="share of the village's groups that are credit groups", unit="share"
        ),
        "credit_village_share": Label(
            zh="信用村占比", en="share of the township's villages that are credit villages", unit="share"
        ),
        "bad_faith_defaults_12m": Label(
            zh="近12个月恶意失信笔数", en="defaults in bad faith in 12 months", unit="count"
        ),
        # draws on a credit line
        "days_left": Label(zh="授信剩余天数", en="days left of the credit line", unit="days"),
        "above_available_yuan": Label(
            zh="超出可用额度", en="asked for beyond what is available", unit="yuan"
        ),
        "earlier_draws": Label(zh="此前用信笔数", en="earlier draws on the line", unit="count"),
        "revolving": Label(zh="可循环使用", en="line revolves", unit="flag"),
        "overdue_days": Label(zh="全户最长逾期天数", en="longest delay of the household", unit="days"),
        # claims on a fund
        "days_overdue": Label(zh="本金逾期天数", en="days principal is overdue", unit="days"),
        "ground": Label(zh="代偿事由", en="ground of the claim", words=ClaimGround),
        "ground_named": Label(zh="事由在规定之列", en="ground named by the fund's rules", unit="flag"),
        "ground_recorded": Label(zh="台账有相应变故", en="matching misfortune on record", unit="flag"),
        "recourse_days": Label(zh="启动追偿后天数", en="days since recourse began", unit="days"),
        "evidence_given": Label(zh="已附证明", en="evidence given", unit="flag"),
        "principal_yuan": Label(zh="申请代偿本金", en="principal claimed", unit="yuan"),
        "above_balance_yuan": Label(zh="超出贷款余额", en="claimed beyond the balance", unit="yuan"),
        "compensated_yuan": Label(zh="可获补偿的余额", en="balance that a fund answers for", unit="yuan"),
        "subsidised": Label(zh="贴息贷款", en="subsidised loan", unit="flag"),
        "claimed_before": Label(zh="已有代偿申请", en="claimed before", unit="flag"),
        "fund_short_yuan": Label(zh="基金缺口", en="what the fund lacks", unit="yuan"),
        # subsidies
        "registration": Label(zh="户属性", en="registration", words=Registration),
        "use_mode": Label(zh="使用方式", en="way of use", words=UseMode),
        "kind": Label(zh="贷款性质", en="kind of loan", words=LoanKind),
        "method": Label(zh="还款方式", en="repayment method", words=RepaymentMethod),
        "industry": Label(zh="用途", en="purpose", words=Industry),
        "amount_yuan": Label(zh="贷款金额", en="loan amount", unit="yuan"),
        "annual_rate_pct": Label(zh="年利率", en="annual interest rate", unit="%"),
        "term_months": Label(zh="贷款期限", en="term", unit="months"),
        "vintage": Label(zh="放款年份", en="year of disbursement", unit="year"),
        # classes
        "months_since_restructured": Label(
            zh="续贷、展期后月数", en="months since the last renewal or extension", unit="months"
        ),
        # measures of the appraisal
        "overdue_rate_households": Label(zh="逾期率（户数）", en="overdue rate by household", unit="share"),
        "interest_overdue_rate_households": Label(
            zh="欠息率（户数）", en="rate of overdue interest by household", unit="share"
        ),
        "task_share": Label(zh="任务完成率", en="share of the task done", unit="share"),
        "granted_share": Label(zh="授信面", en="share of households granted", unit="share"),
    }
)
