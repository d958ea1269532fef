"""The fold of a case: what all services agree on. A released version never changes."""

from contracts.lifecycle.state import CaseState, Folded
from contracts.lifecycle.v1 import fold

__all__ = ["CaseState", "Folded", "fold"]
