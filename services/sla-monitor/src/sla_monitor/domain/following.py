"""Clocks follow a case: an event starts, stops, cancels, pauses and resumes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from contracts.lifecycle import CaseState
from playbook import clocks, targets
from playbook.calendar import Calendar
from playbook.clock import Cancel, Clock, Identity, Pause, Resume, Retarget, Stop, Transition
from playbook.model import Playbook, pinned
from playbook.targets import Reaction, Scope, Target
from sla_monitor.domain.happening import Happening
from sla_monitor.domain.holding import Held, Move

UNCLASSIFIED: Final = "medium"
"""A case's severity until it is classified."""

_OF_ALL: Final = frozenset({"case", "message"})
# What says type, severity and team, first or anew.
_SETS_TARGETS: Final = frozenset({"case.routed", "case.reclassified", "case.rerouted"})
_MOVED: Final = "case.rerouted"
_TURN: Final = "#"
_TOLD: Final = "resolution"

NameClock: TypeAlias = Callable[[str, str, str, int], str]
"""Names a clock from case, object, kind and episode: the same four, the same id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The playbooks at hand, and how clocks get their names."""

    playbooks: Mapping[str, Playbook]
    name: NameClock

    def playbook(self, pin: str) -> Playbook:
        """
        Find the playbook of a pin.

        Raises:
            PlaybookNotLoaded: It is not here: the case waits until it is.
        """
        return pinned(self.playbooks, pin)

    def calendar(self, held: Held) -> Calendar:
        """Find the calendar that a clock was pinned to when it started."""
        return self.playbook(held.clock.playbook).calendar(held.clock.calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """An event of a case, and what the case's playbook wants of it."""

    happening: Happening
    wanted: Sequence[Reaction]
    state: CaseState
    playbook: Playbook
    rules: Rules


def follow(
    happening: Happening, held: Sequence[Held], *, state: CaseState, rules: Rules
) -> tuple[Move, ...]:
    """
    Decide what an event does to the clocks of its case; `state` is the case after the event.

    Clocks that it ends come first, then those that whoever the case waits for pauses or lets run,
    last those that it starts. An event that was followed before starts nothing again, and neither
    does one of a case that was merged into another.
    """
    playbook = rules.playbook(state.playbook)
    merged = state.merged_into is not None
    wanted = () if merged else targets.reactions(playbook, happening.event, happening.traits)
    turn = _Turn(happening=happening, wanted=wanted, state=state, playbook=playbook, rules=rules)
    moved = [move for one in held if one.clock.is_live for move in _follow_one(one, turn)]
    ended = [move for move in moved if not move.clock.is_live]
    going = [move for move in moved if move.clock.is_live]
    newest = {one.clock.clock_id: one.clock for one in held}
    newest |= {move.clock.clock_id: move.clock for move in moved}
    return (*ended, *going, *_start_missing(newest, turn))


def sets_targets(event: str) -> bool:
    """Say whether an event may change how long the clocks of a case may run, or whose they are."""
    return event in _SETS_TARGETS


def _follow_one(held: Held, turn: _Turn) -> Iterator[Move]:
    now_of = replace(held, clock=replace(held.clock, team=held.clock.team or _team(turn.state)))
    transitions = _transitions(now_of, turn)
    if not transitions and now_of != held:
        yield Move(held=now_of)
    for transition in transitions:
        move = _advance(now_of, transition, turn)
        yield move
        now_of = move.held


def _transitions(held: Held, turn: _Turn) -> tuple[Transition, ...]:
    if ending := _ending(held, turn):
        return (ending,)
    return (*_retarget(held, turn), *_shift(held, turn))


def _ending(held: Held, turn: _Turn) -> Stop | Cancel | None:
    if turn.state.merged_into is not None:
        return Cancel()  # of whatever kind: the older case has clocks of its own
    for reaction in turn.wanted:
        if reaction.kind == held.clock.kind and _concerns(held, reaction, turn.happening):
            match reaction.action:
                case "stop":
                    return Stop()
                case "cancel":
                    return Cancel()
                case "start":
                    continue
    return None


def _concerns(held: Held, reaction: Reaction, happening: Happening) -> bool:
    """Tell whether a reaction means this clock: without an object of its own, every one does."""
    named = happening.objects.get(reaction.of)
    return reaction.of in _OF_ALL or named is None or held.clock.object_id in named


def _retarget(held: Held, turn: _Turn) -> Iterator[Retarget]:
    """
    Give a clock of the case the target of its type, severity and team, when one of these changes.

    What a letter promised is another clock's, and stays. When we expect the end was told as well:
    the target behind it may become shorter, never longer.
    """
    of_case = held.clock.object_id.partition(_TURN)[0] == turn.state.case_id
    if not of_case or not sets_targets(turn.happening.event):
        return
    target = targets.find_target(turn.playbook, _scope_of(held, turn))
    if target is None:
        return
    team = _team(turn.state) or held.clock.team
    change = Retarget(target, team=team)
    if _was_told(held, turn.state) and _is_later(held, change, turn):
        change = Retarget(_as_it_is(held, turn.rules), team=team)
    if _changes(held, change):
        yield change


def _scope_of(held: Held, turn: _Turn) -> Scope:
    return _scope(held.clock.kind, held.clock.object_id, turn, since=held.clock.started_at)


def _changes(held: Held, change: Retarget) -> bool:
    clock, target = held.clock, change.target
    before = (held.row, clock.target, clock.calendar, clock.team)
    return before != (target.row, target.duration, target.calendar.pin, change.team)


def _was_told(held: Held, state: CaseState) -> bool:
    """Say whether the seller has read in a letter when this clock should end."""
    return held.clock.kind == _TOLD and any(one.expected_by for one in state.messages.values())


def _is_later(held: Held, change: Retarget, turn: _Turn) -> bool:
    """Say whether the clock, if it runs from now on, would be due later than it is."""
    after = _due_after(held, (change, Resume()), turn)
    before = _due_after(held, (Resume(),), turn)
    return before is not None and after is not None and after > before


def _due_after(held: Held, transitions: Sequence[Transition], turn: _Turn) -> datetime | None:
    for transition in transitions:
        held = _advance(held, transition, turn).held
    return held.clock.due_at


def _as_it_is(held: Held, rules: Rules) -> Target:
    """Write the target that a clock has, to change its team alone."""
    return Target(
        duration=held.clock.target,
        calendar=rules.calendar(held),
        steps=tuple(step.percent for step in held.clock.steps),
        ladder=None,
        row=held.row,
    )


def _shift(held: Held, turn: _Turn) -> Iterator[Pause | Resume]:
    playbook = turn.rules.playbook(held.clock.playbook)
    stands = held.clock.running_since is None
    should_stand = targets.is_paused_by(playbook, held.clock.kind, turn.state.waiting_on)
    if stands != should_stand:
        yield Pause() if should_stand else Resume()


def _advance(held: Held, transition: Transition, turn: _Turn) -> Move:
    calendar = turn.rules.calendar(held)
    advanced = clocks.advance(held.clock, transition, turn.happening.at, calendar)
    row = transition.target.row if isinstance(transition, Retarget) else held.row
    return Move(
        held=replace(held, row=row, clock=advanced.clock),
        announcements=advanced.announcements,
        intervals=advanced.intervals,
        clamped=advanced.clamped,
    )


def _start_missing(known: Mapping[str, Clock], turn: _Turn) -> Iterator[Move]:
    state = turn.state
    running = {clock.kind for clock in known.values() if clock.is_live}
    for reaction in turn.wanted:
        if reaction.action != "start" or (_is_moved(turn) and reaction.kind in running):
            continue
        for object_id in _objects(reaction, turn):
            name = turn.rules.name(state.case_id, object_id, reaction.kind, state.episode)
            if name not in known:
                yield from _start(name, reaction.kind, object_id, turn)


def _objects(reaction: Reaction, turn: _Turn) -> tuple[str, ...]:
    """
    Name what the clocks that a reaction starts are about.

    A case that moves to another queue is waited for anew, and its clock of then has ended: the
    next one is about the case's second turn, its third …
    """
    if not _is_moved(turn) or reaction.of != "case":
        return turn.happening.objects.get(reaction.of, ())
    turns = sum(move.what == _MOVED for move in turn.state.moves) + 1
    return (f"{turn.state.case_id}{_TURN}{turns}",)


def _is_moved(turn: _Turn) -> bool:
    return turn.happening.event == _MOVED


def _start(name: str, kind: str, object_id: str, turn: _Turn) -> Iterator[Move]:
    """
    Start a clock, and pause it at once if the case waits for someone whom it waits for.

    One that runs towards a date which the case does not have is not started.
    """
    scope = _scope(kind, object_id, turn, since=turn.happening.at)
    target = targets.find_target(turn.playbook, scope)
    if target is None:
        return
    identity = Identity(
        clock_id=name,
        kind=kind,
        object_id=object_id,
        episode=turn.state.episode,
        playbook=turn.playbook.pin,
        team=scope.team,
        window=targets.is_window(turn.playbook, kind),
    )
    started = clocks.start(identity, at=turn.happening.at, target=target)
    held = Held(
        marketplace=turn.state.marketplace,
        case_id=turn.state.case_id,
        row=target.row,
        clock=started.clock,
    )
    yield Move(held=held, announcements=started.announcements, intervals=started.intervals)
    for pause in _shift(held, turn):
        yield _advance(held, pause, turn)


def _scope(kind: str, object_id: str, turn: _Turn, *, since: datetime) -> Scope:
    state = turn.state
    handoff = state.handoffs.get(object_id)
    return Scope(
        kind=kind,
        issue_type=state.issue_type,
        severity=state.classification.severity if state.classification else UNCLASSIFIED,
        tier=state.seller.tier,
        region=state.seller.region,
        patch=turn.playbook.patch_for(state.marketplace),
        team=handoff.team if handoff else _team(state),
        since=since,
        facts=state.facts,
        put_off_until=min((one.until for one in state.open_facts), default=None),
    )


def _team(state: CaseState) -> str | None:
    return state.route.team if state.route else None
