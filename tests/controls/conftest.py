"""The observers of `tests/controls`: each looks at one fact about the running host and says what it found.

    pytest tests/controls --hosts=ssh://mail --ssh-config=FILE --observations=FILE

An observer never decides: it counts what it checked and names the exceptions. `congvu.policy` judges, here
for JUnit and on the host for the report. Exit status: 0 all met, 1 something is not met, 2 an observer broke
down (its control then has no observation, and its rows are not assessed).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import Answers
from hostfacts import HostFacts
from visits import Visits

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
class Run:
    """What a run has gathered: facts about its one host, observations, and observers that broke down."""

    facts: HostFacts | None = None
    visits: Visits | None = None
    answers: Answers | None = None
    observations: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


_RUN = pytest.StashKey[Run]()
_NOTES = pytest.StashKey[Observe]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("congvu")
    group.addoption("--observations", type=Path, help="write what was observed to this file")
    group.addoption("--seals", type=Path, help="compare with the seals that were brought to this folder")
    group.addoption("--control", action="append", help="observe this control only (may be given again)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--control")
    if wanted:
        chosen = [
            item for item in items if (mark := item.get_closest_marker("control")) and mark.args[0] in wanted
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control(id): the control that a test observes")
    config.stash[_RUN] = Run()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    return request.config.stash[_RUN]


@pytest.fixture
def facts(host: Any, run: Run, request: pytest.FixtureRequest) -> HostFacts:
    """What the host says about itself, asked once in a run however many observers look at it."""
    if run.facts is None:
        # testinfra knows this option, but does not pass it on
        host.backend.ssh_extra_args = request.config.getoption("ssh_extra_args")
        run.facts = HostFacts(host)
    if run.facts.id != host.backend.get_pytest_id():
        raise pytest.UsageError("one host a run: an observation file speaks of one host")
    return run.facts


@pytest.fixture
def visits(facts: HostFacts, run: Run) -> Visits:
    """What the doors say to the controller."""
    if run.visits is None:
        run.visits = Visits(facts)
    return run.visits


@pytest.fixture
def answers(facts: HostFacts, visits: Visits, run: Run) -> Answers:
    """What the daemons answer about accounts. (The visits go on meanwhile.)"""
    if run.answers is None:
        run.answers = Answers(facts, visits.stranger, visits.login is not None)
    return run.answers


@pytest.fixture
def observe(request: pytest.FixtureRequest, facts: HostFacts) -> Observe:
    """The notes of this observer, for the control that its mark names; no regulation needs all controls."""
    mark = request.node.get_closest_marker("control")
    if mark is None:
        raise pytest.UsageError(f"{request.node.nodeid} has no mark 'control'")
    if mark.args[0] not in {control.id for control in facts.policy.controls}:
        pytest.skip(f"the policy of this host has no control {mark.args[0]}")
    notes = Observe(mark.args[0])
    request.node.stash[_NOTES] = notes
    return notes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Write down what a test observed, and let it fail, with the auditor's words, where that is not met."""
    yield
    run, notes = item.config.stash[_RUN], item.stash.get(_NOTES, None)
    if notes is None or run.facts is None:
        return
    found = {**asdict(notes), "observed_at": datetime.now(UTC).isoformat(timespec="seconds")}
    run.observations.append(found)
    policy = run.facts.policy
    observation = evidence.observation(found, run.facts.name, policy.sha256)
    judgement = judge_control(policy.control(notes.control), [observation], policy, observation.observed_at)
    if judgement.status is Status.NOT_MET:
        lines = [f"{each['subject']}: {each['found']}" for each in notes.exceptions]
        pytest.fail("\n".join([f"{notes.control} is not met: {judgement.reason.vi}", *lines]), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    not_met = call.excinfo is not None and call.excinfo.errisinstance(pytest.fail.Exception)
    if report.failed and not not_met:
        item.config.stash[_RUN].broken.append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash[_RUN]
    path: Path | None = session.config.getoption("--observations")
    if path is not None:
        document = {
            "schema": 1,
            "observed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": run.facts.name if run.observations and run.facts else None,
            "policy_sha256": run.facts.policy.sha256 if run.observations and run.facts else None,
            "observations": sorted(run.observations, key=lambda each: str(each["control"])),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if run.broken:
        session.exitstatus = 2
