-- Closed working days from the first one on of which something came to light since the last one was closed, and whether it
-- did of this one: events that came late, outages that were stated or withdrawn, absences that do not agree with what is
-- written down.
with last_run as (
  select max(at) as at, max(day) as day from check_day
), known as (
  select c.day, c.staff_id, h.part, h.why
    from mail_check_last c
         cross join lateral (values ('morning', morning_why), ('afternoon', afternoon_why)) h (part, why)
   where c.day >= %(since)s and h.why not in ('joining', 'leaving', 'no_access')
), news as (
  select congvu_day(e.happened_at) as day
    from event e, last_run where e.taken_at >= last_run.at and congvu_day(e.happened_at) <= last_run.day
   union
  select d::date
    from outage o cross join last_run
         cross join generate_series(congvu_day(o.starts), congvu_day(o.ends), interval '1 day') d
   where greatest(o.at, o.withdrawn_at) >= last_run.at
   union
  select k.day
    from known k
         left join absence a on a.staff_id = k.staff_id and k.day between a.starts and a.ends
                            and a.part in ('', k.part)
   where coalesce(absence_why(a.kind), '') <> case when k.why in ('leave', 'mission', 'shift') then k.why else '' end
)
select day, day in (select day from news) as told
  from check_day
 where off = '' and day >= (select min(day) from news where day >= %(since)s)
 order by day
