"""Where a filter sends mail on, whatever else stands in it."""

from __future__ import annotations

import pytest

from congvu.mailrules import Effects, effects


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("", Effects()),
        ('require "fileinto"; fileinto "Lưu";', Effects()),
        ('redirect "an@ngoai.test";', Effects(("an@ngoai.test",))),
        ('require ["copy"];\nREDIRECT :copy\n  "an@ngoai.test" ;', Effects(("an@ngoai.test",))),
        ('if true { redirect "a@b.test"; redirect "c@d.test"; redirect "a@b.test"; }',
         Effects(("a@b.test", "c@d.test"))),
        ('if header :contains "subject" ["redirect", "vacation"] { keep; }', Effects()),
        ('# redirect "a@b.test";\n/* vacation "x"; */ keep;', Effects()),
        ('set "x" "/* no comment */"; redirect "a@b.test";', Effects(("a@b.test",))),
        ('vacation text:\nredirect "a@b.test";\n.\n;\nredirect "c@d.test";', Effects(("c@d.test",), True)),
        ('vacation :days 7 "Tôi vắng mặt";', Effects((), True)),
        (r'redirect "\"l\\a\"@b.test";', Effects((r'"l\a"@b.test',))),
        ('redirect "${someone}";', Effects(("${someone}",))),
        ('notify :importance "1" "mailto:a@b.test";', Effects(("mailto:a@b.test",))),
        ('redirect "a@b.test"', Effects(("a@b.test",))),  # broken, and yet somebody's intention
    ],
)  # fmt: skip
def test_what_a_filter_does(script: str, found: Effects) -> None:
    assert effects(script) == found
