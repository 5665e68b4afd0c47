"""Outlook's question for the settings of an address: `POST /autodiscover/autodiscover.xml`.

The answer is the same for every address of our domains, whether it exists or not. Only the address is taken
from the question, and only if it is one of them: nothing else that was sent comes back. The question is
searched, not parsed: no XML parser meets what strangers send.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from flask import Blueprint, Response, render_template, request

_ADDRESS = re.compile(rb"<(?:\w+:)?EMailAddress>\s*([A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,255})\s*<")
_LARGEST = 16 * 1024


def blueprint(domains: Collection[str], hostname: str) -> Blueprint:
    """Return the page that answers for the addresses of these domains."""
    page = Blueprint("autodiscover", __name__)

    @page.post("/autodiscover/autodiscover.xml")
    def _answer() -> Response:
        asked = _ADDRESS.search(request.get_data()[:_LARGEST])
        address = asked[1].decode().lower() if asked else ""
        if address.partition("@")[2] not in domains:
            address = ""
        text = render_template("autodiscover.xml", address=address, hostname=hostname)
        return Response(text, 200 if address else 400, mimetype="text/xml")

    return page
