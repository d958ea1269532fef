"""The command `audit-verify`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from verifier.bundle import verify_bundle
from verifier.openings import UnreadableOpenings, read_openings
from verifier.policy import NO_POLICY, BadPolicy, Policy, policy_of_keys, read_policy
from verifier.report import Kind, Report
from verifier.signed import verify_checkpoint, verify_event

WRONG_USAGE = 2
_MOST_LINES = 50

_DESCRIPTION = """\
Check, offline and without trusting the servers, what the SellerWorks audit log has recorded.

The log is a Merkle tree. A checkpoint is the signed root of that tree: whoever knows the log's
public key can tell it from any other. A proof leads from one event to such a root, so no event
can be changed, dropped from the middle or moved without the numbers falling apart.
"""

_EPILOG = """\
exit codes:
  0  everything that was given is proven
  1  tampering is proven: something does not fit what was signed
  2  wrong usage: an option, a file that is not there, a policy that cannot be read
  3  cannot decide: something is missing or damaged, nobody told us whose key to trust, or the
     signature is by a key that we were not told to trust

where the key comes from:
  Without --policy or --key nothing is ever proven: a bundle is only found to agree with itself,
  which a forged one does too. The log's public key is a line `name+id+base64`. Ask for it by
  another way than the one by which the export came (a contract, a letter, a colleague), for
  whoever forges an export will gladly forge a key with it. A policy file holds one or more:

    {"log_keys": ["audit.example/audit/main/0+1a2b3c4d+AbCd..."],
     "event_keys": [{"service": "intake", "keyid": "intake-1", "public_key": "base64"}]}

  event_keys, the keys with which services sign their events, may be left out.

examples:
  audit-verify bundle case.zip --policy policy.json --openings openings.json
  audit-verify event 17.tlog-proof --key 'audit.example/audit/main/0+1a2b3c4d+AbCd...'
  audit-verify checkpoint checkpoint.txt --policy policy.json --json
"""

_BUNDLE = """\
Check an export: the SHA-256 of each file, the proof of each event against the one checkpoint,
each leaf against headers and payload, each service's signature, that the numbers of every
subject run without a hole, that actor and time are on record, and, with --openings, that the
values the vault has opened are those that were committed to.

What this cannot show: that the newest events of a subject were not left out (compare with a
newer checkpoint), and that a filtered export is complete.
"""

_EVENT = """\
Check one proof: that the leaf it carries is in the tree of its checkpoint, at its index, and
that the checkpoint is signed by the log. Prints what the log recorded: what, who and when.
"""

_CHECKPOINT = "Check that a checkpoint is signed by the log, and print its size and root."


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
    print(_as_json(report) if arguments.json else _as_text(report))
    return report.verdict.value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audit-verify",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bundle = _command(commands, "bundle", "check an export (zip)", _BUNDLE)
    bundle.add_argument(
        "--openings", type=Path, metavar="FILE", help="the vault's saved answer with salts"
    )
    _command(commands, "event", "check the proof of one event", _EVENT)
    _command(commands, "checkpoint", "check a checkpoint", _CHECKPOINT)
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
    command.add_argument("file", type=Path, metavar="FILE")
    trust = command.add_mutually_exclusive_group()
    trust.add_argument("--policy", type=Path, metavar="FILE", help="JSON with the trusted keys")
    trust.add_argument(
        "--key", action="append", metavar="NAME+ID+BASE64", help="a trusted key of the log"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    return command


def _verify(arguments: argparse.Namespace) -> Report:
    raw, name = arguments.file.read_bytes(), arguments.file.name
    policy = _policy(arguments)
    if arguments.command == "bundle":
        openings = arguments.openings and read_openings(arguments.openings.read_bytes())
        return verify_bundle(raw, name=name, policy=policy, openings=openings)
    verify = verify_event if arguments.command == "event" else verify_checkpoint
    return verify(raw, name=name, policy=policy or NO_POLICY)


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
