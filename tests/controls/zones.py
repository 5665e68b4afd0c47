"""Ask the host's resolver where the mail of domains goes, and who may send for them. Runs on the host.

`python3 - JSON`: domains, and names of hosts. Prints of each domain its mail hosts ("mx") and who may send
for it ("spf"): [term of the policy, networks or null: nobody can say which]; null without a policy. Of each
host, also of the mail hosts, its addresses.
"""

import json
import sys

import dns.exception
import dns.resolver

DEEPEST = 10  # look-ups of one SPF policy (RFC 7208, section 4.6.4)


def ask(name, kind):
    """Return the records, none where there are none; a resolver that does not answer is no answer."""
    try:
        return list(dns.resolver.resolve(name, kind, search=False, lifetime=10))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def addresses(name):
    return sorted(record.address for kind in ("A", "AAAA") for record in ask(name, kind))


def mail_hosts(domain):
    return sorted(str(record.exchange).rstrip(".").lower() for record in ask(domain, "MX"))


def spf(domain, depth=0):
    """Return who may send for a domain: [[term, networks or None]]; None without a policy."""
    texts = [b"".join(record.strings).decode("ascii", "replace") for record in ask(domain, "TXT")]
    policies = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        return None
    terms = [] if len(policies) == 1 else [[f"{len(policies)} v=spf1", None]]
    for term in policies[0].lower().split()[1:]:
        if term[0] in "-~?":
            continue
        terms += allowed(term.lstrip("+"), domain, depth)
    return terms


def allowed(term, domain, depth):
    name, separator, target = term.replace("=", ":", 1).partition(":")
    name, _, mask = name.partition("/") if not separator else (name, "", "")
    if separator and name in ("a", "mx"):
        target, _, mask = target.partition("/")
    target = target or domain
    if name in ("ip4", "ip6"):
        return [[term, [target]]]
    if name == "all":
        return [[term, ["0.0.0.0/0", "::/0"]]]
    if name in ("a", "mx"):
        hosts = [target] if name == "a" else mail_hosts(target)
        found = [address for host in hosts for address in addresses(host)]
        return [[term, found if not mask else None]]  # a mask beside a name: seldom, and never needed
    if name in ("include", "redirect") and depth < DEEPEST:
        included = spf(target, depth + 1)
        return [[term, None]] if included is None else included
    return [] if name == "exp" else [[term, None]]


if __name__ == "__main__":
    domains, hosts = json.loads(sys.argv[1])
    found = {each: {"mx": mail_hosts(each), "spf": spf(each)} for each in domains}
    every = {*hosts, *(host for each in found.values() for host in each["mx"])}
    json.dump({"domains": found, "hosts": {each: addresses(each) for each in sorted(every)}}, sys.stdout)
