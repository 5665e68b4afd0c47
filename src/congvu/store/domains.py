"""Further names of domains: read them, change them."""

from __future__ import annotations

from congvu.accounts import Name, NamesPlan
from congvu.errors import UserError
from congvu.store.database import Store
from congvu.store.sql import SQL


def read_names(db: Store) -> dict[str, list[Name]]:
    """The further names of each domain that has any, in the order in which they come into force."""
    found: dict[str, list[Name]] = {}
    for row in db.rows(SQL.names):
        found.setdefault(row["home"], []).append(Name(row["name"], row["cut_over"]))
    return found


def spellings(db: Store, domain: str) -> tuple[str, ...]:
    """The further names of a home domain. Raises UserError for one that is only a name of another."""
    names = read_names(db)
    for home, its in names.items():
        if domain in {each.name for each in its}:
            raise UserError(
                f'mail_domain: "{domain}" is a further name of {home}, in which addresses stay;'
                f" write {home}, and {domain} under mail_domain_names"
            )
    return tuple(each.name for each in names.get(domain, ()))


def change_names(db: Store, plan: NamesPlan, actor: str) -> None:
    """Write a plan with its audit record. It must have been made from what this transaction has read."""
    before, after = plan.diff()
    detail = {"before": before.splitlines(), "after": after.splitlines()}
    db.record(actor, "domain.names", plan.home, detail)
    db.run(SQL.add_domain, name=plan.home)
    for old, new in plan.changes:
        if new is None and old is not None:
            db.run(SQL.drop_name, name=old.name)
    for _, new in plan.changes:
        if new is not None:
            db.run(SQL.set_name, name=new.name, home=plan.home, cut_over=new.cut_over)
