-- How many were told in the period, by provision; what they say is for the Office.
select provision, about, count(*) as told,
       count(*) filter (where answered_at < %(until)s) as answered
  from difficulty
 where at >= %(since)s and at < %(until)s
 group by provision, about
 order by provision, about
