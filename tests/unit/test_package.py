"""The Debian package: the same content makes the same bytes, other content another version."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the package is made of."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("packaging", "src/congvu"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def build(tree: Path) -> Path:
    done = subprocess.run(
        [tree / "packaging" / "build"], cwd=tree, capture_output=True, text=True, check=True
    )
    package = tree / done.stdout.strip()
    assert list((tree / "build").iterdir()) == [package]
    return package


def field(package: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "-f", package, name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_same_content_makes_the_same_bytes(tree: Path) -> None:
    package = build(tree)
    first = package.read_bytes()
    time.sleep(1.1)
    for path in tree.rglob("*"):
        path.touch()
    (tree / "src/congvu/__pycache__").mkdir()
    (tree / "src/congvu/__pycache__/x.pyc").write_bytes(b"x")
    assert build(tree) == package
    assert package.read_bytes() == first


@pytest.mark.parametrize(
    "path", ["src/congvu/web/static/page.css", "packaging/debian/postinst", "packaging/debian/control"]
)
def test_other_content_is_another_version(tree: Path, path: str) -> None:
    before = build(tree)
    version = field(before, "Version")
    with (tree / path).open("a") as file:
        file.write("\n" if path.endswith("control") else "# one more line\n")
    after = build(tree)
    assert field(after, "Version") != version
    assert not before.exists()


def test_it_brings_every_file_of_the_package_and_the_command(tree: Path) -> None:
    listing = subprocess.run(
        ["dpkg-deb", "-c", build(tree)], capture_output=True, text=True, check=True
    ).stdout
    inside = {line.split(maxsplit=5)[5].removeprefix("./") for line in listing.splitlines()}
    source = tree / "src" / "congvu"
    wanted = {
        f"usr/lib/python3/dist-packages/congvu/{path.relative_to(source)}"
        for path in source.rglob("*")
        if path.is_file()
    }
    assert wanted | {"usr/bin/congvu"} == {name for name in inside if name and not name.endswith("/")}
    assert all(line.split()[1] == "root/root" for line in listing.splitlines())
