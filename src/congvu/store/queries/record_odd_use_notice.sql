insert into odd_use_notice (finding) values (%(finding)s) on conflict do nothing
