select box, visits, longest, still_open, head from box_check_last where day = %(day)s
