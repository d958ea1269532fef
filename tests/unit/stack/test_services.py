from pathlib import Path

import pytest

from stack.databases import login_roles
from stack.keys import Keys, make_keys
from stack.layout import Layout, default_ports
from stack.services import (
    SERVICES,
    SIGNER,
    database_url,
    environment_of,
    missing_replica,
    plain_environment,
    replicas_of,
    service_named,
    service_urls,
    split_of,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(folder=tmp_path, cache=tmp_path / "cache", ports=default_ports())


@pytest.fixture
def keys(layout: Layout) -> Keys:
    names = [service.name for service in SERVICES]
    return make_keys(layout.keys, services=names, users=login_roles(SERVICES))


@pytest.fixture
def environments(layout: Layout, keys: Keys) -> dict[str, dict[str, str]]:
    return {
        program.name: environment_of(service, program, layout=layout, keys=keys)
        for service in SERVICES
        for program in service.programs
    }


class TestEnvironmentOf:
    def test_gives_the_checkpoint_key_to_the_signer_alone(
        self, environments: dict[str, dict[str, str]], keys: Keys
    ) -> None:
        holders = [name for name, env in environments.items() if str(keys.signer) in env.values()]

        assert holders == [SIGNER]

    def test_gives_the_master_key_to_the_vault_alone(
        self, environments: dict[str, dict[str, str]], keys: Keys
    ) -> None:
        holders = [name for name, env in environments.items() if str(keys.master) in env.values()]

        assert holders == ["vault"]

    def test_gives_no_process_the_password_of_an_owner(
        self, environments: dict[str, dict[str, str]], keys: Keys
    ) -> None:
        owners = [keys.password(role) for role in login_roles(SERVICES) if role.endswith("_owner")]

        given = " ".join(value for env in environments.values() for value in env.values())

        assert [password for password in owners if password in given] == []

    def test_gives_each_process_a_port_of_its_own(
        self, environments: dict[str, dict[str, str]]
    ) -> None:
        ports = [env["SELLERWORKS_PORT"] for env in environments.values()]

        assert len(ports) == len(set(ports)) == len(SERVICES) + 1

    def test_lets_a_service_in_as_its_app(self, environments: dict[str, dict[str, str]]) -> None:
        url = environments["sla-monitor"]["SELLERWORKS_DATABASE_URL"]

        assert url.startswith("postgresql+asyncpg://sla_monitor_app:")
        assert url.endswith("@127.0.0.1:15432/sla_monitor")

    def test_arms_nothing(self, environments: dict[str, dict[str, str]]) -> None:
        assert {env["SELLERWORKS_FAILPOINTS"] for env in environments.values()} == {""}

    def test_sends_a_detoured_service_through_ports_of_its_own(
        self, layout: Layout, keys: Keys
    ) -> None:
        handoff = service_named("handoff")

        env = environment_of(handoff, handoff.programs[0], layout=layout, keys=keys, detoured=True)

        assert env["SELLERWORKS_KAFKA"] == f"127.0.0.1:{layout.ports.kafka_detour(4)}"
        assert f"@127.0.0.1:{layout.ports.postgres_detour(4)}/" in env["SELLERWORKS_DATABASE_URL"]


class TestReplicasOf:
    def test_adds_a_number_to_all_but_the_first(self) -> None:
        programs = replicas_of(service_named("audit"), 2)

        names = [program.name for program in programs]
        assert names == ["audit", "audit-signer", "audit-2", "audit-signer-2"]

    def test_gives_each_a_port_of_its_own(self, layout: Layout, keys: Keys) -> None:
        ports = [
            environment_of(service, program, layout=layout, keys=keys)["SELLERWORKS_PORT"]
            for service in SERVICES
            for program in replicas_of(service, 3)
        ]

        assert len(ports) == len(set(ports)) == 3 * (len(SERVICES) + 1)

    def test_gives_the_keys_of_its_trade_to_each_signer(self, layout: Layout, keys: Keys) -> None:
        audit = service_named("audit")

        holders = [
            program.name
            for program in replicas_of(audit, 2)
            if str(keys.signer) in environment_of(audit, program, layout=layout, keys=keys).values()
        ]

        assert holders == ["audit-signer", "audit-signer-2"]


class TestSplitOf:
    def test_runs_http_apart_from_consuming(self) -> None:
        roles = {
            program.name: program.arguments[1] for program in split_of(service_named("router"))
        }

        assert roles == {"router": "api", "router-worker": "worker"}

    def test_leaves_the_signer_as_it_is(self) -> None:
        roles = {program.name: program.arguments[1] for program in split_of(service_named("audit"))}

        assert roles == {"audit": "api", "audit-worker": "ingest,sequencer", SIGNER: "signer"}


class TestPlainEnvironment:
    def test_passes_on_no_secret_of_whoever_starts_the_stack(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOME_TOKEN", "secret")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "stack")

        env = plain_environment()

        assert "SOME_TOKEN" not in env
        assert env["OTEL_SERVICE_NAME"] == "stack"


class TestServiceUrls:
    def test_are_those_of_the_documentation(self, layout: Layout) -> None:
        urls = service_urls(layout)

        assert urls["intake"] == "http://127.0.0.1:8101"
        assert urls["audit"] == "http://127.0.0.1:8106"
        assert urls["vault"] == "http://127.0.0.1:8109"


class TestDatabaseUrl:
    def test_names_the_owner_for_migrations(self, layout: Layout, keys: Keys) -> None:
        url = database_url(service_named("router"), "owner", layout=layout, keys=keys)

        assert url.startswith(f"postgresql+asyncpg://router_owner:{keys.password('router_owner')}@")


class TestMissingReplica:
    def test_is_none_where_as_many_run_as_were_asked_for(self) -> None:
        assert missing_replica({"kafka", "router", "router-2"}, 2) is None

    def test_is_named_where_fewer_run(self) -> None:
        assert missing_replica({"kafka", "router", "vault", "vault-2"}, 2) == "router-2"

    @pytest.mark.parametrize(("running", "count"), [({"kafka"}, 2), ({"router"}, 1)])
    def test_is_none_where_no_service_runs_or_none_was_asked_for(
        self, running: set[str], count: int
    ) -> None:
        assert missing_replica(running, count) is None
