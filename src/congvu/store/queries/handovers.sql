select box, decision, decided_on, effective_on, giver, receiver, acting, absent from handover order by id
