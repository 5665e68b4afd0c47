delete from domain_name where name = %(name)s
