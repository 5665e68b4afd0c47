select name, home, cut_over from domain_name order by home, cut_over, name
