"""Fixtures by topic live in fix_*.py; a test names what it needs."""

from fix_database import cluster, database, empty_database

__all__ = ["cluster", "database", "empty_database"]
