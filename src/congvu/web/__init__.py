"""Pages for the people of the organisation, in Vietnamese. Today one: the change of password, `/mat-khau`.

The page holds no secret and no session: it asks the password service over a Unix socket and shows its answer.
"""
