insert into handover (box, kind, decision, decided_on, effective_on, giver, receiver, acting, absent, inventory)
select address, kind, %(decision)s, %(decided_on)s, %(effective_on)s, %(giver)s, %(receiver)s, %(acting)s, %(absent)s,
       %(inventory)s
  from mailbox where address = %(box)s
