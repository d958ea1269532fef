"""Places where a test may kill this process; inert everywhere else."""

import os
import signal
from dataclasses import dataclass

_KILL, _RAISE = "kill", "raise"


class Reached(Exception):
    """An armed fail-point with the action `raise` was reached."""


class MayNotArm(Exception):
    """Fail-points were named outside of the test stack. Remove SELLERWORKS_FAILPOINTS."""


@dataclass(slots=True, kw_only=True)
class _Trap:
    action: str
    passes: int  # how often it lets pass before it snaps


_armed: dict[str, _Trap] = {}


def arm(description: str, *, stack: bool) -> None:
    """
    Arm `name:kill,name2:raise`; `name:kill@3` snaps at the third time, once. Empty disarms.

    Raises:
        MayNotArm: Something is named although this is not the test stack.
        ValueError: An action is neither `kill` nor `raise`.
    """
    traps = dict(_read(one) for one in description.split(",") if one.strip())
    if traps and not stack:
        raise MayNotArm("fail-points are for the test stack only")
    _armed.clear()
    _armed.update(traps)


def _read(text: str) -> tuple[str, _Trap]:
    name, _, rest = text.strip().partition(":")
    action, _, count = rest.partition("@")
    if action not in {_KILL, _RAISE}:
        raise ValueError(f"fail-point {name}: `kill` or `raise`, not {action!r}")
    return name, _Trap(action=action, passes=int(count or "1") - 1)


def reach(name: str) -> None:
    """
    Pass a place where a test may want this process to die.

    Raises:
        Reached: A test asked for an error here.
    """
    if _armed and (trap := _armed.get(name)):
        _snap(name, trap)


def _snap(name: str, trap: _Trap) -> None:
    if trap.passes:
        trap.passes -= 1
        return
    del _armed[name]
    if trap.action == _KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    raise Reached(name)
