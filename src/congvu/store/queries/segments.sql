select day, source, sha256, lines, marks from segment where day = %(day)s order by source
