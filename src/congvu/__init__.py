"""congvu: the rules behind an organisation's official e-mail, shared by controller, hosts and services.

Imports run from a later line to an earlier one only::

    errors clock
    policy
    names passwords accounts mailrules calendar
    evidence
    report
    store
    web services
"""

# A constant, not importlib.metadata: on the hosts the package comes from Debian, without Python metadata.
__version__ = "0.1.0"
