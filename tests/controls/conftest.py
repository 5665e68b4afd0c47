"""The observers of `tests/controls`: each looks at one fact about the running host and says what it found.

    pytest tests/controls --hosts=ssh://mail --ssh-config=FILE --observations=FILE

An observer never decides: it counts what it checked and names the exceptions. `congvu.policy` judges, here
for JUnit and on the host for the report. Exit status: 0 all met, 1 something is not met, 2 an observer broke down
(its control then has no observation, and its rows are not assessed).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostfacts import HostFacts

from congvu import evidence
from congvu.policy import Status, judge_control


@dataclass
class Observe:
    """What one observer found, in words for auditors: Vietnamese, and no names of people."""

    control: str
    checked: int = 0
    exceptions: list[dict[str, str]] = field(default_factory=list)
    numerator: int | None = None
    denominator: int | None = None
    figure: float | None = None
    evidence: list[str] = field(default_factory=list)

    def check(self, subject: str, kept: bool, found: str) -> None:
        """Count one thing that was looked at; ``found`` says what is wrong where it is not ``kept``."""
        self.checked += 1
        if not kept:
            self.exceptions.append({"subject": subject, "found": found})

    def check_each(self, subjects: Iterable[str], wrong: Iterable[str], found: str) -> None:
        """Count all ``subjects``; those that are ``wrong`` are exceptions."""
        wrong = set(wrong)
        for subject in sorted({*subjects, *wrong}):
            self.check(subject, subject not in wrong, found)

    def fact(self, text: str) -> None:
        """Add a short fact to the evidence."""
        self.evidence.append(text)


@dataclass
class Book:
    """The observations of a run, and whether an observer broke down."""

    host: str | None = None
    policy_sha256: str | None = None
    observations: list[dict[str, object]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


_BOOK = pytest.StashKey[Book]()
_OBSERVE = pytest.StashKey[Observe]()
_FACTS = pytest.StashKey[HostFacts]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("congvu")
    group.addoption("--observations", type=Path, help="write what was observed to this file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control(id): the control that a test observes")
    config.stash[_BOOK] = Book()


@pytest.fixture
def facts(host: object, request: pytest.FixtureRequest) -> HostFacts:
    """What the host says about itself, asked once in a run however many observers look at it."""
    stash = request.config.stash
    if _FACTS not in stash:
        stash[_FACTS] = HostFacts(host)
    gathered = stash[_FACTS]
    if gathered.host is not host and gathered.id != host.backend.get_pytest_id():  # type: ignore[attr-defined]
        raise pytest.UsageError("one host a run: an observation file speaks of one host")
    return gathered


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Observe:
    """The notes of this observer, for the control that its mark names."""
    mark = request.node.get_closest_marker("control")
    if mark is None:
        raise pytest.UsageError(f"{request.node.nodeid} has no mark 'control'")
    notes = Observe(mark.args[0])
    request.node.stash[_OBSERVE] = notes
    return notes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Write down what a test observed, and let it fail, with the auditor's words, where that is not met."""
    yield
    notes = item.stash.get(_OBSERVE, None)
    facts: HostFacts | None = item.config.stash.get(_FACTS, None)
    if notes is None or facts is None:
        return
    book = item.config.stash[_BOOK]
    book.host, book.policy_sha256 = facts.name, facts.policy.sha256
    found = {**asdict(notes), "observed_at": datetime.now(UTC).isoformat(timespec="seconds")}
    book.observations.append(found)
    observation = evidence.observation(found, facts.name, facts.policy.sha256)
    control = facts.policy.control(notes.control)
    judgement = judge_control(control, [observation], facts.policy, observation.observed_at)
    if judgement.status is Status.NOT_MET:
        lines = [f"{each['subject']}: {each['found']}" for each in notes.exceptions]
        pytest.fail("\n".join([f"{notes.control} is not met: {judgement.reason.vi}", *lines]), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    failed_by_verdict = call.excinfo is not None and call.excinfo.errisinstance(pytest.fail.Exception)
    if report.failed and not failed_by_verdict:
        item.config.stash[_BOOK].broken.append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    book = session.config.stash[_BOOK]
    path: Path | None = session.config.getoption("--observations")
    if path is not None:
        document = {
            "schema": 1,
            "observed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": book.host,
            "policy_sha256": book.policy_sha256,
            "observations": sorted(book.observations, key=lambda each: str(each["control"])),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if book.broken:
        session.exitstatus = 2
