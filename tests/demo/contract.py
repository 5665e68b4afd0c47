"""Writes demo.json, by which tests and other people's tools find the demo (design.md section 10)."""

from __future__ import annotations

import argparse
import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.demo.hosts import FOLDER, HOSTS, Hosts, write_private

PORTS = {"smtp": 25, "submissions": 465, "imaps": 993, "sieve": 4190, "https": 443}


def passwords(credentials: Path, initial: Path) -> dict[str, tuple[str, datetime | None]]:
    """Address -> password, and the moment it was set where that is known."""
    known: dict[str, tuple[str, datetime | None]] = {}
    for row in json.loads(credentials.read_text("utf-8")):
        known[row["address"]] = (row["password"], datetime.fromisoformat(row["set_at"]))
    if initial.exists():
        with initial.open(encoding="utf-8", newline="") as file:
            known |= {row["address"]: (row["password"], None) for row in csv.DictReader(file)}
    return known


def describe(account: dict[str, Any], known: dict[str, tuple[str, datetime | None]]) -> dict[str, Any]:
    """One entry of `accounts`. A password that its owner has changed since is nobody's business: null."""
    entry = {key: account[key] for key in ("address", "kind", "staff_id", "unit", "state")}
    if account["kind"] != "person":
        return {**entry, "state": "active"}  # the mailbox is in use; it has no door of its own
    # Reset by an administrator is initial once more: the same doors.
    entry["state"] = "initial" if account["state"] == "reset" else account["state"]
    password, set_at = known.get(account["address"], (None, None))
    if set_at is None:
        holds = entry["state"] == "initial"
    else:
        holds = account["set_at"] is not None and datetime.fromisoformat(account["set_at"]) == set_at
    return {**entry, "password": password if holds else None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=Path, default=HOSTS, metavar="FOLDER")
    parser.add_argument("--container", metavar="NAME", help="what podman calls the mail host")
    parser.add_argument("--domain", default="snv.binhdinh.test")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="what else belongs to the demo")
    given = parser.parse_args()
    hosts = Hosts(given.hosts)
    folder = given.folder.resolve()
    known = passwords(folder / "credentials.json", folder / "initial-passwords.csv")
    web = f"https://mail.{given.domain}"
    demo = {
        "host": hosts.address("mail"),
        "container": given.container or hosts.container("mail"),
        "domain": given.domain,
        "ca_file": str(folder / "tls" / "ca.pem"),
        "webmail_url": f"{web}/",
        "portal_url": f"{web}/trang-cua-toi",
        "ports": PORTS,
        "accounts": [
            describe(account, known) for account in hosts.accounts() if account["state"] != "closed"
        ],
        "reports": sorted(str(path) for path in (folder / "reports").glob("*/*") if path.is_file()),
    }
    write_private(folder / "demo.json", json.dumps(demo, ensure_ascii=False, indent=1) + "\n")
    print(
        f"""
The demo is up at {demo["host"]} (make demo-exec, make demo-down).
  webmail        {demo["webmail_url"]}   name and address go into /etc/hosts; authority: {demo["ca_file"]}
  people's page  {demo["portal_url"]}
  accounts       {folder / "demo.json"}
  report         {next((path for path in demo["reports"] if path.endswith(".html")), "not rendered yet")}"""
    )


if __name__ == "__main__":
    main()
