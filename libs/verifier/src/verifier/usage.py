"""What `audit-verify --help` says."""

DESCRIPTION = """\
Check, offline and without trusting the servers, what the SellerWorks audit log has recorded.

The log is a Merkle tree. A checkpoint is the signed root of that tree: whoever knows the log's
public key can tell it from any other. A proof leads from one event to such a root, so no event
can be changed, dropped from the middle or moved without the numbers falling apart. A proof of
consistency leads from one root to a later one: what was signed once is still there.
"""

EPILOG = """\
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
  audit-verify fsck range.zip --policy policy.json --checkpoint saved-in-march.txt
  audit-verify consistency march.txt april.txt march-april.json --policy policy.json
  audit-verify compare mine.txt yours.txt --policy policy.json
"""

BUNDLE = """\
Check an export: the SHA-256 of each file, the proof of each event against the one checkpoint,
each leaf against headers and payload, each service's signature, that the numbers of every
subject run without a hole, that actor and time are on record, and, with --openings, that the
values the vault has opened are those that were committed to. Of a range: that all its entries
together make the signed root, instead of a proof for each.

What this cannot show: that the newest events of a subject were not left out (compare with a
newer checkpoint), and that a filtered export is complete.
"""

FSCK = """\
Check the export of a range, entry by entry: that they are all there, that together they make
the root that the log signed, and all that `bundle` checks of each. Names the entry that was
changed, moved, dropped or put in.

With --checkpoint, which may be given many times, the entries are also held to roots that the
log signed earlier and that were kept elsewhere. This is what tells a tree that was computed
anew after a change, and in which part of it the change lies.
"""

EVENT = """\
Check one proof: that the leaf it carries is in the tree of its checkpoint, at its index, and
that the checkpoint is signed by the log. Prints what the log recorded: what, who and when.
"""

CHECKPOINT = "Check that a checkpoint is signed by the log, and print its size and root."

CONSISTENCY = """\
Check that NEW, the checkpoint that was seen later, continues OLD: that every leaf that was
signed in OLD is still in the log of NEW, unchanged and in its place. PROOF is the answer of
GET /v1/log/proof/consistency, as text or JSON; equal sizes need none.

Two different checkpoints of equal size are a forked log: together they are the evidence. A log
that has become smaller has lost what it had signed.
"""

COMPARE = """\
Check checkpoints that were saved at different times, or by different people, against one
another: the log must have shown everybody the same. Those of equal size must be equal; for
each step from one size to the next, give the proof of consistency in its JSON form too.
"""

HELP = {
    "file": "what was exported, proven or saved: a zip, a .tlog-proof or a checkpoint",
    "old": "a checkpoint that was saved earlier",
    "new": "a checkpoint that was saved later",
    "proof": "the proof of consistency between them; equal sizes need none",
    "files": "saved checkpoints, and proofs of consistency between them as JSON",
}
JOBS = "how many processes check at once; all cores if not given"
