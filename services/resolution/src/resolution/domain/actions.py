"""Where the next best action is done."""

from contracts.lifecycle import CaseState
from resolution.domain.evidence import to_judge

_PLACES = {
    "classify": ("router", "/classification"),
    "claim": ("router", "/assignment"),
    "request_evidence": ("resolution", "/evidence-requests"),
    "hand_off": ("handoff", "/handoffs"),
    "decide_recontact": ("resolution", "/recontact-decisions"),
    "write_again": ("resolution", "/messages"),
    "decide": ("resolution", "/decisions"),
}


def place_of(state: CaseState, verb: str, *, proof: str | None = None) -> tuple[str, str]:
    """Return the service and the path of a verb; waiting is done by looking. `proof`: a point."""
    if verb == "prove_reader":
        service, place = "resolution", f"/checklist/{proof}"
    elif verb == "judge_evidence":
        service, place = "resolution", f"/evidence/{to_judge(state)[0]}/judgement"
    else:
        service, place = _PLACES.get(verb, ("resolution", ""))
    return service, f"/v1/cases/{state.case_id}{place}"
