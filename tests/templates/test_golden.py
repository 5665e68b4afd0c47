"""A change of a template, a default or a variable is seen as the change of the hosts that it is."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader
from render import GOLDEN, ROOT, VARIANTS, files, kept, rendered

RENEW = "review the difference, then `make golden`"


def difference(expected: dict[str, str], found: dict[str, str]) -> str:
    """What has changed, as a patch; a file that came or went is all plus or all minus."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name, ""), found.get(name, "")
        if name in expected and name in found and before == after:
            continue
        patch = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=1)
        lines += list(patch) or [f"{name}: is empty, and on one side only"]
    return "\n".join(lines)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_hosts_would_get_is_what_was_reviewed(variant: str) -> None:
    found = {name: file.content for name, file in rendered(variant).items()}
    changed = difference(kept(variant), found)
    assert not changed, f"{GOLDEN.relative_to(ROOT)}/{variant}: {RENEW}\n{changed}"


def test_every_template_is_rendered() -> None:
    """Each of them is known by its name in the managed header, and its folder by the tasks of its role."""
    made = "".join(text for variant in VARIANTS for text in kept(variant).values())
    missing = []
    for template in (path for path in ROOT.glob("roles/*/templates/**/*") if path.is_file()):
        role = template.relative_to(ROOT).parts[1]
        tasks = "".join(path.read_text("utf-8") for path in (ROOT / "roles" / role).glob("*/*.yml"))
        folder = template.parent.relative_to(ROOT / "roles" / role / "templates")
        if f"{folder}/" not in tasks or f" {template.name}. " not in made:
            missing.append(str(template.relative_to(ROOT)))
    assert missing == []


TASKS = """
- block:
    - name: Configure
      config_files:
        files: [{dest: /etc/web.conf, content: "{{ lookup('ansible.builtin.template', 'web.conf.j2') }}"}]
- name: Configure each
  ansible.builtin.template: {src: web.conf.j2, dest: "/etc/{{ item }}"}
  loop: [one, two]
"""


def planted(tmp_path: Path, template: str) -> dict[str, str]:
    for name, text in {"tasks/main.yml": TASKS, "templates/web.conf.j2": template}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    variables = {"port": 443, "ansible_search_path": [str(tmp_path)]}
    return {file.dest: file.content for file in files(tmp_path, variables, DataLoader())}


def test_both_kinds_of_tasks_are_rendered(tmp_path: Path) -> None:
    made = planted(tmp_path, "listen {{ port }}\n")
    assert made == dict.fromkeys(["/etc/web.conf", "/etc/one", "/etc/two"], "listen 443\n")


def test_an_undefined_variable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnsibleUndefinedVariable, match="prot"):
        planted(tmp_path, "listen {{ prot }}\n")


def test_a_difference_is_found() -> None:
    before = {"a": "1\n", "b": "2\n"}
    assert difference(before, before) == ""
    assert "+3" in difference(before, {"a": "1\n", "b": "3\n"})
    assert "-2" in difference(before, {"a": "1\n"})
    assert "is empty" in difference(before, {**before, "c": ""})
