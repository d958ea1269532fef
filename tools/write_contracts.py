"""Write what follows from the code: schemas, APIs, the playbook's files. `--check` compares."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from contract_samples import sample_of
from playbook_reference import PLACE, SCHEMA, reference

from contracts import catalogue
from contracts.event import Contract
from contracts.handoff import PartnerReply
from playbook.schemas import KINDS

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "libs" / "contracts"
SERVICES = {
    "intake": "intake",
    "router": "router",
    "resolution": "resolution",
    "handoff": "handoff",
    "sla-monitor": "sla_monitor",
    "audit": "audit",
    "vault": "vault",
}
PARTS = ("contracts", "openapi", "playbook")
_DATE_OF_SAMPLES = "2026-11-22"
_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if it differs")
    parser.add_argument("--only", choices=PARTS, help="leave out the others")
    asked = parser.parse_args()
    written = dict(_everything(asked.only))
    if asked.check:
        return _compare(written)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(written)} files written")
    return 0


def _everything(only: str | None) -> Iterator[tuple[Path, str]]:
    if only in {None, "playbook"}:
        yield from ((ROOT / path, text) for path, text in reference())
    if only in {None, "contracts"}:
        yield from _schemas()
        yield CONTRACTS / "asyncapi.yaml", _asyncapi()
        yield from _first_samples()
    if only in {None, "openapi"}:
        yield from _openapi()


def _schemas() -> Iterator[tuple[Path, str]]:
    for contract in catalogue.CONTRACTS.values():
        yield CONTRACTS / "schemas" / f"{contract.type}.json", _pretty(_schema(contract))
    yield CONTRACTS / "schemas" / f"{PartnerReply.type}.json", _pretty(_schema_of_reply())


def _schema_of_reply() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sellerworks:{PartnerReply.type}",
        "x-producer": "partners",
        "x-topic": catalogue.REPLIES,
        **PartnerReply.model_json_schema(),
    }


def _schema(contract: type[Contract]) -> dict[str, Any]:
    schema = contract.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sellerworks:{catalogue.schema_ref(contract)}",
        "x-producer": contract.producer,
        "x-topic": contract.topic,
        **schema,
    }


def _asyncapi() -> str:
    by_topic: dict[str, list[type[Contract | PartnerReply]]] = {}
    for contract in catalogue.CONTRACTS.values():
        by_topic.setdefault(contract.topic, []).append(contract)
    by_topic[catalogue.REPLIES] = [PartnerReply]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SellerWorks events",
            "version": "0.1.0",
            "description": "CloudEvents 1.0 in Kafka's binary mode; key = subject; every event is"
            " signed by its service. Replies of partners are plain JSON without headers.",
        },
        "channels": {topic: _channel(topic, told) for topic, told in sorted(by_topic.items())},
        "operations": {
            f"send.{contract.type}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{contract.topic.replace('/', '~1')}"},
                "summary": f"Said by {contract.producer}.",
            }
            for contract in catalogue.CONTRACTS.values()
        }
        | {
            f"receive.{PartnerReply.type}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{catalogue.REPLIES}"},
                "summary": "Said by partner teams; read by handoff.",
            }
        },
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _channel(topic: str, told: list[type[Contract | PartnerReply]]) -> dict[str, Any]:
    return {
        "address": topic,
        "messages": {
            contract.type: {
                "name": contract.type,
                "summary": (contract.__doc__ or "").strip().splitlines()[0],
                "contentType": "application/json",
                "payload": {"$ref": f"schemas/{contract.type}.json"},
            }
            for contract in told
        },
    }


def _first_samples() -> Iterator[tuple[Path, str]]:
    """Yield a sample for each contract that has none. A kept sample never changes."""
    for contract in catalogue.CONTRACTS.values():
        folder = CONTRACTS / "samples" / contract.type
        if not list(folder.glob("*.json")):
            yield folder / f"{_DATE_OF_SAMPLES}.json", _pretty(sample_of(contract))


def _openapi() -> Iterator[tuple[Path, str]]:
    with ThreadPoolExecutor(2) as pool:
        documents = pool.map(_openapi_of, SERVICES.values())
        for folder, document in zip(SERVICES, documents, strict=True):
            yield ROOT / "services" / folder / "openapi.json", document


def _openapi_of(package: str) -> str:
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", package, "openapi"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env=os.environ | {"SELLERWORKS_PLAYBOOKS": str(ROOT / "playbooks")},
    )
    if ran.returncode:
        raise SystemExit(f"`python -m {package} openapi` failed:\n{ran.stderr}")
    return _pretty(json.loads(ran.stdout))


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _compare(written: dict[Path, str]) -> int:
    differing = [
        path.relative_to(ROOT)
        for path, text in written.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    stale = sorted(
        path.relative_to(ROOT)
        for path in (CONTRACTS / "schemas").glob("*.json")
        if path.stem not in {*catalogue.CONTRACTS, PartnerReply.type}
    )
    stale += sorted(
        path.relative_to(ROOT)
        for path in (ROOT / PLACE).glob("*.json")
        if path.name.removesuffix(SCHEMA) not in KINDS
    )
    for path in [*differing, *stale]:
        print(f"{path} does not match the code: run `python tools/write_contracts.py`")
    return 1 if differing or stale else 0


if __name__ == "__main__":
    sys.exit(main())
