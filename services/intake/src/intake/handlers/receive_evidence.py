"""A document has come for a case."""

from chassis import outbox, views
from chassis.door import Tx
from contracts.cases import EvidenceReceived
from intake.domain.documents import ReceiveEvidence, check_item, check_room
from intake.handlers.follow_case import follow
from intake.store import documents


async def receive_evidence(tx: Tx, command: ReceiveEvidence) -> str:
    """
    Take a document in, once: the same kind and content again is the document that is there.

    Returns the id under which it is on file.

    Raises:
        EvidenceRefused: The case has ended or is full, or asked for no such item.
    """
    view = await views.lock(tx, command.case)
    marketplace = view.state.marketplace
    same = await documents.find_same(tx, marketplace, command.case, command.file_tag)

    if same is not None:
        return same
    check_room(view.state)
    check_item(view.state, item=command.item, kind=command.kind)

    await documents.add(tx, command, marketplace=marketplace)

    outbox.announce(tx, _received(command), subject=command.case)
    # The event is folded at the flush; only then is it known what the case waits for.
    tx.before_commit.append(lambda: follow(tx, view.state))
    return command.evidence


def _received(command: ReceiveEvidence) -> EvidenceReceived:
    return EvidenceReceived(
        evidence=command.evidence,
        kind=command.kind,
        size=command.size,
        media_type=command.media_type,
        provenance=command.provenance,
        item=command.item,
        file=command.file,
    )
