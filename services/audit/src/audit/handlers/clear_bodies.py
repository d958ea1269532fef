"""Bodies are cleared once they were kept long enough; leaves stay, and so does every proof."""

from collections.abc import Sequence
from typing import Final

from audit.domain.retention import Rule
from audit.handlers.bear_witness import bear_witness
from audit.store import holds, retention
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import BodiesCleared

AT_ONCE: Final = 500


class HeldBodies(Exception):
    """A hold keeps bodies whose time has come. It names the holds of the marketplace."""

    def __init__(self, standing: Sequence[str]) -> None:
        super().__init__()
        self.public = {"hold": standing[0], "holds": list(standing)}


async def clear_expired(tx: Tx, rule: Rule, *, signer: Signer) -> int:
    """
    Clear at most 500 bodies of a class, none under a hold; a leaf says which. Returns how many.

    What was said at the same time as a hold is placed is either kept or gone before it.
    """
    before = tx.now - rule.keep
    cleared = await retention.clear(tx, rule, before=before, limit=AT_ONCE)
    if cleared:
        await bear_witness(
            tx,
            BodiesCleared(
                what=rule.what,
                said_before=before,
                first_idx=cleared[0],
                last_idx=cleared[-1],
                count=len(cleared),
            ),
            signer=signer,
            subject=rule.marketplace,
            marketplace=rule.marketplace,
        )
    return len(cleared)


async def check_no_holds(tx: Tx, rules: Sequence[Rule]) -> None:
    """
    Let everything that has expired be cleared, or nothing.

    Raises:
        HeldBodies: A hold keeps some of it.
    """
    await holds.wait_for_turn(tx)
    for rule in rules:
        if await retention.is_any_held(tx, rule, before=tx.now - rule.keep):
            raise HeldBodies(await retention.list_standing(tx, rule.marketplace))
