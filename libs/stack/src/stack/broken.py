"""What keeps a stack from running, in one sentence for the person at the terminal."""


class StackProblem(Exception):
    """Says what is wrong and what to do about it; shown as it is, without a traceback."""


class NotRunning(StackProblem):
    """Nobody listens for commands: nothing runs, or it just begins or ends."""


class AlreadyRunning(StackProblem):
    """Somebody else was faster to start this stack."""
