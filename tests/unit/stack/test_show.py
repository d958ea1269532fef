import io
import os
import pty

from stack import show
from stack.layout import default_ports, layout_of
from stack.stacks import Stack

NARROW = 80


class TestConsoleFor:
    def test_is_wide_where_there_is_no_terminal(self) -> None:
        assert show.console_for(io.StringIO()).width > NARROW

    def test_is_as_wide_as_the_terminal(self) -> None:
        leader, follower = pty.openpty()
        with os.fdopen(leader, "rb"), os.fdopen(follower, "w") as terminal:
            assert show.console_for(terminal).file.isatty()


class TestReady:
    def test_names_the_stack_in_what_to_do_next(self) -> None:
        said = io.StringIO()
        fresh = Stack(layout=layout_of("fresh", default_ports()))

        show.ready(show.console_for(said), fresh, seconds=1)

        shown = said.getvalue()
        assert "make demo NAME=fresh" in shown
        assert "`make token WHO=mara NAME=fresh`" in shown
        assert "…" not in shown
