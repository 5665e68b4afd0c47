insert into report_issue (quarter, cutoff, first, last, form, content, page, json_sha256)
values (%(quarter)s, %(cutoff)s, %(first)s, %(last)s, %(form)s, %(content)s, %(page)s, %(json_sha256)s)
