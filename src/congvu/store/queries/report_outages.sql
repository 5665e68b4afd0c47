select o.starts, o.ends, coalesce(u.name, '') as unit, o.reason, o.source
  from outage o left join unit u on u.code = o.unit
 where o.withdrawn_at is null and o.starts < %(until)s and o.ends > %(since)s
 order by o.starts, o.id
