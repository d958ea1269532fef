"""What goes out by itself while letters may not speak: one that says nothing, once."""

from chassis.door import Tx
from contracts.lifecycle import CaseState
from playbook import templates
from playbook.model import Playbook
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import promise_dates
from resolution.handlers.letters_in_force import stopped_by
from resolution.handlers.step_up import find_awaited
from resolution.handlers.write_letter import Letter, write_letter


async def hold_letters(tx: Tx, state: CaseState, *, playbook: Playbook) -> bool:
    """
    Say whether what we write by ourselves has to wait; the seller hears once that we will call.

    A seller who has a letter already gets no other one, and none that was withdrawn goes out.
    """
    proof = await find_awaited(tx, state, playbook=playbook)
    if proof is None:
        return False
    if state.messages or await stopped_by(tx, state, proof.letter, playbook) is not None:
        return True

    dates = promise_dates(playbook, state, tx.now)
    known = known_parameters(state, dates)
    letter = Letter(
        template=proof.letter,
        parameters=fill(templates.parameters(playbook, proof.letter), known, {}),
        update_by=dates.update_by,
    )
    await write_letter(tx, state, letter, playbook=playbook)
    return True
