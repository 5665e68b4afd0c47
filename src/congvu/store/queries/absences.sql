select staff_id, kind, starts as start, ends as "end", part from absence
