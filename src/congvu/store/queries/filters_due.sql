-- Boxes that changed hands and whose filters may still run
select distinct box
  from handover
 where effective_on <= congvu_today() and filters_ended_at is null and receiver is distinct from giver
 order by box
