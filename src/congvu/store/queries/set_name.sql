insert into domain_name (name, home, cut_over) values (%(name)s, %(home)s, %(cut_over)s)
    on conflict (name) do update set cut_over = excluded.cut_over
