"""What the directory says of checks of mail, counted afresh, and what of it nothing bears out.

The working days are read here from the policy's own calendar, and the last of them are counted again from the
events, the list of absences and the outages: a check that nobody made, an excuse without a ground and a day
that is not there at all count as not kept. People are counted, never named: who is below the mark is for
their head to know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from congvu import clock
from congvu.policy import Resolved

LOOKED_AT = 10  # working days, counted again from their events
LEAST = timedelta(days=31)  # is looked at, also when the period has only begun
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOSED_BY = time(6)  # the night's work is done
_KINDS = {
    "webmail_login": ("login", "webmail"), "client_login": ("login", "imaps"), "message_read": ("read", None),
}  # fmt: skip

# The planner knows nothing of rows out of a document: it would compare each with each, and sort millions.
SETTINGS = (
    "set default_transaction_read_only = on; set enable_nestloop = off; set enable_sort = off; "
    "set jit = off; set work_mem = '64MB';\n"
)
# ASKED stands for one JSON document, quoted.
SQL = """
with asked as (select $ASKED$::jsonb as given),
win as (
  select (w ->> 'day')::date as day, w ->> 'part' as part, (w ->> 'starts')::timestamptz as starts,
         (w ->> 'ends')::timestamptz as ends, (w ->> 'look')::boolean as look
    from asked, jsonb_array_elements(given -> 'windows') w
), kinds as (
  select k ->> 0 as kind, k ->> 1 as door from asked, jsonb_array_elements(given -> 'kinds') k
), days as (
  select distinct day, look from win
), row_last as not materialized (
  select * from mail_check c
   where day >= (select (given ->> 'first')::date from asked)
     and not exists (select from mail_check later where later.correction and later.day = c.day
                        and later.staff_id = c.staff_id and later.at > c.at)
), spelled as (
  select address as login, staff_id from person
   union all
  select split_part(p.address, '@', 1) || '@' || n.name, p.staff_id
    from person p join domain_name n on n.home = split_part(p.address, '@', 2)
), came as materialized (
  select w.day, s.staff_id, bool_or(w.part = 'morning') as morning, bool_or(w.part = 'afternoon') as afternoon
    from win w
         cross join lateral (
           select e.login from event e join kinds k on k.kind = e.kind and (k.door is null or k.door = e.door)
            where e.happened_at >= w.starts and e.happened_at < w.ends
              and (e.kind <> 'read' or lower(e.mailbox) = lower(e.login)) offset 0) e
         join spelled s on s.login = lower(e.login)
   where w.look
   group by w.day, s.staff_id
), plain as materialized (  -- on which nothing is excused: nearly all
  select unit, staff_id, day, count(*) as due, count(*) filter (where kept) as kept, sum(unseen) as unseen
    from (select r.unit, r.staff_id, r.day, r.morning and r.afternoon as kept, 0 as unseen
            from row_last r join days d using (day)
           where not d.look and r.morning_why = '' and r.afternoon_why = ''
           union all
          select r.unit, r.staff_id, r.day, c.morning and c.afternoon,
                 (r.morning and c.morning is not true)::int + (r.afternoon and c.afternoon is not true)::int
            from row_last r join days d using (day) left join came c using (day, staff_id)
           where d.look and r.morning_why = '' and r.afternoon_why = '') r
   group by grouping sets ((unit, staff_id), (day))
), half as (
  select r.day, r.staff_id, r.unit, h.part, h.said, h.why, w.starts, w.ends, w.look
    from row_last r
         cross join lateral (values ('morning', r.morning, r.morning_why),
                                    ('afternoon', r.afternoon, r.afternoon_why)) h (part, said, why)
         join win w on w.day = r.day and w.part = h.part
   where r.morning_why <> '' or r.afternoon_why <> ''
), counted as (
  select h.*, coalesce(case h.part when 'morning' then c.morning else c.afternoon end, false) as seen,
         case h.why
           when '' then true
           when 'joining' then p.starts = h.day or m.made_at > h.starts
           when 'leaving' then p.ends is not distinct from h.day
           when 'outage' then exists (
             select from outage o
              where o.withdrawn_at is null and o.source <> 'gap' and (o.unit is null or o.unit = h.unit)
                and least(o.ends, h.ends) - greatest(o.starts, h.starts)
                    >= (select make_interval(mins => (given ->> 'outage_minutes')::int) from asked))
           when 'no_records' then not h.look
             or exists (select from outage o
                         where o.source = 'gap' and o.starts < h.ends and o.ends > h.starts)
             or not exists (select from event e where e.happened_at >= h.starts and e.happened_at < h.ends)
           -- taken away, or younger than this; and on record is none that was their own until then
           when 'no_access' then coalesce(k.revoked_at < h.ends, false)
             or coalesce(k.set_at > h.starts, true) and coalesce((
               select r.verb = 'credential.revoke' from audit_record r
                where r.subject = p.address and r.at < h.ends and r.at >= p.starts
                  and r.verb in ('password.change', 'password.recognise', 'credential.revoke')
                order by r.at desc, r.id desc limit 1), true)
           else exists (select from absence a
                         where a.staff_id = h.staff_id and h.day between a.starts and a.ends
                           and a.part in ('', h.part))
         end as grounded
    from half h
         join person p on p.staff_id = h.staff_id
         join mailbox m on m.staff_id = h.staff_id
         left join came c on c.day = h.day and c.staff_id = h.staff_id
         left join credential k on k.address = p.address
), found as materialized (
  select *, said is not null or not grounded as due,
         case when not look then coalesce(said, false) else seen end as kept
    from counted
), people as (
  select unit, staff_id, due, kept from plain where staff_id is not null
   union all
  select unit, staff_id, bool_or(due)::int, (bool_or(due) and bool_and(kept or not due))::int
    from found group by day, staff_id, unit
)
select json_build_object(
 'made', (select min(made_at) from mailbox where kind = 'person'),
 'closed', (select json_agg(c) from (
    select day, off, estimated, counts,
           exists (select from mail_check c where c.day = check_day.day) as filled
      from check_day where day >= (select (given ->> 'first')::date from asked) order by day) c),
 'serving', (select json_object_agg(day, people) from (
    select w.day, count(*) as people
      from (select distinct day from win) w
           join person p on p.starts < w.day and (p.ends is null or p.ends > w.day)
           join mailbox m on m.staff_id = p.staff_id and not m.closed
     group by w.day) s),
 'units', (select json_agg(u) from (
    select unit, count(distinct staff_id) as people, sum(due) as due, sum(kept) as kept
      from people group by unit order by unit) u),
 'reasons', (select json_object_agg(why, halves) from (
    select why, count(*) as halves from found where not due group by why order by why) r),
 'unseen', (select json_object_agg(day, halves) from (
    select day, sum(halves) as halves
      from (select day, unseen as halves from plain where day is not null
             union all
            select day, count(*) from found where look and said and not seen group by day) h
     where halves > 0 group by day order by day) u),
 'groundless', (select json_object_agg(day, halves) from (
    select day, count(*) as halves from found where not grounded group by day order by day) g),
 'corrections', (select count(*) from mail_check where correction and day in (select day from win)),
 'outages', (select json_agg(o) from (
    select starts, ends, unit, reason, source from outage
     where withdrawn_at is null and ends > (select (given ->> 'first')::date from asked) order by starts) o),
 'withdrawn', (select json_agg(o) from (
    select starts, ends, unit, reason, source, withdrawn_at from outage
     where withdrawn_at >= (select (given ->> 'first')::date from asked) order by starts) o),
 'boxes', (select json_agg(b) from (
    select distinct on (b.box, b.day) b.box, b.day, b.longest, b.head
      from box_check b
     where b.day in (select day from win) order by b.box, b.day, b.at desc) b),
 'made_boxes', (select json_agg(m) from (
    select address, kind, made_at from mailbox where kind <> 'person' and not closed order by address) m),
 'visited', (select json_agg(v) from (
    select distinct m.address as box, (e.happened_at at time zone 'Asia/Ho_Chi_Minh')::date as day
      from event e
           join mailbox m on m.kind <> 'person'
            and split_part(m.address, '@', 1) = split_part(lower(e.mailbox), '@', 1)
            and (split_part(m.address, '@', 2) = split_part(lower(e.mailbox), '@', 2)
                 or exists (select from domain_name n where n.home = split_part(m.address, '@', 2)
                               and n.name = split_part(lower(e.mailbox), '@', 2)))
     where e.kind in ('opened', 'read')
       and e.happened_at >= (select min(starts) - interval '1 day' from win where look)) v)
)"""


@dataclass(frozen=True)
class Window:
    """One half of a working day: when a check counted, and when work was done."""

    day: date
    part: str
    starts: datetime
    ends: datetime


class Unknown(Exception):
    """The policy does not say whether a day is worked."""


def worked(policy: Resolved, day: date) -> bool:
    """Whether a day is worked, by the lists of its year."""
    for year in policy.calendar:
        if year.year == day.year:
            if any(swap.date == day for swap in year.working_days):
                return True
            off = any(each.date == day for each in year.days_off)
            return not off and _WEEKDAYS[day.weekday()] not in year.weekly_rest
    raise Unknown(f"policy/calendar/{day.year}.yml")


def windows(policy: Resolved, first: date, last: date) -> list[Window]:
    """Those of every working day from the first to the last."""
    before = timedelta(minutes=_number(policy, "check.before_minutes"))
    length = timedelta(minutes=_number(policy, "check.window_minutes"))
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not worked(policy, day):
            continue
        hours = max((each for each in policy.working_hours if each.since <= day), key=lambda each: each.since)
        for part, written in (("morning", hours.morning), ("afternoon", hours.afternoon)):
            begins = datetime.combine(day, time.fromisoformat(written[:5]), clock.TIMEZONE)
            found.append(Window(day, part, begins - before, begins + length))
    return found


def question(policy: Resolved, first: date, asked: Sequence[Window]) -> str:
    """The SQL for these windows."""
    looked = sorted({window.day for window in asked})[-LOOKED_AT:]
    counts = policy.values["check.counts"]
    assert isinstance(counts, tuple)
    given = {
        "first": first.isoformat(),
        "kinds": [_KINDS[word] for word in counts],
        "outage_minutes": _number(policy, "check.outage_minutes"),
        "windows": [
            {"day": window.day.isoformat(), "part": window.part, "starts": window.starts.isoformat(),
             "ends": window.ends.isoformat(), "look": window.day in looked}
            for window in asked
        ],
    }  # fmt: skip
    return SQL.replace("$ASKED$", "'" + json.dumps(given).replace("'", "''") + "'")


@dataclass(frozen=True)
class Found:
    """The answer to :data:`SQL`. ``missing``: working days of which nothing is written down of people.

    ``days``: those of which something is; ``over``: all whose night's work should be done.
    """

    plain: dict[str, Any]
    days: list[date]
    missing: list[date]
    over: list[date]

    @classmethod
    def read(cls, plain: dict[str, Any], asked: Sequence[Window], now: datetime) -> Found:
        """``asked``: the windows of the question; before there were mailboxes nothing is missing."""
        for name in ("closed", "units", "outages", "withdrawn", "boxes", "made_boxes", "visited"):
            plain[name] = plain[name] or []
        for name in ("serving", "reasons", "unseen", "groundless"):
            plain[name] = plain[name] or {}
        made = clock.day(datetime.fromisoformat(plain["made"])) if plain["made"] else date.max
        last = clock.day(now) - timedelta(days=1 if clock.local(now).time() >= _CLOSED_BY else 2)
        over = sorted({window.day for window in asked if window.day <= last})
        filled = {each["day"] for each in plain["closed"] if each["filled"] and not each["off"]}
        there = sorted({window.day for window in asked if window.day.isoformat() in filled})
        return cls(plain, there, [day for day in over if made < day and day not in there], over)

    @property
    def kept(self) -> int:
        """Days of people on which all that was due was done."""
        return sum(unit["kept"] for unit in self.plain["units"])

    @property
    def due(self) -> int:
        """Days of people on which something was due; of a day that is missing those of all who served."""
        lost = sum(self.plain["serving"].get(day.isoformat(), 0) for day in self.missing)
        return lost + sum(unit["due"] for unit in self.plain["units"])

    def estimated(self) -> list[int]:
        """The years whose calendar was not decided in all."""
        return sorted({int(each["day"][:4]) for each in self.plain["closed"] if each["estimated"]})


def groups(units: Iterable[dict[str, Any]], smallest: int) -> list[tuple[str, int, int]]:
    """Units with what was kept and due; those of few people together, and no rest from which to infer one."""
    alone = sorted((unit for unit in units if unit["due"]), key=lambda unit: unit["people"])
    pool: list[dict[str, Any]] = []
    while alone and (alone[0]["people"] < smallest or 0 < sum(each["people"] for each in pool) < smallest):
        pool.append(alone.pop(0))
    shown = [(str(unit["unit"]), int(unit["kept"]), int(unit["due"])) for unit in alone]
    if sum(each["people"] for each in pool) >= smallest:
        shown.append(("các đơn vị ít người", sum(u["kept"] for u in pool), sum(u["due"] for u in pool)))
    return sorted(shown)


def box_days(found: Found, kind: str) -> Iterator[tuple[str, date, dict[str, Any] | None]]:
    """(box, working day, what was written down of it or None) for each box of a kind since it was made."""
    rows = {(row["box"], row["day"]): row for row in found.plain["boxes"]}
    for box in found.plain["made_boxes"]:
        made = clock.day(datetime.fromisoformat(box["made_at"]))
        for day in found.over:
            if day > made and box["kind"] == kind:
                yield box["address"], day, rows.get((box["address"], day.isoformat()))


def unvisited(found: Found) -> set[tuple[str, date]]:
    """Boxes and days, of those looked at again, on which nobody at all was in the box."""
    seen = {(each["box"], each["day"]) for each in found.plain["visited"]}
    looked = found.over[-LOOKED_AT:]
    boxes = {box["address"] for box in found.plain["made_boxes"]}
    return {(box, day) for box in boxes for day in looked if (box, day.isoformat()) not in seen}


def longest_runs(found: Found) -> dict[str, int]:
    """By box of a unit: most working days in a row without its head; where no head served, no day counts."""
    longest: dict[str, int] = {}
    running: dict[str, int] = {}
    empty = unvisited(found)
    for box, day, row in box_days(found, "unit"):
        head = row["head"] if row else False
        if head and (box, day) in empty:
            head = False
        if head is not None:
            running[box] = 0 if head else running.get(box, 0) + 1
        longest[box] = max(longest.get(box, 0), running.get(box, 0))
    return longest


def _number(policy: Resolved, key: str) -> int:
    return policy.setting(key, int)
