"""Modules run against the database of the unit tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from fix_database import cluster, database
from fix_modules import run

__all__ = ["cluster", "database", "run"]
