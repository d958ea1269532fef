"""A playbook just large enough to be whole, which no change of content moves."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

SMALL = Path(__file__).parent / "unit" / "playbook" / "small"

Spoil: TypeAlias = Callable[[str, str, str], tuple[str, ...]]
"""Replaces a text of a file of a copy once, and tells what the loader then says."""
