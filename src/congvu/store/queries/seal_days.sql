select min(day) as first, max(day) as last from seal
