select h.box, h.kind, u.name as unit, h.decision, h.decided_on, h.effective_on, h.acting, h.absent, h.inventory,
       h.made_at, h.acknowledged_at, h.acknowledged_by, party.*
  from handover h
       join mailbox m on m.address = h.box
       join unit u on u.code = m.unit
       cross join lateral (
         select jsonb_object_agg(part, jsonb_build_object('staff_id', p.staff_id, 'full_name', p.full_name,
                                                          'position', p.position, 'unit', of.name)) as parties
           from (values ('giver', h.giver), ('receiver', h.receiver)) as side(part, staff_id)
                join person p using (staff_id)
                join unit of on of.code = p.unit
       ) party
 where h.box = %(box)s and h.decision = %(decision)s
