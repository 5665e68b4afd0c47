"""What the people's page calls things, as a civil servant reads them."""

from __future__ import annotations

from datetime import date, datetime

from congvu import words
from congvu.accounts.model import KINDS
from congvu.report.words import number, quarter, sentence

__all__ = [
    "ACTS",
    "DOORS",
    "KINDS",
    "ROLES",
    "STATES",
    "act",
    "day",
    "moment",
    "number",
    "quarter",
    "sentence",
]

CHOICE = words.CHOICE
ROLES = {role: sentence(name) for role, name in words.ROLES.items()}
STATES = {"active": "Đang có hiệu lực", "due": "Đã đến hạn đổi"}
DOORS = {
    "webmail": "Webmail",
    "imaps": "Phần mềm thư (đọc thư)",
    "submissions": "Phần mềm thư (gửi thư)",
    "sieve": "Quản lý bộ lọc thư",
    "page": "Trang của tôi, đổi mật khẩu",
}
# Verbs of the records of changes. What is not listed is shown as a change of the directory.
ACTS = {
    "directory.converge": "Cập nhật danh bạ: đơn vị, thông tin cá nhân, hộp thư hoặc vai trò",
    "credential.import": "Nhận mật khẩu từ hệ thống trước",
    "password.issue": "Cấp mật khẩu ban đầu",
    "password.reset": "Quản trị viên cấp lại mật khẩu",
    "credential.revoke": "Thu hồi mật khẩu vì lý do an toàn",
    "password.change": "Đổi mật khẩu",
    "password.recognise": "Lưu mã đối sánh để phát hiện mật khẩu dùng trùng",
    "policy.acknowledge": "Xác nhận đã đọc quy định về sử dụng thư công vụ",
    "statement.make": "Ký xác nhận hằng quý",
    "statement.refuse": "Gửi xác nhận ngoài thẩm quyền (bị từ chối)",
    "abuse.report": "Báo vi phạm, sự cố",
    "auditor.grant": "Được giao kiểm tra báo cáo các quý",
    "auditor.end": "Kết thúc việc được giao kiểm tra báo cáo",
    "report.read": "Đọc báo cáo của một quý",
    "difficulty.report": "Báo khó khăn, vướng mắc",
    "difficulty.answer": "Trả lời khó khăn, vướng mắc",
    "difficulty.refuse": "Trả lời vướng mắc ngoài thẩm quyền (bị từ chối)",
    "factor.begin": "Bắt đầu bật xác thực hai lớp",
    "factor.confirm": "Bật xác thực hai lớp",
    "factor.end": "Tắt xác thực hai lớp",
    "factor.remove": "Quản trị viên gỡ xác thực hai lớp",
    "app_password.make": "Tạo mật khẩu ứng dụng",
    "app_password.revoke": "Thu hồi mật khẩu ứng dụng",
    "webmail.open": "Mở webmail bằng mã xác thực",
    "handover.make": "Lập việc bàn giao hộp thư",
    "handover.effect": "Bàn giao hộp thư có hiệu lực",
    "handover.acknowledge": "Xác nhận đã nhận bàn giao hộp thư",
    "handover.filters": "Ngừng bộ lọc của hộp thư được bàn giao",
    "break_glass.open": "Mở hộp thư cho người khác đọc theo phê duyệt",
    "break_glass.end": "Chấm dứt việc mở hộp thư cho người khác đọc",
    "rights.remove": "Gỡ bỏ quyền truy cập hộp thư không do hệ thống cấp",
    "odd_use.networks": "Phát hiện đăng nhập từ nhiều mạng trong thời gian ngắn",
    "odd_use.abroad": "Phát hiện đăng nhập từ mạng ngoài danh sách mạng trong nước",
    "odd_use.guess": "Phát hiện nhập sai mật khẩu nhiều lần",
    "odd_use.sprayed": "Phát hiện đăng nhập từ mạng đang dò mật khẩu",
}


# Why a half-day is not due.
NOT_DUE = {
    "joining": "ngày đầu làm việc tại cơ quan hoặc chưa có hộp thư",
    "leaving": "ngày cuối làm việc tại cơ quan",
    "no_access": "chưa được cấp hoặc bị thu hồi mật khẩu",
    "leave": "nghỉ",
    "mission": "đi công tác, đi học, biệt phái",
    "shift": "làm việc ở ca khác",
    "outage": "hệ thống gián đoạn",
    "no_records": "thiếu nhật ký",
}


def half_day(checked: bool | None, why: str) -> str:
    """Return what became of one half of a day."""
    if checked is None:
        return f"Không tính: {NOT_DUE.get(why, why)}"
    return "Đã kiểm tra" if checked else "Chưa kiểm tra"


def act(verb: str) -> str:
    """Return what was done, of a record's verb."""
    return ACTS.get(verb, "Thay đổi trong danh bạ")


def moment(value: str) -> str:
    """Return ``14:05 ngày 05/01/2027`` of an instant as JSON has it."""
    return words.moment(datetime.fromisoformat(value))


def day(value: str | date) -> str:
    """Return ``05/01/2027`` of a day as JSON has it."""
    return words.day(date.fromisoformat(value) if isinstance(value, str) else value)
