"""The command `audit-verify`."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from verifier import usage
from verifier.bundle import Asked, verify_bundle, verify_range
from verifier.compare import verify_views
from verifier.consistency import File, verify_consistency
from verifier.openings import UnreadableOpenings, read_openings
from verifier.policy import NO_POLICY, BadPolicy, Policy, policy_of_keys, read_policy
from verifier.report import Kind, Report, undecided
from verifier.signed import verify_checkpoint, verify_event

WRONG_USAGE = 2
_MOST_LINES = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        report = _verify(arguments)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    except (BadPolicy, UnreadableOpenings) as error:
        parser.error(str(error))
    except Exception as error:  # noqa: BLE001 - Python exits 1 then, which here means: tampered
        where = f"{type(error).__name__}: {error}"
        given = undecided(
            where, "audit-verify itself failed on what it was given: nothing is shown"
        )
        report = Report(checked=arguments.command, shown=(), findings=(given,))
    print(_as_json(report) if arguments.json else _as_text(report))
    return report.verdict.value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audit-verify",
        description=usage.DESCRIPTION,
        epilog=usage.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bundle = _command(commands, "bundle", "check an export (zip)", usage.BUNDLE)
    _add_file(bundle, "file")
    bundle.add_argument(
        "--openings", type=Path, metavar="FILE", help="the vault's saved answer with salts"
    )
    fsck = _command(commands, "fsck", "check all entries of a range (zip)", usage.FSCK)
    _add_file(fsck, "file")
    fsck.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint that was saved earlier; may be given many times",
    )
    for heavy in (bundle, fsck):
        heavy.add_argument("--jobs", type=_jobs, default=os.cpu_count() or 1, help=usage.JOBS)
    _add_file(_command(commands, "event", "check the proof of one event", usage.EVENT), "file")
    _add_file(_command(commands, "checkpoint", "check a checkpoint", usage.CHECKPOINT), "file")
    growth = _command(
        commands, "consistency", "check that a checkpoint continues an older one", usage.CONSISTENCY
    )
    _add_file(growth, "old")
    _add_file(growth, "new")
    growth.add_argument("proof", type=Path, nargs="?", metavar="PROOF", help=usage.HELP["proof"])
    views = _command(commands, "compare", "check saved checkpoints for a fork", usage.COMPARE)
    views.add_argument("files", type=Path, nargs="+", metavar="FILE", help=usage.HELP["files"])
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    description: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    trust = command.add_mutually_exclusive_group()
    trust.add_argument("--policy", type=Path, metavar="FILE", help="JSON with the trusted keys")
    trust.add_argument(
        "--key", action="append", metavar="NAME+ID+BASE64", help="a trusted key of the log"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    return command


def _add_file(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument(name, type=Path, metavar=name.upper(), help=usage.HELP[name])


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of processes, 1 or more")
    return int(text)


def _verify(arguments: argparse.Namespace) -> Report:
    policy = _policy(arguments)
    told = policy or NO_POLICY
    match arguments.command:
        case "bundle" | "fsck":
            return _verify_export(arguments, policy)
        case "consistency":
            proof = arguments.proof and _read(arguments.proof)
            old, new = _read(arguments.old), _read(arguments.new)
            return verify_consistency(old, new, proof, policy=told)
        case "compare":
            return verify_views([_read(path) for path in arguments.files], policy=told)
        case other:
            file = _read(arguments.file)
            verify = verify_event if other == "event" else verify_checkpoint
            return verify(file.raw, name=file.name, policy=told)


def _verify_export(arguments: argparse.Namespace, policy: Policy | None) -> Report:
    file = _read(arguments.file)
    if arguments.command == "fsck":
        saved = [_read(path) for path in arguments.checkpoint]
        asked = Asked(policy=policy, saved=saved, jobs=arguments.jobs)
        return verify_range(file.raw, name=file.name, asked=asked)
    openings = arguments.openings and read_openings(arguments.openings.read_bytes())
    asked = Asked(policy=policy, openings=openings, jobs=arguments.jobs)
    return verify_bundle(file.raw, name=file.name, asked=asked)


def _read(path: Path) -> File:
    return File(name=path.name, raw=path.read_bytes())


def _policy(arguments: argparse.Namespace) -> Policy | None:
    if arguments.policy:
        return read_policy(arguments.policy.read_bytes(), source=arguments.policy.name)
    return policy_of_keys(arguments.key) if arguments.key else None


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "checked": report.checked,
            "verdict": report.verdict.name.lower(),
            "exit_code": report.verdict.value,
            "shown": dict(report.shown),
            "findings": [
                {"kind": finding.kind.value, "where": finding.where, "what": finding.what}
                for finding in report.findings
            ],
        },
        indent=2,
    )


def _as_text(report: Report) -> str:
    order = [Kind.TAMPERED, Kind.UNDECIDED, Kind.NOTE]
    findings = sorted(report.findings, key=lambda finding: order.index(finding.kind))
    lines = [f"{report.verdict.name}  {report.checked}"]
    lines += [f"  {label + ':':<14} {value}" for label, value in report.shown]
    lines += [f"  {f.kind.value}: {f.where}: {f.what}" for f in findings[:_MOST_LINES]]
    if len(findings) > _MOST_LINES:
        lines.append(f"  and {len(findings) - _MOST_LINES} more; --json lists all")
    return "\n".join(lines)
