import socket
from pathlib import Path

from stack.blocks import busy_ports, claimed_block


class TestClaimedBlock:
    def test_is_not_given_twice(self, tmp_path: Path) -> None:
        with claimed_block(tmp_path) as one, claimed_block(tmp_path) as other:
            assert abs(one.base - other.base) >= 100

    def test_is_free_again_afterwards(self, tmp_path: Path) -> None:
        with claimed_block(tmp_path) as one:
            pass
        with claimed_block(tmp_path) as other:
            pass

        assert one == other

    def test_passes_over_a_port_that_answers_to_somebody_else(self, tmp_path: Path) -> None:
        with claimed_block(tmp_path) as free:
            pass
        with socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind(("127.0.0.1", free.service(3)))
            squatter.listen()

            with claimed_block(tmp_path) as found:
                assert found.base != free.base


class TestBusyPorts:
    def test_names_the_port_that_is_taken(self, tmp_path: Path) -> None:
        with claimed_block(tmp_path) as ports, socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind(("127.0.0.1", ports.postgres))
            squatter.listen()

            assert busy_ports(ports) == [ports.postgres]
