select a.address, a.use, coalesce(m.staff_id, m.unit, f.target, s.address, l.address, '') as key
  from address a
       left join mailbox m on m.address = a.address
       left join forwarding f on f.address = a.address
       left join service s on s.address = a.address
       left join mailing_list l on l.address = a.address
