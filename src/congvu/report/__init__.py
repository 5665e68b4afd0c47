"""Findings become a document: `report.json` for tools, `report.html` for auditors and the Director. Pure."""
