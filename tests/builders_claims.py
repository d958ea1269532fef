"""A claim that was granted, and the answers to its three questions."""

from typing import Any

from builders_contracts import a_case_opened, a_classification
from contracts.cases import EvidenceOnFile
from house_resolution import HANDLE, SELLER, House

CLAIM = a_case_opened(
    seller=SELLER,
    handle=HANDLE,
    issue_type="buyer_dispute",
    facts={"order_ref": "O-90", "dispute_kind": "not_received", "stage": "claim_granted"},
    evidence_on_file=(
        EvidenceOnFile(evidence="evd_01m80000000000000000000001", kind="shipping_proof"),
    ),
)
DISPUTE = a_classification().model_copy(update={"issue_type": "buyer_dispute"})
METRIC: dict[str, Any] = {
    "type": "seller_metric",
    "outcome": "counted",
    "root_cause": "delivered_but_claimed",
    "reasons": ["delivery_not_proven"],
    "redress": "appeal",
    "template": "dispute.decision.each",
}
REFUND = METRIC | {
    "type": "buyer_refund",
    "outcome": "refund_from_us",
    "reasons": ["delivery_proven"],
}
FUNDING = METRIC | {
    "type": "claim_funding",
    "outcome": "funded_by_us",
    "reasons": ["covered_by_protection"],
}
ANSWERS = ((METRIC, "mara"), (REFUND, "mara"), (FUNDING, "sofia"))


async def answered(house: House, count: int) -> None:
    for body, by in ANSWERS[:count]:
        answer = await house.on_case("decisions", body, by=by)
        assert answer.status_code == 201, answer.text
