insert into report_issue (quarter, cutoff, first, last, form, content, page, figures)
values (%(quarter)s, %(cutoff)s, %(first)s, %(last)s, %(form)s, %(content)s, %(page)s, %(figures)s)
