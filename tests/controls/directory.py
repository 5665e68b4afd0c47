"""The directory's own tables, read with SQL of the judge's own.

Never the views through which the doors see them, and by the server's clock, not by the function that the
views ask: this judge does not ask the worker how it would judge. Of a hash only its form leaves the database,
of a fingerprint only how many have it, of a remark only whether it names a document.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from congvu import clock

SQL = """
select json_build_object(
 'now', now(), 'congvu_now', congvu_now(),
 'domains', (select json_agg(name order by name) from domain),
 'units', (select json_agg(u) from (select code, name, box, closed from unit order by code) u),
 'people', (select json_agg(p) from (
    select staff_id, kind, unit, starts, ends, address from person order by staff_id) p),
 'mailboxes', (select json_agg(m) from (
    select address, kind, staff_id, unit, quota_mb, closed from mailbox order by address) m),
 'addresses', (select json_agg(a) from (select address, use, domain from address order by address) a),
 'aliases', (select json_agg(f) from (select address, target, closed from forwarding order by address) f),
 'services', (select json_agg(s) from (
    select address, owner, ends, closed, hash is not null as has_password from service order by address) s),
 'canaries', (select json_agg(address) from canary),
 'canary_runs', (select json_agg(c) from (
    select way, sent_at, arrived_at from canary_run
     where sent_at > now() - interval '100 days' order by sent_at) c),
 'roles', (select json_agg(r) from (select box, staff_id, role from box_role order by box, staff_id) r),
 'head_terms', (select json_agg(t) from (
    select box, staff_id, began_at, ended_at from head_term order by id) t),
 'handovers', (select json_agg(h) from (
    select box, decision, effective_on, giver, receiver, made_at, settled_at, filters_ended_at,
           acknowledged_at
      from handover order by id) h),
 'credentials', (select json_agg(c) from (
    select address, origin, set_at, revoked_at,
           substring(hash from '^([$][a-z0-9]+[$](v=[0-9]+[$][^$]+)?)') as form
      from credential order by address) c),
 'fingerprints', (select json_agg(f) from (
    select address, key, set_at, count(*) over (partition by shared) as holders
      from password_fingerprint where shared is not null order by address) f),
 'fingerprint_readers', (
    select json_agg(distinct case grantee when 0 then 'public' else grantee::regrole::text end)
      from (select relacl as rights from pg_class where oid = 'password_fingerprint'::regclass
             union all
            select attacl from pg_attribute where attrelid = 'password_fingerprint'::regclass) given,
           aclexplode(rights)
     where privilege_type = 'SELECT'),
 'fingerprint_unique', (select count(*) > 0
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
   where i.indrelid = 'password_fingerprint'::regclass and a.attname = 'shared'
     and i.indnatts = 1 and i.indisunique and i.indisvalid and i.indpred is null),
 'readers', (select json_agg(distinct case grantee when 0 then 'public' else grantee::regrole::text end)
    from pg_class, aclexplode(relacl)
   where oid = any (array['credential', 'door', 'door_key', 'app_password']::regclass[])
     and privilege_type = 'SELECT'),
 'accesses', (select json_agg(b) from (
    select b.*, p.address,
           (select json_object_agg(step, sent_at) from break_glass_notice where access = b.id) as notices,
           (select json_agg(verb) from audit_record where subject = p.address and verb like 'break_glass.%'
               and detail ->> 'ticket' = b.ticket and detail ->> 'reader' = b.reader) as records
      from break_glass b join person p on p.staff_id = b.owner order by b.id) b),
 'settings', (select json_object_agg(key, value) from policy_value),
 'policy', (select sha256 from policy_version order by since desc limit 1),
 'versions', (select json_agg(v) from (select version, sha256, since from policy_version order by since) v),
 'acknowledgements', (select json_agg(a) from (
    select staff_id, version, sha256, at from acknowledgement order by staff_id, at) a),
 'incidents', (select json_agg(i) from (
    select i.*, (select json_agg(verb) from audit_record
                  where subject = i.number and verb like 'incident.%') as records
      from incident i order by at, number) i),
 'statements', (select json_agg(s) from (
    select quarter, provision, party, unit, attested, at,
           remark ~ '[0-9]+/[[:alnum:]-]+' and remark ~ '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}' as numbered
      from statement order by id) s),
 'difficulties', (select json_agg(d) from (
    select id, about, provision, unit, at, answered_at from difficulty order by id) d)
)"""

_BOXES = ("unit", "office")


@dataclass(frozen=True)
class Directory:
    """Tables as rows (dictionaries), and what may be worked out from them by hand."""

    now: datetime
    congvu_now: datetime
    domains: list[str]
    units: list[dict[str, Any]]
    people: list[dict[str, Any]]
    mailboxes: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    aliases: list[dict[str, Any]]
    services: list[dict[str, Any]]
    canaries: list[str]
    canary_runs: list[dict[str, Any]]
    roles: list[dict[str, Any]]
    head_terms: list[dict[str, Any]]
    handovers: list[dict[str, Any]]
    credentials: list[dict[str, Any]]
    fingerprints: list[dict[str, Any]]
    fingerprint_readers: list[str]
    fingerprint_unique: bool
    readers: list[str]
    accesses: list[dict[str, Any]]
    settings: dict[str, Any]
    policy: str | None
    versions: list[dict[str, Any]]
    acknowledgements: list[dict[str, Any]]
    incidents: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    difficulties: list[dict[str, Any]]

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Directory:
        """Return the answer to :data:`SQL`; an empty table is no rows."""
        lists = [name for name, kind in cls.__annotations__.items() if str(kind).startswith("list")]
        plain |= {name: plain[name] or [] for name in lists}
        plain |= {name: datetime.fromisoformat(plain[name]) for name in ("now", "congvu_now")}
        return cls(**{**plain, "settings": plain["settings"] or {}})

    @property
    def today(self) -> date:
        return clock.day(self.now)

    @property
    def drift(self) -> timedelta:
        """How far the clock that the views ask is from the server's."""
        return abs(self.congvu_now - self.now)

    def open_mailboxes(self, *kinds: str) -> list[dict[str, Any]]:
        """Return mailboxes that are not closed, of these kinds (person, unit, office) or of all."""
        return [box for box in self.mailboxes if not box["closed"] and (not kinds or box["kind"] in kinds)]

    @cached_property
    def by_address(self) -> dict[str, dict[str, Any]]:
        """Mailboxes by address."""
        return {box["address"]: box for box in self.mailboxes}

    @cached_property
    def serving(self) -> list[dict[str, Any]]:
        """People in service today. Who left may have no last day in the list; then the mailbox is closed."""
        left = {box["staff_id"] for box in self.mailboxes if box["closed"]}
        today = self.today.isoformat()
        return [
            person
            for person in self.people
            if person["staff_id"] not in left
            and person["starts"] <= today
            and (person["ends"] is None or today <= person["ends"])
        ]

    @cached_property
    def newest_credentials(self) -> dict[str, dict[str, Any]]:
        """The newest credential of each address."""
        ordered = sorted(self.credentials, key=lambda each: datetime.fromisoformat(each["set_at"]))
        return {credential["address"]: credential for credential in ordered}

    def subject(self, box: dict[str, Any]) -> str:
        """Return how a mailbox is named to auditors: a person's by staff id, never by name or address."""
        return f"mã cán bộ {box['staff_id']}" if box["kind"] == "person" else str(box["address"])
