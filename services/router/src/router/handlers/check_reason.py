"""Reasons are codes of the playbook."""

from collections.abc import Sequence

from chassis.problems import FieldError, Invalid


def find_unknown(reason: str, known: Sequence[str], *, of: str) -> tuple[FieldError, ...]:
    """Say what is wrong with a reason: nothing, where the list `of` the playbook has it."""
    if reason in known:
        return ()
    return (FieldError("/reason", "unknown-code", f"One of {of}: {', '.join(known)}."),)


def check_reason(reason: str, known: Sequence[str], *, of: str) -> None:
    """
    Hold a reason to a list of the playbook.

    Raises:
        Invalid: The list does not have it.
    """
    if errors := find_unknown(reason, known, of=of):
        raise Invalid(errors)
