select starts, ends
  from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) s (starts, ends)
 where not exists (select from event e where e.happened_at >= s.starts and e.happened_at < s.ends)
