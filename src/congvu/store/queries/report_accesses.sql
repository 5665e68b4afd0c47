-- Personal mailboxes that others could read in the period. Whose, stands in the papers of the ticket.
select ticket, opened_at, least(ended_at, ends_at) as ended_at, coalesce(ended_at < ends_at, false) as early
  from break_glass
 where opened_at < %(until)s and coalesce(ended_at, ends_at) >= %(since)s
 order by opened_at, id
