"""Which pack a place is judged by: a deployment names packs by the beginning of division codes.

The county codes in a pack are an offer only: they say of which counties the pack speaks, and the
deployment chooses.
"""

from collections.abc import Collection, Mapping

from app.domain.errors import PolicyError, UnknownPolicyError

Claims = Mapping[str, str]  # the beginning of a division code to the name of a pack


class ConflictingPoliciesError(PolicyError):
    """Two policy packs claim the same place, or several would have to judge at once."""

    code = "conflicting_policies"


def pack_for(division_code: str | None, claims: Claims) -> str | None:
    """This function will name the pack that a place is judged by; None where none claims it.

    Raises ConflictingPoliciesError where two different packs do.

    >>> pack_for("640323100201", {"640323": "yanchi", "500236": "fengjie"})
    'yanchi'
    """
    if not division_code:
        return None
    claiming = sorted({pack for prefix, pack in claims.items() if division_code.startswith(prefix)})
    if len(claiming) > 1:
        raise _conflict(division_code, claiming)
    return claiming[0] if claiming else None


def check_claims(claims: Claims, packs: Collection[str]) -> None:
    """This function will refuse claims that name no known pack, or by which two packs claim one place.

    Raises UnknownPolicyError or ConflictingPoliciesError.
    """
    for prefix, pack in claims.items():
        if pack not in packs:
            known = sorted(packs)
            raise UnknownPolicyError(
                zh=f"区划 {prefix} 指定的政策包“{pack}”不存在；现有：{'、'.join(known)}",
                en=f"{prefix} is given the pack {pack!r}, which is unknown; there are: {', '.join(known)}",
                policy=pack,
            )
        pack_for(prefix, claims)


def _conflict(division_code: str, packs: list[str]) -> ConflictingPoliciesError:
    return ConflictingPoliciesError(
        zh=f"区划 {division_code} 同时被政策包“{'”“'.join(packs)}”认领；请只指定一个",
        en=f"the packs {' and '.join(map(repr, packs))} both claim {division_code}; name one of them only",
        division_code=division_code,
    )
