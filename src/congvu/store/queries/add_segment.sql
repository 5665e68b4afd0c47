insert into segment (day, source, sha256, lines, marks)
values (%(day)s, %(source)s, %(sha256)s, %(lines)s, %(marks)s)
