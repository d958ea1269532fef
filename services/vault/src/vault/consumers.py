"""Door 2: what the vault listens to. One entry a subscription."""

from chassis.door import Tx
from chassis.subscriptions import Consumer, subscribe
from contracts.cases import CaseOpened
from contracts.catalogue import CASES
from contracts.event import Event
from vault.handlers.bind_key import bind_key


def vault_consumer() -> Consumer:
    """Fold every case, to know who may open what of it."""
    return Consumer(
        name="vault", topics=(CASES,), subscriptions=(subscribe(CaseOpened, _on_case_opened),)
    )


async def _on_case_opened(event: Event[CaseOpened], /, *, tx: Tx) -> None:
    await bind_key(event, tx=tx)
