"""The seals as the directory keeps them, read and worked out by the judge's own means.

It knows what a seal must look like, as docs/audit tells an auditor, and nothing of the code that makes them.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

# Of what is counted again: by source its table, the moment that decides the day, and a condition.
# A day is sealed with `look`; earlier ones were with `observation`.
_OWN = "kind in ('opened', 'read') and mailbox = login"
_COUNTED = {
    "acknowledgement": ("acknowledgement", "at", "true"),
    "audit_record": ("audit_record", "at", "true"),
    "box_check": ("box_check", "at", "true"),
    "check_day": ("check_day", "at", "true"),
    "conduct": ("event", "taken_at", _OWN),
    "event": ("event", "taken_at", f"({_OWN}) is not true"),
    "incident": ("incident", "at", "true"),
    "look": ("observation", "taken_at", "true"),
    "mail_check": ("mail_check", "at", "true"),
    "observation": ("observation", "taken_at", "true"),
    "policy_version": ("policy_version", "since", "true"),
    "statement": ("statement", "at", "true"),
}
_COUNTS = " union all ".join(
    f"select '{source}' as source, greatest(({moment} at time zone 'Asia/Ho_Chi_Minh')::date, first) as day, "
    f"count(*) as lines from {table}, begun where {moment} >= counted_from and {condition} group by 2"
    for source, (table, moment, condition) in _COUNTED.items()
)
# The first day holds what was before it, too.
SQL = f"""
with begun as (select min(day) as first, case when min(day) > current_date - 7 then '-infinity'
                                              else now() - interval '8 days' end as counted_from from seal)
select json_build_object(
 'now', now(),
 'began', (select min(at) from audit_record),
 'seals', (select coalesce(json_agg(s order by s.day), '[]') from (
    select day, body, previous, signature, signer, sealed_at,
           exists (select from seal_copy c where c.day = seal.day) as sent from seal) s),
 'segments', (select coalesce(json_agg(g), '[]') from (
    select day, source, lines from segment
     where day >= (now() at time zone 'Asia/Ho_Chi_Minh')::date - 7) g),
 'counted', (select coalesce(json_agg(c), '[]') from ({_COUNTS}) c)
)"""
SOURCES = set(_COUNTED)


def head(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stated(body: str, key: str) -> str:
    """What a seal says behind ``key:``."""
    found = re.search(rf"^{key}: (.*)$", body, re.M)
    return found[1] if found else ""


def counts(body: str) -> dict[str, int]:
    """By source how many lines a seal says there were."""
    rows = re.findall(r"^([a-z_]+) (\d+) [0-9a-f]{64} [0-9a-f]{64}$", body, re.M)
    return {source: int(lines) for source, lines in rows}


def signed(seal: dict[str, Any], signers: str) -> bool:
    """Whether one of the allowed signers signed the seal."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("signers", signers), ("seal.sig", seal["signature"])):
            (Path(folder) / name).write_text(text, "utf-8")
        command = ["ssh-keygen", "-q", "-Y", "verify", "-f", f"{folder}/signers", "-I", "congvu"]
        done = subprocess.run(
            [*command, "-n", "congvu-seal", "-s", f"{folder}/seal.sig"],
            input=seal["body"].encode(), capture_output=True, check=False,
        )  # fmt: skip
    return done.returncode == 0
