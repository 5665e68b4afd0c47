insert into break_glass_notice (access, step) values (%(access)s, %(step)s) on conflict do nothing
