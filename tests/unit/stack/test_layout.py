from pathlib import Path

import pytest

from stack.layout import (
    MOST_REPLICAS,
    all_ports,
    block_of,
    block_ports,
    default_ports,
    keep_ports,
    kept_ports,
    layout_of,
    scratch,
)


class TestDefaultPorts:
    def test_are_those_of_the_documentation(self) -> None:
        ports = default_ports()

        assert (ports.issuer, ports.service(0), ports.service(1)) == (8099, 8100, 8101)
        assert (ports.service(9), ports.kafka, ports.postgres) == (8109, 19092, 15432)

    def test_do_not_meet(self) -> None:
        ports = all_ports(default_ports())

        assert len(ports) == len(set(ports)) == 15


class TestBlockPorts:
    def test_stay_within_twenty_for_one_replica(self) -> None:
        ports = all_ports(block_ports(20_040))

        assert len(ports) == len(set(ports))
        assert set(ports) <= set(range(20_040, 20_060))

    def test_do_not_meet_with_all_replicas_and_detours(self) -> None:
        ports = block_ports(20_000)
        detours = [
            place(offset)
            for place in (ports.kafka_listener, ports.kafka_detour, ports.postgres_detour)
            for offset in range(1, 10)
        ]

        every = [*all_ports(ports, replicas=MOST_REPLICAS), *detours]

        assert len(every) == len(set(every))
        assert set(every) <= set(block_of(ports))


class TestLayoutOf:
    def test_gives_each_name_a_folder_of_its_own(self, tmp_path: Path) -> None:
        one = layout_of("one", default_ports(), within=tmp_path)
        other = layout_of("other", default_ports(), within=tmp_path)

        assert one.folder != other.folder
        assert one.folder == layout_of("one", block_ports(20_000), within=tmp_path).folder

    def test_leaves_room_for_a_socket_path(self) -> None:
        layout = layout_of("a-name-of-twenty-one-", default_ports())

        assert len(str(layout.control)) < 100


class TestScratch:
    def test_is_gone_afterwards(self, tmp_path: Path) -> None:
        with scratch(within=tmp_path) as folder:
            (folder / "file").touch()

        assert not folder.exists()


class TestMake:
    @pytest.mark.parametrize(
        ("name", "written"), [("main", "make demo"), ("fresh", "make demo NAME=fresh")]
    )
    def test_names_any_stack_but_the_usual_one(self, name: str, written: str) -> None:
        assert layout_of(name, default_ports()).make("demo") == written


class TestKeptPorts:
    def test_are_those_of_the_last_start(self, tmp_path: Path) -> None:
        layout = layout_of("one", block_ports(20_040), within=tmp_path)
        layout.folder.mkdir()

        before = kept_ports(layout.folder)
        keep_ports(layout)

        assert (before, kept_ports(layout.folder)) == (None, block_ports(20_040))
