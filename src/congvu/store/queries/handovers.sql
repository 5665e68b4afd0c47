select box, decision, decided_on, effective_on, giver, receiver, acting, absent, settled_at is not null as settled
  from handover order by id
