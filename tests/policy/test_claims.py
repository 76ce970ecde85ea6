"""Which pack a place is judged by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import UnknownPolicyError
from app.policy.claims import ConflictingPoliciesError, check_claims, pack_for
from app.policy.policy import policies

CLAIMS = {"640323": "yanchi", "500236": "fengjie"}
CODES = st.text("0123456789", min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("code", "pack"),
    [("640323100201", "yanchi"), ("500236", "fengjie"), ("640324100201", None), ("6403", None), (None, None)],
)
def test_the_beginning_of_a_division_code_decides(code: str | None, pack: str | None) -> None:
    assert pack_for(code, CLAIMS) == pack


def test_a_place_that_two_packs_claim_is_an_error_naming_both() -> None:
    claims = {"64": "national", "640323": "yanchi"}

    with pytest.raises(ConflictingPoliciesError, match="'national' and 'yanchi' both claim 640323") as raised:
        pack_for("640323100201", claims)

    assert "“national”“yanchi”" in raised.value.problem.zh
    assert pack_for("640324", claims) == "national"


def test_one_pack_may_claim_a_place_twice() -> None:
    assert pack_for("640323100", {"64": "yanchi", "640323": "yanchi"}) == "yanchi"


def test_claims_are_checked_before_the_service_starts() -> None:
    with pytest.raises(UnknownPolicyError, match="640323 is given the pack 'yanchy'"):
        check_claims({"640323": "yanchy"}, policies())
    with pytest.raises(ConflictingPoliciesError):
        check_claims({"64": "national", "640323": "yanchi"}, policies())

    check_claims({"640323": "yanchi", "640324": "national"}, policies())


@given(claims=st.dictionaries(CODES, st.sampled_from(("yanchi", "national")), max_size=6), code=CODES)
def test_claims_that_pass_the_check_never_conflict_where_no_code_lies_within_another(
    claims: dict[str, str], code: str
) -> None:
    try:
        check_claims(claims, ("yanchi", "national"))
    except ConflictingPoliciesError:
        return

    claiming = {pack for prefix, pack in claims.items() if code.startswith(prefix)}

    assert pack_for(code, claims) == (claiming.pop() if claiming else None)
