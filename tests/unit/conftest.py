"""Fixtures by topic live in fix_*.py; a test names what it needs."""

from fix_database import cluster, database, empty_database, shared_database
from fix_services import host_files, journal, page, password_server, people, service, web_server

__all__ = [
    "cluster",
    "database",
    "empty_database",
    "host_files",
    "journal",
    "page",
    "password_server",
    "people",
    "service",
    "shared_database",
    "web_server",
]
