insert into seal (day, body, head, previous, signature, signer)
values (%(day)s, %(body)s, %(head)s, %(previous)s, %(signature)s, %(signer)s)
