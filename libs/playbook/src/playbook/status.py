"""What a seller may read about a case, in plain language."""

from playbook.model import Playbook


def stage(playbook: Playbook, status: str) -> str:
    """Turn a status into the stage a seller sees; one that is unknown is like a fresh case."""
    return playbook.card.stage_of.get(status, playbook.card.stage_of["opened"])


def stage_text(playbook: Playbook, status: str, language: str) -> str:
    return playbook.card.stages[stage(playbook, status)].say(language)


def history_text(playbook: Playbook, event_type: str, language: str) -> str | None:
    """Say an event (`case.opened` or `case.opened.v1`) to a seller; None if it is not for them."""
    words = playbook.card.history.get(event_type) or playbook.card.history.get(
        event_type.rpartition(".")[0]
    )
    return words.say(language) if words else None


def team_name(playbook: Playbook, team: str, language: str) -> str:
    """Name a team; one that this version does not know keeps its code."""
    known = playbook.team(team)
    return known.name.say(language) if known else team
