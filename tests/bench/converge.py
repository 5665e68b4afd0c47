"""The converge: of a bare host against apt-get alone, and once more with nothing to do."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.site import FACTS, Site
from tests.demo.hosts import HOSTS

LIST = ("dpkg-query", "-W", "-f", "${binary:Package}\n")
# What the role clamav does before it installs: without it the installation waits for freshclam.
MASK = "clamav-freshclam.service clamav-freshclam-once.service clamav-freshclam-once.timer"
INSTALL = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends"


def first(site: Site) -> Iterator[Figure]:
    """Both hosts are of one image; the second has every package in its cache that the first one had."""
    assert site.bare
    before = set(site.run(*LIST).split())
    ours = site.first.seconds
    added = sorted(set(site.run(*LIST).split()) - before - {"congvu"})
    site.hosts.run("partner", "systemctl", "mask", *MASK.split())
    for deb in (HOSTS / "apt" / "mail").glob("*.deb"):
        target = HOSTS / "apt" / "partner" / deb.name
        if not target.exists():
            target.hardlink_to(deb)
    start = time.monotonic()
    site.hosts.run("partner", "sh", "-c", f"{INSTALL} {' '.join(added)} </dev/null")
    bare = time.monotonic() - start
    yield Figure(f"first converge, {len(added)} packages", ours, "s", bare, 1.5)


def again(site: Site) -> Iterator[Figure]:
    """The second converge settles what the first one started; the third has nothing to do."""
    assert site.first
    site.play("second-converge", FACTS, "playbooks/site.yml")
    played = site.play("no-change-converge", FACTS, "playbooks/site.yml")
    if played.changed:
        raise RuntimeError(f"{played.changed} tasks changed something where nothing should change")
    yield Figure("converge that changes nothing", played.seconds, "s", aim=60)
    yield Figure("its tasks on the host", played.tasks, "tasks", aim=200)
    yield Figure("a task of it", played.seconds / played.tasks, "s")
