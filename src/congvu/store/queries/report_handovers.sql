-- Handovers whose rights passed in the period, as they stood at its end.
select h.decision, h.box, h.effective_on, h.acting,
       greatest(congvu_day(h.made_at) - h.effective_on, 0) as days_late,
       coalesce(h.acknowledged_at < %(until)s, false) as acknowledged
  from handover h
 where greatest(congvu_day(h.made_at), h.effective_on) between %(first)s and %(last)s
 order by h.effective_on, h.id
