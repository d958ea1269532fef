"""Note what the marketplace's messaging says about a letter."""

from dataclasses import dataclass

from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.views import touch
from playbook.model import Playbook
from resolution.handlers.guards import require_code
from resolution.store import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """Delivered, or failed for a reason of the playbook's list delivery_failed."""

    message: str
    state: str
    reason: str | None = None


async def record_delivery(
    tx: Tx, command: RecordDelivery, *, playbook: Playbook
) -> messages.Message:
    """
    Keep a delivery report; a later one replaces it, the same one changes nothing.

    Raises:
        Invalid: Failed without a reason of the list, or delivered with one.
    """
    message = await messages.get_message(tx, command.message)
    if command.state == "failed":
        codes = playbook.codes.delivery_failed
        require_code(command.reason, codes, pointer="/reason", of="delivery_failed")
    elif command.reason is not None:
        raise Invalid([FieldError("/reason", "not-taken", "a delivery takes no reason")])
    if (message.delivery_state, message.delivery_reason) == (command.state, command.reason):
        return message

    await messages.note_delivery(tx, message.id, state=command.state, reason=command.reason)
    touch(tx.views[message.case_id])
    return await messages.get_message(tx, message.id)
