"""What partners read about answering is what is read of their answers."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from contracts.handoff import PartnerReply

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "answer-as-a-partner.md"
CONTRACTS = ROOT / "libs" / "contracts"


def examples() -> list[str]:
    (block,) = GUIDE.read_text().split("```json\n")[1:]
    return block.partition("```")[0].splitlines()


class TestPartnerReply:
    @pytest.mark.parametrize("written", examples())
    def test_is_as_the_guide_shows(self, written: str) -> None:
        schema = json.loads((CONTRACTS / "schemas" / "partner.reply.json").read_bytes())

        reply = PartnerReply.model_validate(json.loads(written))

        assert reply.reply in {"accepted", "completed", "returned"}
        assert jsonschema_rs.is_valid(schema, json.loads(written))

    def test_stands_in_the_asyncapi_document_with_its_schema(self) -> None:
        document = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())

        messages = document["channels"]["handoff-replies.v1"]["messages"]

        place = messages["partner.reply"]["payload"]["$ref"]
        assert (CONTRACTS / place).exists()
        assert document["operations"]["receive.partner.reply"]["action"] == "receive"
