from dataclasses import replace
from pathlib import Path

import pytest

from stack.broken import StackProblem
from stack.databases import login_roles
from stack.errands import run_errand
from stack.keys import make_keys
from stack.layout import Layout, block_ports, default_ports
from stack.services import SERVICES
from stack.stacks import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    layout = Layout(folder=tmp_path, cache=tmp_path / "cache", ports=default_ports())
    names = [service.name for service in SERVICES]
    make_keys(layout.keys, services=names, users=login_roles(SERVICES))
    return Stack(layout=layout)


class TestRunErrand:
    def test_says_which_services_there_are(self, stack: Stack) -> None:
        with pytest.raises(StackProblem, match="there are: vault, intake"):
            run_errand(stack, "post-office", ["open"])

    def test_runs_a_command_with_the_settings_of_the_service(
        self, stack: Stack, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Its settings are read before the command is looked up: all of them are there."""
        code = run_errand(stack, "sla-monitor", ["dream"])

        assert code == 1
        assert "dream: no such command" in capfd.readouterr().err

    def test_lets_migrations_come_in_as_the_owner(
        self, stack: Stack, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing listens there: that it looks for the database at all is what counts."""
        nowhere = Stack(layout=replace(stack.layout, ports=block_ports(1)))

        code = run_errand(nowhere, "intake", ["migrate"])

        assert code == 1
        assert "ConnectionRefusedError" in capfd.readouterr().err
