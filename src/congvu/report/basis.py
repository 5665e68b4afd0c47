"""What the figures of a report rest on: earlier policies, and over which days they were counted. Pure.

Said where the period is named, and only where it is not what a reader takes for granted.
"""

from __future__ import annotations

from congvu.report import words
from congvu.report.document import Report


def notes(report: Report) -> list[str]:
    """What has to be known of the figures, each in a sentence."""
    return [*_judged_then(report), *_counted(report)]


def _judged_then(report: Report) -> list[str]:
    """Only the digest of an earlier policy is kept, not its words and numbers."""
    if not report.then:
        return []
    then = "; ".join(f"phiên bản {version}, mã băm {sha256[:12]}…" for version, sha256 in report.then)
    now = f"phiên bản {report.policy.version}, mã băm {report.policy.sha256[:12]}…"
    return [
        f"Kết quả kiểm tra và xác nhận giữ nguyên theo chính sách có hiệu lực trong kỳ ({then}); lời văn, "
        f"mức tối thiểu và trường hợp miễn áp dụng nêu trong báo cáo lấy theo chính sách hiện hành ({now})."
    ]


def _counted(report: Report) -> list[str]:
    """Observers count by the policy's cut-off; by the other one a report takes their figures as they are."""
    if report.counted_from is None:
        return []
    custom = words.CHOICE[str(report.policy.values["report.cutoff"])]
    return [
        "Trong kết quả kiểm tra và chỉ tiêu định lượng, số liệu theo kỳ được đếm từ ngày "
        f"{words.day(report.counted_from)} ({custom}) đến lần kiểm tra gần nhất, không theo đúng các ngày "
        "của kỳ báo cáo này; sự việc trong kỳ được đếm đúng theo kỳ báo cáo."
    ]
