"""Yesterday's events still parse, and the generated files say what the code says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contracts import catalogue
from contracts.event import Contract

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "libs" / "contracts" / "samples").glob("*/*.json"))


class TestSamples:
    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
    def test_of_every_version_ever_released_parse(self, path: Path) -> None:
        contract = catalogue.CONTRACTS[path.parent.name]

        fact = contract.model_validate_json(path.read_bytes())

        written = json.loads(fact.model_dump_json(by_alias=True, exclude_none=True))
        assert set(written) == set(json.loads(path.read_bytes()))

    def test_exist_for_every_contract(self) -> None:
        assert {path.parent.name for path in SAMPLES} == set(catalogue.CONTRACTS)

    @pytest.mark.parametrize("contract", catalogue.CONTRACTS.values(), ids=lambda c: c.type)
    def test_survive_a_field_and_a_word_of_a_newer_producer(self, contract: type[Contract]) -> None:
        path = next(path for path in SAMPLES if path.parent.name == contract.type)
        newer = json.loads(path.read_bytes()) | {"added_later": "x"}

        fact = contract.model_validate(newer)

        assert isinstance(fact, contract)


class TestGeneratedFiles:
    @pytest.mark.parametrize("part", ["contracts", "playbook"])
    def test_match_the_code(self, part: str) -> None:
        ran = subprocess.run(  # noqa: S603 - our own tool
            [
                sys.executable,
                ROOT / "tools" / "write_contracts.py",
                "--check",
                "--only",
                part,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ran.returncode == 0, ran.stdout + ran.stderr
