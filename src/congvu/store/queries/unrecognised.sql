select count(*) as people
  from account a
       left join fingerprinted f on f.address = a.address and f.key = %(key)s
 where a.kind = 'person' and a.state <> 'closed' and a.password_set_at is not null and f.address is null
