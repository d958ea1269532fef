"""A letter gave an article in another language than the seller's: somebody has to know."""

from collections.abc import Mapping

from chassis.door import Tx
from chassis.outbox import announce
from contracts.assets import KnowledgeGapNoted
from contracts.lifecycle import CaseState
from playbook.model import Playbook
from resolution.domain.letters import untranslated
from resolution.store.knowledge_gaps import add_gap
from resolution.store.messages import Message


async def note_gaps(
    tx: Tx,
    state: CaseState,
    message: Message,
    parameters: Mapping[str, object],
    *,
    playbook: Playbook,
) -> None:
    """Put on record each article of a letter that does not exist in the seller's language."""
    template = message.template.partition("@")[0]
    for gap in untranslated(playbook, state, parameters, template=template):
        await add_gap(
            tx,
            state,
            message=message.id,
            article=gap.article,
            language=gap.language,
            given=gap.given,
        )
        noted = KnowledgeGapNoted(
            message=message.id, article=gap.article, language=gap.language, given=gap.given
        )
        announce(tx, noted, subject=state.case_id)
