"""Fixtures by topic live in fix_*.py; a test names what it needs."""

from fix_chain import chained, packed, packed_once
from fix_checks import office
from fix_database import cluster, database, empty_database, shared_database
from fix_portal import clerk, head, roles, visitor
from fix_quarter import quarter, render
from fix_services import host_files, journal, page, password_server, people, service, web_server

__all__ = [
    "chained",
    "clerk",
    "cluster",
    "database",
    "empty_database",
    "head",
    "host_files",
    "journal",
    "office",
    "packed",
    "packed_once",
    "page",
    "password_server",
    "people",
    "quarter",
    "render",
    "roles",
    "service",
    "shared_database",
    "visitor",
    "web_server",
]
