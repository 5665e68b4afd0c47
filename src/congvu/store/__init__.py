"""The directory in PostgreSQL: the only place that speaks SQL.

::

    with store.connect(role="congvu_password") as db:     # one transaction
        account = db.account("annv@snv.binhdinh.gov.vn")

Schema, constraints, views and grants are in ``migrations/``, statements in ``queries/``.
"""

from congvu.store.database import Account, Observation, Store, StoreError, connect, outrun_records
from congvu.store.directory import (
    converge,
    read_credentials,
    read_directory,
    write_credentials,
)
from congvu.store.domains import change_names, read_names, spellings
from congvu.store.fingerprints import record_issued, unrecognised
from congvu.store.handover import (
    acknowledge_handover,
    make_handover,
    read_handovers,
    settle_handovers,
)
from congvu.store.migration import migrate

__all__ = [
    "Account",
    "Observation",
    "Store",
    "StoreError",
    "acknowledge_handover",
    "change_names",
    "connect",
    "converge",
    "make_handover",
    "migrate",
    "outrun_records",
    "read_credentials",
    "read_directory",
    "read_handovers",
    "read_names",
    "record_issued",
    "settle_handovers",
    "spellings",
    "unrecognised",
    "write_credentials",
]
