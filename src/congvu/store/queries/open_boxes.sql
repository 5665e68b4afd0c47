select m.address, m.kind, m.unit,
       array_agg(array[r.staff_id, r.role]) filter (where r.role is not null) as roles
  from mailbox m left join box_role r on r.box = m.address
 where m.kind <> 'person' and not m.closed
 group by m.address
