select address, name, members, post, moderator from mailing_list where not closed
