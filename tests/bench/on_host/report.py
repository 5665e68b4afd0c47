"""How long `congvu report` takes over a quarter of so many people, and its memory: python3 report.py COUNT"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUARTER, FIRST, LAST = "2026-Q3", "2026-06-15", "2026-09-14"
FORMS = ("json", "html", "pdf", "docx", "xlsx", "oscal")
# An empty directory is filled past its triggers; a unit has a hundred people.
FILL = """
set session_replication_role = replica;
insert into domain values ('bench.test');
insert into unit (code, name, box)
  select 'u' || n, 'Phòng số ' || n, 'box' || n || '@bench.test'
    from generate_series(0, greatest({count} / 100, 1) - 1) n;
insert into address (address, use) select box, 'unit' from unit;
insert into mailbox (address, kind, unit) select box, 'unit', code from unit;
insert into address (address, use)
  select 'p' || n || '@bench.test', 'person' from generate_series(1, {count}) n;
insert into mailbox (address, kind, staff_id)
  select 'p' || n || '@bench.test', 'person', 'P' || n from generate_series(1, {count}) n;
insert into person (staff_id, full_name, kind, unit, starts, address)
  select 'P' || n, 'Nguyễn Văn An', 'cong_chuc', 'u' || n % greatest({count} / 100, 1), '2020-01-01',
         'p' || n || '@bench.test' from generate_series(1, {count}) n;
insert into box_role (box, kind, staff_id, role)
  select box, 'unit', 'P' || greatest(substr(code, 2)::int, 1), 'head' from unit;
insert into policy_version select '{first}', version, sha256 from policy_version order by since limit 1
  on conflict do nothing;
insert into acknowledgement (staff_id, version, sha256, at)
  select staff_id, (select version from policy_version limit 1), '', '{first}' from person;
insert into statement (quarter, provision, party, unit, attested, staff_id, at, version, sha256)
  select '{quarter}', 'a' || n, 'head', code, true, 'P1', '{first}', v.version, ''
    from (select version from policy_version limit 1) v, unit, generate_series(1, 11) n;
insert into check_day (day, estimated, off, morning_from, counts, policy_sha256)
  select d, false, '', d, '{{}}', '' from generate_series(date '{first}', '{last}', '1 day') d
   where extract(isodow from d) < 6;
insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, correction)
  select day, staff_id, unit, hashtext(staff_id || day) % 50 <> 0, '', true, '', false from check_day, person;
insert into handover (box, kind, decision, decided_on, effective_on, receiver, inventory, made_at)
  select box, 'unit', code || '/QĐ', '{first}', '{first}', 'P1', '{{}}', '{first}' from unit limit 50;
insert into difficulty (provision, body, staff_id, unit, at, version, form)
  select 'a' || n % 11, 'x', staff_id, unit, '{first}', '1', decode(md5(staff_id), 'hex')
    from person, generate_series(1, 1) n limit {count} / 100;
insert into audit_record (actor, verb, subject, at)
  select 'bench', case when n % 100 = 0 then 'odd_use.networks' else 'mailbox.change' end, 'x', '{first}'
    from generate_series(1, {count}) n;
insert into observation (control, host, observed_at, body, policy_sha256)
  select c, 'mail', d, jsonb_build_object('control', c, 'observed_at', d, 'checked', {count}, 'numerator', 98,
         'denominator', 100, 'figure', null, 'evidence', '[]'::jsonb, 'exceptions', (
           select coalesce(jsonb_agg(jsonb_build_object('subject', 'P' || n, 'found', 'quá hạn')), '[]')
             from generate_series(1, case when c = 'password-age' then {count} / 100 else 0 end) n)),
         (select sha256 from policy_version limit 1)
    from unnest(string_to_array('{controls}', ' ')) c,
         generate_series(timestamptz '{first}', '{last}', '1 day') d;
set session_replication_role = origin;
analyze
"""


def fill(count: int, controls: str) -> str:
    return FILL.format(count=count, controls=controls, quarter=QUARTER, first=FIRST, last=LAST)


def main() -> None:
    policy = json.loads(Path("/etc/congvu/policy.json").read_text("utf-8"))
    built = " ".join(each["id"] for each in policy["controls"] if each.get("built", True))
    psql = ("runuser", "-u", "postgres", "--", "psql", "-XAtqd", "congvu", "-v", "ON_ERROR_STOP=1")
    text = fill(int(sys.argv[1]), built)
    subprocess.run(psql, input=text, check=True, text=True, cwd="/", stdout=subprocess.DEVNULL)
    took = {}
    for forms in (FORMS[:1], FORMS):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            command = ["congvu", "report", "--quarter", QUARTER, "--out", folder, "--format", *forms]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            took[forms[-1]] = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"json": took["json"], "all": took[FORMS[-1]], "peak_mib": peak}))


if __name__ == "__main__":
    main()
