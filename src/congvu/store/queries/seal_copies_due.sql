select s.day, s.body, s.signature, s.signer, r.recipient as address
  from seal s cross join unnest(%(recipients)s::text[]) r (recipient)
 where s.day > congvu_today() - 31                           -- a new recipient is not told of years
   and not exists (select from seal_copy c where c.day = s.day and c.recipient = r.recipient)
 order by s.day, r.recipient
