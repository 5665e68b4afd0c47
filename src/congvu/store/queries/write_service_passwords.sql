update service s set hash = p.hash, set_at = p.set_at
  from staged_service_password p
 where p.address = s.address
