"""The chain of evidence: lines without names, segments, and a seal a day that names the one before.

::

    written = lines(SOURCES["event"], rows, Pseudonyms(key))       # what an auditor gets
    seal = Seal(host, day, previous, policy, {"event": segment(written)})
    seal.text                                                      # what is signed; its SHA-256 is the head

Pure. How an auditor checks all of it without this package: ``docs/audit/``; why it is so: ADR 0023.
"""

from congvu.chain.bundle import Content, Finding, Signed, check, vouched
from congvu.chain.lines import SEALED, SOURCES, Pseudonyms, Source, canonical, lines, nameless
from congvu.chain.seal import GENESIS, Seal, Segment, index, segment

__all__ = [
    "GENESIS",
    "SEALED",
    "SOURCES",
    "Content",
    "Finding",
    "Pseudonyms",
    "Seal",
    "Segment",
    "Signed",
    "Source",
    "canonical",
    "check",
    "index",
    "lines",
    "nameless",
    "segment",
    "vouched",
]
