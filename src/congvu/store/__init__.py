"""The directory in PostgreSQL: the only place that speaks SQL.

::

    with store.connect(role="congvu_password") as db:     # one transaction
        account = db.account("annv@snv.binhdinh.gov.vn")

Schema, constraints, views and grants are in ``migrations/``, statements in ``queries/``.
"""

from congvu.store.break_glass import (
    end_access,
    open_access,
    opened_boxes,
    read_accesses,
    settle_accesses,
)
from congvu.store.database import (
    Account,
    Observation,
    ServiceAccount,
    Store,
    StoreError,
    connect,
    outrun_records,
)
from congvu.store.directory import (
    converge,
    read_credentials,
    read_directory,
    write_credentials,
    write_service_passwords,
)
from congvu.store.domains import change_names, read_names, spellings
from congvu.store.fingerprints import record_issued, unrecognised
from congvu.store.handover import (
    acknowledge_handover,
    filters_due,
    filters_ended,
    make_handover,
    read_handover,
    read_handovers,
    settle_handovers,
)
from congvu.store.migration import migrate
from congvu.store.portal import asked, said
from congvu.store.restoring import living_keys, settle_restored

__all__ = [
    "Account",
    "Observation",
    "ServiceAccount",
    "Store",
    "StoreError",
    "acknowledge_handover",
    "asked",
    "change_names",
    "connect",
    "converge",
    "end_access",
    "filters_due",
    "filters_ended",
    "living_keys",
    "make_handover",
    "migrate",
    "open_access",
    "opened_boxes",
    "outrun_records",
    "read_accesses",
    "read_credentials",
    "read_directory",
    "read_handover",
    "read_handovers",
    "read_names",
    "record_issued",
    "said",
    "settle_accesses",
    "settle_handovers",
    "settle_restored",
    "spellings",
    "unrecognised",
    "write_credentials",
    "write_service_passwords",
]
