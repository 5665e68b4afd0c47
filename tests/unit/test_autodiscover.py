"""Outlook's question: the answer holds an address of the domain, or nothing of what was sent."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from fix_services import DOMAIN
from flask.testing import FlaskClient

from congvu.web.app import create_app

PATH = "/autodiscover/autodiscover.xml"
SPACE = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"


@pytest.fixture
def outlook(host_files: Path) -> FlaskClient:
    """The pages, without anything behind them."""
    return create_app(str(host_files / "web.json")).test_client()


@pytest.mark.parametrize(
    "question",
    [
        f"<Request><EMailAddress>annv@{DOMAIN}</EMailAddress></Request>",
        f"<a:EMailAddress>\n AnNV@{DOMAIN.upper()} </a:EMailAddress>",
    ],
)
def test_an_address_of_the_domain_is_its_login(outlook: FlaskClient, question: str) -> None:
    reply = outlook.post(PATH, data=question)
    assert reply.status_code == 200
    tree = ElementTree.fromstring(reply.text)  # noqa: S314  (our own answer)
    assert {element.text for element in tree.iter(f"{SPACE}LoginName")} == {f"annv@{DOMAIN}"}
    assert [element.text for element in tree.iter(f"{SPACE}Port")] == ["993", "465"]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "<EMailAddress></EMailAddress>",
        "<EMailAddress>an@elsewhere.test</EMailAddress>",
        f"<EMailAddress>an@{DOMAIN}.elsewhere.test</EMailAddress>",
        f"<EMailAddress>an@sub.{DOMAIN}</EMailAddress>",
        f"<EMailAddress>an'><x/>@{DOMAIN}</EMailAddress>",
        f"<EMailAddress>{'a' * 65}@{DOMAIN}</EMailAddress>",
        f"<EMailAddress>&x;@{DOMAIN}</EMailAddress>",
        f"{' ' * 20000}<EMailAddress>an@{DOMAIN}</EMailAddress>",
    ],
)
def test_nothing_else_comes_back(outlook: FlaskClient, question: str) -> None:
    reply = outlook.post(PATH, data=question)
    assert reply.status_code == 400
    assert "ErrorCode" in reply.text
    assert "LoginName" not in reply.text
    assert "elsewhere" not in reply.text


def test_it_is_asked_by_post_alone(outlook: FlaskClient) -> None:
    assert outlook.get(PATH).status_code == 405
