"""Options of the tests that kill runs; the choice of where is random, and can be had again."""

from __future__ import annotations

import random
import time

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=int(time.time()), help="of the random choice of tasks")


@pytest.fixture(scope="session")
def chance(request: pytest.FixtureRequest) -> random.Random:
    seed = request.config.getoption("--seed")
    print(f"\n--seed={seed} chooses the same tasks again")
    return random.Random(seed)  # noqa: S311 (no secret)
