"""Dashboards, alerts and runbooks speak of what there is: metrics, labels, routes, commands."""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY

from stack.cli import app
from stack.services import SERVICES

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
ALERTS: Final = DEPLOY / "alerts" / "sellerworks.yaml"
SCRAPES: Final = DEPLOY / "alerts" / "prometheus.yaml"
PAGES: Final = sorted(DEPLOY.glob("runbooks/[a-z]*.md"))
BOARDS: Final = sorted(DEPLOY.glob("dashboards/*.json"))
FORM: Final = ["Symptom", "What it means", "Look", "Do", "Afterwards"]

OF_ALL: Final = ("serve", "migrate", "openapi", "adopt", "refold")
_ENDINGS: Final = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
# Made by Prometheus itself, for every target.
_OF_PROMETHEUS: Final = {"up"}
_TARGET_LABELS: Final = {"job", "instance", "le"}
_WORDS: Final = frozenset(
    {
        *("sum", "max", "min", "avg", "count", "rate", "increase", "topk", "absent", "time"),
        *("by", "without", "on", "and", "or", "unless", "histogram_quantile"),
    }
)
_LABEL_LISTS: Final = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_SELECTOR: Final = re.compile(r"\{([^}]*)\}")
_ASKED: Final = re.compile(r"http://127\.0\.0\.1:(\d+)(/[^\s'\"?`]*)")
_COMMAND: Final = re.compile(r"^\s*(stack [^|\n]*)", re.MULTILINE)


@cache
def metrics() -> Mapping[str, frozenset[str]]:
    """Return every metric of every service as `/metrics` spells it, with its labels."""
    for service in SERVICES:
        importlib.import_module(f"{service.package}.main")
    labels: dict[str, frozenset[str]] = {name: frozenset() for name in _OF_PROMETHEUS}
    for collector in list(REGISTRY._collector_to_names):  # noqa: SLF001 - names of labels without samples are told nowhere else
        for family in getattr(collector, "describe", list)():
            for ending in _ENDINGS.get(family.type, ()):
                labels[family.name + ending] = frozenset(getattr(collector, "_labelnames", ()))
    return labels


def alerts() -> list[dict[str, Any]]:
    return [
        rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    ]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for board in BOARDS:
        for panel in json.loads(board.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{board.name}: {panel['title']}", target["expr"]


def names_in(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"', "", _LABEL_LISTS.sub(" ", _SELECTOR.sub("", expression)))
    return set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"\[[^\]]*\]", "", bare))) - _WORDS


def labels_in(expression: str) -> set[str]:
    listed = {label for found in _LABEL_LISTS.findall(expression) for label in found.split(",")}
    selected = {
        label
        for found in _SELECTOR.findall(expression)
        for label in re.findall(r"([a-z_]+)\s*(?:=|!=)", found)
    }
    return {label.strip() for label in listed | selected} - {""}


class TestExpressions:
    @pytest.mark.parametrize(("where", "expression"), list(expressions()))
    def test_name_metrics_and_labels_that_exist(self, where: str, expression: str) -> None:
        named = names_in(expression)

        assert named, where
        assert named <= metrics().keys(), where
        known = frozenset().union(*(metrics()[name] for name in named)) | _TARGET_LABELS
        assert labels_in(expression) <= known, where

    def test_would_not_pass_if_they_did_not(self) -> None:
        assert names_in("sum by (job) (rate(chassis_dreams_total{kind=~'a|b'}[5m])) > 0.5") == {
            "chassis_dreams_total"
        }
        assert labels_in("sum by (job, who) (dreams{kind!='x'})") == {"job", "who", "kind"}


class TestAlerts:
    @pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
    def test_have_a_severity_a_sentence_and_a_page(self, rule: dict[str, Any]) -> None:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith((".", "?"))
        page = ROOT / rule["annotations"]["runbook"]
        assert f"`{rule['alert']}`" in page.read_text(encoding="utf-8")

    def test_look_at_every_process_of_a_stack(self) -> None:
        jobs = {one["job_name"] for one in yaml.safe_load(SCRAPES.read_text())["scrape_configs"]}

        assert jobs == {program.name for service in SERVICES for program in service.programs}


class TestBoards:
    @pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
    def test_can_be_imported(self, board: Path) -> None:
        drawn = json.loads(board.read_text())

        panels = drawn["panels"]
        assert {"uid", "title", "templating"} <= drawn.keys()
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


class TestRunbooks:
    @pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
    def test_have_the_form(self, page: Path) -> None:
        text = page.read_text(encoding="utf-8")

        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == FORM
        assert "\nRehearsed by " in text.split("## Afterwards")[1]

    def test_are_all_listed(self) -> None:
        index = (DEPLOY / "runbooks" / "README.md").read_text(encoding="utf-8")

        assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == {page.name for page in PAGES}

    @pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
    def test_ask_what_is_answered(self, page: Path) -> None:
        for port, path in _ASKED.findall(page.read_text(encoding="utf-8")):
            assert any(route.fullmatch(path) for route in routes(int(port))), f"{port}{path}"

    @pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
    def test_run_commands_that_exist(self, page: Path) -> None:
        known = {
            one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands
        }
        for line in _COMMAND.findall("\n".join(blocks(page))):
            words = line.split()
            assert words[1] in known, line
            if words[1] == "run":
                assert words[3] in commands_of(words[2]), line


def blocks(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@cache
def routes(port: int) -> tuple[re.Pattern[str], ...]:
    """Return what the service on a usual port answers."""
    offset = port - 8100
    (service,) = [one for one in SERVICES if offset in {it.offset for it in one.programs}]
    document = json.loads((ROOT / "services" / service.name / "openapi.json").read_text())
    paths = [*document["paths"], "/readyz", "/healthz", "/metrics", "/version"]
    return tuple(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths)


@cache
def commands_of(name: str) -> set[str]:
    """Return what `python -m <service>` can be told: what all can, and its own."""
    (service,) = [one for one in SERVICES if one.name == name]
    main = ROOT / "services" / name / "src" / service.package / "main.py"
    own = re.search(r"commands=\{([^}]*)\}", main.read_text(encoding="utf-8"))
    return {*OF_ALL, *re.findall(r'"([a-z-]+)":', own[1] if own else "")}
