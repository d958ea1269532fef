"""What keeps a stack from running, in one sentence for the person at the terminal."""


class StackProblem(Exception):
    """Says what is wrong and what to do about it; shown as it is, without a traceback."""
