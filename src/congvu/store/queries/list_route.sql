select l.name, list_accepts(%(list)s, %(sender)s) as accepted,
       (select address from list_moderator where list = l.address) as moderator,
       (select coalesce(array_agg(address order by address), '{}') from list_member where list = l.address) as members
  from list_open l
 where l.address = %(list)s
