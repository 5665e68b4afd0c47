"""Pages for the people of the organisation, in Vietnamese: the change of password, a page for each person.

They hold no secret and keep nothing: they ask the password service over a Unix socket, and the directory
through functions that act for the person of a session alone.
"""
