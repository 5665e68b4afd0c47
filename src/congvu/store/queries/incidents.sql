select number, kind, provision, found_on, closed_on, outcome, decision from incident order by at, number
