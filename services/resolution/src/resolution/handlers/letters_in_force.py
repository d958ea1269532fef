"""May this letter still go out? What was withdrawn is refused, and what stands in is named."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.door import Tx
from chassis.problems import FieldError
from contracts.lifecycle import CaseState
from playbook import templates
from playbook.letters import MISSING
from playbook.model import Playbook
from resolution.domain.invalidation import Invalidation, stopping
from resolution.domain.letters import (
    can_fill,
    known_parameters,
    request_template,
    stand_ins,
)
from resolution.domain.promises import promise_dates
from resolution.store import invalidations


class LetterInvalidated(Exception):
    """The letter was withdrawn. `public` names the withdrawal and what to use instead."""

    def __init__(self, by: Invalidation, *, pointer: str | None = None) -> None:
        super().__init__(by.asset)
        use = f"Use {by.instead} instead." if by.instead else "No letter stands in for it."
        detail = f"{by.asset} was withdrawn ({by.reason}). {use}"
        self.errors = (FieldError(pointer, "invalidated", detail),) if pointer else ()
        self.public = {
            "detail": detail,
            "invalidation": {
                "id": by.id,
                "asset": by.asset,
                "reason": by.reason,
                "effective_at": by.effective_at,
            },
            "instead": by.instead,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLetter:
    """The letter that asks for documents, if there is one; or why it may not go out."""

    template: str | None
    stopped: Invalidation | None = None


async def require_in_force(tx: Tx, state: CaseState, rendered: templates.Rendered) -> None:
    """
    Hold a letter to what was withdrawn; it cannot be withdrawn any more in this transaction.

    Raises:
        LetterInvalidated: It was.
    """
    found = await invalidations.in_force(tx, marketplace=state.marketplace, asset=rendered.template)
    by = stopping(found, playbook=state.playbook, region=rendered.region)
    if by is not None:
        raise LetterInvalidated(by, pointer="/template")


async def find_request_letter(tx: Tx, state: CaseState, *, playbook: Playbook) -> RequestLetter:
    """
    Choose the letter that asks for documents; where it cannot be sent what stands in for it.

    It was withdrawn, or it names a fact that the filing has put off. In for it stands what the
    withdrawal names, else another request for this type of case: in force, and in need of nothing
    that only a person could say.
    """
    template = request_template(playbook, state)
    if template is None:
        return RequestLetter(template=None)
    by = await stopped_by(tx, state, template, playbook)
    known = known_parameters(state, promise_dates(playbook, state, tx.now))
    if by is None and can_fill(playbook, template, known):
        return RequestLetter(template=template)
    for other in stand_ins(playbook, state, by.instead if by else None):
        if not _can_ask(playbook, other, known):
            continue
        if await stopped_by(tx, state, other, playbook) is None:
            return RequestLetter(template=other)
    return RequestLetter(template=None, stopped=by)


async def stopped_by(
    tx: Tx, state: CaseState, template_id: str, playbook: Playbook
) -> Invalidation | None:
    """
    Return the withdrawal that keeps a template from this seller.

    For whoever writes without a person: a consumer must not fail because of it. None also where
    the playbook has no such template for the seller: composing the letter says so.
    """
    region = playbook.patch_for(state.marketplace) or state.seller.region
    language = playbook.language_for(state.seller.language, region)
    try:
        template = templates.find_template(playbook, template_id, language=language, region=region)
    except templates.TemplateNotFound:
        return None
    found = await invalidations.in_force(tx, marketplace=state.marketplace, asset=template.pin)
    return stopping(found, playbook=state.playbook, region=region)


def _can_ask(playbook: Playbook, template_id: str, known: Mapping[str, object]) -> bool:
    asks = MISSING in templates.parameters(playbook, template_id)
    return asks and can_fill(playbook, template_id, known)
