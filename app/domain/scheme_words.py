"""The words of single places' schemes: surveys, courses, claims, classes."""

from app.domain.words import Word


class SurveyItem(Word):
    """What a survey of a household asks (003: 一次摸底; 2020年工作方案: 五有; 庙山镇: eight conditions).

    Answers are numbers: 1 for yes and 0 for no, points where an item says so.
    """

    GOOD_CREDIT = "good_credit", "有良好信用"
    ABLE_TO_START = "able_to_start", "有创业能力"
    NEEDS_FUNDS = "needs_funds", "有资金需求"
    SOUND_PROJECT = "sound_project", "项目发展好"
    ABLE_TO_REPAY = "able_to_repay", "有还款能力"
    CAPABLE = "capable", "具有完全民事行为能力"
    RESIDENT = "resident", "户籍或固定住所在本地"
    USE_CLEAR = "use_clear", "用途真实明确合法"
    WILLING_TO_REPAY = "willing_to_repay", "具备良好还款意愿"
    ACCEPTS_SUPERVISION = "accepts_supervision", "开户并接受监督"
    GOOD_REPUTE = "good_repute", "口碑良好"
    CIVIC_POINTS = "civic_points", "精神文明建设得分"


class StepOutcome(Word):
    """How a step of a course ended."""

    PASSED = "passed", "通过"
    RETURNED = "returned", "退回"
    REFUSED = "refused", "不通过"


class ClaimGround(Word):
    """Why a loss is claimed from a fund."""

    ILLNESS = "illness", "重大疾病"
    DEATH = "death", "死亡或丧失劳动能力"
    DISASTER = "disaster", "自然灾害"
    ANIMAL_DISEASE = "animal_disease", "动物疫病"
    ACCIDENT = "accident", "意外事故"
    OTHER = "other", "其他"


class ClaimDecision(Word):
    """What was decided on a claim."""

    PENDING = "pending", "待审"
    ACCEPTED = "accepted", "同意"
    REFUSED = "refused", "不同意"


class CreditClass(Word):
    """五级分类, from best to worst."""

    NORMAL = "normal", "正常"
    ATTENTION = "attention", "关注"
    SUBSTANDARD = "substandard", "次级"
    DOUBTFUL = "doubtful", "可疑"
    LOSS = "loss", "损失"
