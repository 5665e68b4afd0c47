"""What operators read is true: commands say where they run, links lead somewhere, both languages agree."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from documents import anchors, blocks, documents, headings, links
from house import ROOT

# Programs that write to the journal under their own names, whatever unit they run in.
BY_THEMSELVES = ("dovecot",)


def block_faults(tree: Path) -> list[str]:
    faults = []
    for path in documents(tree):
        for block in blocks(path, tree):
            if not block.where:
                faults.append(f"{block.place}: the first line does not say where the commands run")
            checked = subprocess.run(
                ["bash", "-n"], input=block.commands, capture_output=True, text=True, check=False
            )
            if checked.returncode or not block.commands.strip():
                faults.append(f"{block.place}: no commands: {checked.stderr.strip()}")
        name = path.relative_to(tree)
        faults += [
            f"{name}: a fence of {language or 'nothing'}: commands are sh"
            for language in re.findall(r"^ *```(\w*)\n(?!\n|$)", path.read_text("utf-8"), re.M)
            if language not in ("sh", "yaml", "mermaid", "")
        ]
        faults += [f"{name}: indented commands: fence them" for _ in re.findall(
            r"^\n    (?:make|ansible|congvu) .*", path.read_text("utf-8"), re.M)]  # fmt: skip
    return faults


def link_faults(tree: Path) -> list[str]:
    faults = []
    for path in documents(tree):
        for link in links(path):
            file, _, anchor = link.partition("#")
            target = path.parent / file if file else path
            if not target.exists() or (anchor and anchor not in anchors(target)):
                faults.append(f"{path.relative_to(tree)}: {link} leads nowhere")
    return faults


def name_faults(tree: Path) -> list[str]:
    """Playbooks, targets of make and pages of docs/operate that are named where operators read."""
    targets = set(re.findall(r"^([a-z-]+):", (tree / "Makefile").read_text("utf-8"), re.M))
    hints = [
        *sorted((tree / "src").rglob("*.py")),
        *sorted((tree / "plugins").rglob("*.py")),
        tree / "Makefile",
    ]
    faults = []
    for path in [*documents(tree), *hints]:
        text, name = path.read_text("utf-8"), path.relative_to(tree)
        named = set(re.findall(r"(?:playbooks/[\w-]+\.yml|docs/operate/[\w.-]*\w)", text))
        faults += [f"{name}: {each} is not there" for each in sorted(named) if not (tree / each).exists()]
        if path.suffix == ".md":
            made = set(re.findall(r"`make ([a-z-]+)\b(?!/)|^ *make ([a-z-]+)\b(?!/)", text, re.M))
            faults += [
                f"{name}: make {each} is no target"
                for pair in made
                for each in pair
                if each and each not in targets
            ]
    return faults


def journal_faults(tree: Path) -> list[str]:
    """Units and identifiers by which the journal is asked: roles set them, or name the unit of a package."""
    files = [path for path in (tree / "roles").rglob("*") if path.is_file()]
    units = {path.name.removesuffix(".j2") for path in files}
    identifiers = set(BY_THEMSELVES)
    for text in (path.read_text("utf-8", "replace") for path in files if path.suffix in (".j2", ".yml")):
        units |= set(re.findall(r"[\w@.-]+\.service", text))
        identifiers |= set(re.findall(r"\b(?:SyslogIdentifier|tag|syslog_name)=([\w/-]+)", text))
    read = [
        *tree.rglob("docs/**/*.md"),
        *tree.glob("*.md"),
        *tree.glob("roles/*/README.md"),
        *tree.rglob("src/**/*.py"),
    ]
    faults = []
    for path in sorted(read):
        for command in re.findall(r"journalctl[^|;`\n]*", path.read_text("utf-8")):
            for option, name in re.findall(r" -(t|u) ([\w@.-]+)", command):
                known = name in identifiers if option == "t" else {name, f"{name}.service"} & units
                if not known:
                    faults.append(f"{path.relative_to(tree)}: no role sets journalctl -{option} {name}")
    return faults


def translation_faults(tree: Path) -> list[str]:
    """README.vi.md follows README.md: the same headings, the same commands, and each leads to the other."""
    english, vietnamese = tree / "README.md", tree / "README.vi.md"
    faults = []
    if headings(english) != headings(vietnamese):
        faults.append(f"README.vi.md: headings {headings(vietnamese)}, README.md has {headings(english)}")
    pairs = zip(blocks(english, tree), blocks(vietnamese, tree), strict=False)
    faults += [
        f"{other.place}: not the commands of {one.place}"
        for one, other in pairs
        if (one.where, one.by_hand, one.commands) != (other.where, other.by_hand, other.commands)
    ]
    if len(list(blocks(english, tree))) != len(list(blocks(vietnamese, tree))):
        faults.append("README.vi.md: not as many blocks of commands as README.md")
    if "README.vi.md" not in links(english) or "README.md" not in links(vietnamese):
        faults.append("README.md, README.vi.md: each has to lead to the other")
    return faults


def test_every_command_says_where_it_runs() -> None:
    assert block_faults(ROOT) == []


def test_every_link_leads_somewhere() -> None:
    assert link_faults(ROOT) == []


def test_what_is_named_is_there() -> None:
    assert name_faults(ROOT) == []


def test_the_journal_is_asked_by_names_that_are_set() -> None:
    assert journal_faults(ROOT) == []


def test_both_languages_say_the_same() -> None:
    assert translation_faults(ROOT) == []


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs" / "operate" / "README.md"
    listed = {link.partition("#")[0] for link in links(index)}
    assert {path.name for path in index.parent.glob("*.md")} - {"README.md"} <= listed


def test_make_help_shows_every_target_and_its_parameter() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert all(re.search(rf"^  make {target} ", shown, re.M) for target in targets)
    assert "make demo-exec CMD='congvu status'  " in shown


SOUND = {
    "Makefile": "demo:\n",
    "README.md": "# a\n[vi](README.vi.md)\n```sh\n# on the host\nls\n```\n## b\n",
    "README.vi.md": "# a\n[en](README.md)\n```sh\n# trên máy chủ\nls\n```\n## b\n",
    "docs/operate/README.md": "# a\n[x](x.md#all-is-lost)\n",
    "docs/operate/x.md": "# All is lost!\n`make demo`\n`journalctl -u web -t congvu-web`\n",
    "roles/web/templates/etc/systemd/system/web.service.j2": "SyslogIdentifier=congvu-web\n",
}


def faults(tree: Path) -> list[str]:
    rules = (block_faults, link_faults, name_faults, journal_faults, translation_faults)
    return [fault for rule in rules for fault in rule(tree)]


def test_sound_documents_have_no_fault(plant) -> None:
    assert faults(plant(SOUND)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("docs/operate/x.md", "`make", "```sh\nls\nls\n```\n`make", "does not say where"),
        ("docs/operate/x.md", "`make", "```sh\n# by hand on the host:\nls\n```\n`make", "does not say where"),
        ("docs/operate/x.md", "`make", "```sh\n# on the host\nif\n```\n`make", "no commands"),
        ("docs/operate/x.md", "`make", "```bash\nls\n```\n`make", "commands are sh"),
        ("docs/operate/x.md", "`make", "\n    make demo\n`make", "indented commands"),
        ("docs/operate/x.md", "All", "Nothing", "leads nowhere"),
        ("docs/operate/x.md", "make demo", "make dmeo", "no target"),
        ("docs/operate/x.md", "`make", "playbooks/y.yml `make", "playbooks/y.yml is not there"),
        ("docs/operate/x.md", "-u web", "-u wbe", "no role sets journalctl -u wbe"),
        ("docs/operate/x.md", "-t congvu-web", "-t gunicorn", "no role sets journalctl -t gunicorn"),
        ("README.vi.md", "## b", "### b", "headings"),
        ("README.vi.md", "ls", "pwd", "not the commands of README.md:3"),
        ("README.vi.md", "máy chủ", "máy quản trị", "not the commands of README.md:3"),
        ("README.vi.md", "[en](README.md)", "", "each has to lead"),
    ],
)
def test_a_fault_in_a_document_is_found(plant, file: str, old: str, new: str, said: str) -> None:
    found = faults(plant({**SOUND, file: SOUND[file].replace(old, new, 1)}))
    assert found
    assert all(said in fault for fault in found), found
