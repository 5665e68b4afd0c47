update incident set closed_on = %(closed_on)s, outcome = %(outcome)s, decision = %(decision)s where number = %(number)s
