-- Cases that were found in the period, entered in it, or still open when it began, as they stood at its end.
select number, kind, provision, found_on,
       case when closed_on <= %(last)s then closed_on end as closed_on,
       case when closed_on <= %(last)s then outcome end as outcome,
       case when closed_on <= %(last)s then decision else '' end as decision
  from incident
 where found_on <= %(last)s and (closed_on is null or closed_on >= %(first)s or congvu_day(at) >= %(first)s)
 order by found_on, at, number
