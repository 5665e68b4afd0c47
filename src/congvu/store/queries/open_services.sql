select address, name, owner, ends as "end",
       (select coalesce(array_agg(host(n) || '/' || masklen(n)), '{}') from unnest(networks) n) as networks
  from service
 where not closed
