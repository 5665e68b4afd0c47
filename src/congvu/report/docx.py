"""The official document as DOCX, for whoever edits it before signing: real styles, by python-docx.

Names Times New Roman, which every office has. The same document gives the same bytes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from congvu.report.document import Letterhead
from congvu.report.packed import without_clock
from congvu.report.paper import Line, Paper, Signature
from congvu.report.tables import Annex, Table

_FONT = "Times New Roman"
_BLANK = "\u2007" * 4  # figure spaces: room to write a number in, never squeezed by justification
_TEXT_WIDTH = 160  # mm, between the margins of the upright page
_ISSUER, _NATION = 61, 99  # mm, of the two columns of the letterhead
_CAPITAL = 3.0  # mm, the mean width of a bold capital of 13 pt: a rule is two fifths of the words above it
_MOTTO = 61  # mm, as wide as "Độc lập - Tự do - Hạnh phúc" in 14 pt bold


def to_docx(paper: Paper) -> bytes:
    """Return ``report.docx``."""
    document = docx.Document()
    _describe(document, paper)
    _styles(document)
    _page(document.sections[0], landscape=False)
    _number(document)
    _letterhead(document, paper)
    _body(document, paper.body)
    if paper.signing:
        _signatures(document, paper.signing)
    else:
        _signing(document, paper.head)
    for annex in paper.annexes:
        _annex(document, annex, paper)
    packed = io.BytesIO()
    document.save(packed)
    return without_clock(packed.getvalue())


def _describe(document: Document, paper: Paper) -> None:
    about = document.core_properties
    about.title, about.author, about.language = paper.title, paper.head.organisation, "vi-VN"
    about.last_modified_by, about.comments, about.revision = paper.head.organisation, "", 1
    about.created = about.modified = paper.made.astimezone(UTC).replace(tzinfo=None)


def _element(parent: Any, name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


def _styles(document: Document) -> None:
    normal = document.styles["Normal"]
    fonts = normal.element.get_or_add_rPr()
    _element(fonts, "w:lang", val="vi-VN", eastAsia="vi-VN")
    normal.paragraph_format.space_after = Pt(0)
    # name of the style, size, bold, italic, gap above
    for name, size, bold, italic, gap in (
        ("Normal", 14, None, None, 0),
        ("Title", 14, True, False, 0),
        ("Heading 1", 14, True, False, 9),
        ("Heading 2", 14, True, False, 6),
        ("Body Text", 14, None, None, 6),
        ("List Paragraph", 14, None, None, 6),
        ("Lưu ý", 14, None, True, 6),
        ("Ô bảng", 11.5, None, None, 0),
    ):
        if name not in [style.name for style in document.styles]:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = normal
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold, style.font.italic = _FONT, Pt(size), bold, italic
        style.font.color.rgb = RGBColor(0, 0, 0)
        for stretch in ("w:spacing", "w:kern"):  # the library's Title is spaced out
            for setting in style.element.rPr.findall(qn(stretch)):
                style.element.rPr.remove(setting)
        families = style.element.rPr.rFonts
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            families.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("eastAsia", "cs"):
            families.set(qn(f"w:{script}"), _FONT)
        layout = style.paragraph_format
        layout.space_before, layout.space_after, layout.line_spacing = Pt(gap), Pt(0), 1.15
        if gap:
            layout.first_line_indent, layout.left_indent = Mm(12.7), Mm(0)
            layout.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    title = document.styles["Title"]
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in title.element.pPr.findall(qn("w:pBdr")):
        title.element.pPr.remove(border)
    for spacing in document.styles["List Paragraph"].element.pPr.findall(qn("w:contextualSpacing")):
        document.styles["List Paragraph"].element.pPr.remove(spacing)
    cell = document.styles["Ô bảng"].paragraph_format
    cell.line_spacing, cell.space_before, cell.space_after = 1.0, Pt(2), Pt(2)


def _page(section: Section, *, landscape: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin = Mm(30)
    section.header_distance = section.footer_distance = Mm(10)


def _number(document: Document) -> None:
    """The page number in the middle of the upper margin, not on page 1. Annexes take the header over."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.style = document.styles["Normal"]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    run.font.size = Pt(13)
    _element(run._r, "w:fldChar", fldCharType="begin")
    _element(run._r, "w:instrText").text = "PAGE"
    _element(run._r, "w:fldChar", fldCharType="end")


def _put(place: Any, text: str, size: float, style: str = "", gap: float = 0) -> Paragraph:
    """A centred paragraph of the letterhead or of the signature; ``style`` is made of "bold" and "italic"."""
    unused = hasattr(place, "width") and len(place.paragraphs) == 1 and not place.paragraphs[0].runs
    paragraph: Paragraph = place.paragraphs[0] if unused else place.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = Pt(gap)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), "bold" in style, "italic" in style
    return paragraph


def _rule(place: Any, available: float, width: float) -> None:
    """A line under what stands above: an empty, low paragraph with a border, drawn in on both sides."""
    paragraph = place.add_paragraph()
    layout = paragraph.paragraph_format
    layout.left_indent = layout.right_indent = Mm((available - width) / 2)
    layout.line_spacing, layout.space_after = Pt(3), Pt(3)
    borders = _element(paragraph._p.get_or_add_pPr(), "w:pBdr")
    _element(borders, "w:top", val="single", sz="6", space="1", color="000000")


def _columns(document: Document, *widths: float, rows: int = 1) -> list[list[Any]]:
    """The cells of each row of a table without borders, whose rows stay on one page each."""
    table = document.add_table(rows=rows, cols=len(widths))
    for row in table.rows:
        _element(row._tr.get_or_add_trPr(), "w:cantSplit")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    margins = _element(table._tbl.tblPr, "w:tblCellMar")
    for side in ("left", "right"):
        _element(margins, f"w:{side}", w="0", type="dxa")
    return [list(row.cells) for row in table.rows]


def _letterhead(document: Document, paper: Paper) -> None:
    head = paper.head
    [[issuer, nation]] = _columns(document, _ISSUER, _NATION)
    if head.authority:
        _put(issuer, head.authority.upper(), 13)
    if head.organisation:
        _put(issuer, head.organisation.upper(), 13, "bold")
        _rule(issuer, _ISSUER, 0.4 * min(_ISSUER, _CAPITAL * len(head.organisation)))
    _put(issuer, f"Số: {_BLANK}/{head.symbol or 'BC'}", 13, gap=3)
    _put(nation, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 13, "bold")
    _put(nation, "Độc lập - Tự do - Hạnh phúc", 14, "bold")
    _rule(nation, _NATION, _MOTTO)
    place = f"{head.place}, " if head.place else ""
    _put(nation, f"{place}ngày {_BLANK} tháng {_BLANK} năm {paper.year}", 14, "italic", 3)

    document.add_paragraph(paper.kind.upper(), style="Title").paragraph_format.space_before = Pt(20)
    subject = document.add_paragraph(paper.subject, style="Title").paragraph_format
    subject.left_indent = subject.right_indent = Mm(10)
    _rule(document, _TEXT_WIDTH, 0.4 * (_TEXT_WIDTH - 20))
    if head.addressee:
        _put(document, f"Kính gửi: {head.addressee}.", 14, gap=12).paragraph_format.space_after = Pt(6)


def _body(document: Document, lines: Iterable[Line]) -> None:
    styles = {
        "part": "Heading 1",
        "heading": "Heading 2",
        "point": "List Paragraph",
        "text": "Body Text",
        "notice": "Lưu ý",
        "blank": "List Paragraph",
    }
    for line in lines:
        paragraph = document.add_paragraph(line.text, style=styles[line.kind])
        if line.kind == "blank":
            paragraph.add_run("\t")
            stops = paragraph.paragraph_format.tab_stops
            stops.add_tab_stop(Mm(_TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        # neither a list nor, after the last line, the signature begins on a page of its own
        paragraph.paragraph_format.keep_with_next = line.text.endswith((":", "./.")) or None


def _signing(document: Document, head: Letterhead) -> None:
    document.add_paragraph().paragraph_format.keep_with_next = True
    [[left, right]] = _columns(document, _TEXT_WIDTH / 2, _TEXT_WIDTH / 2)
    lines = [
        _put(left, "Nơi nhận:", 12, "bold italic"),
        *(_put(left, f"- {each}", 11) for each in head.recipients or ("Lưu: VT.",)),
    ]
    for line in lines:
        line.alignment = WD_ALIGN_PARAGRAPH.LEFT
    for each in head.signer:
        _put(right, each.upper(), 14, "bold")
    for _ in range(5):  # room for the signature and the name
        _put(right, " ", 14)


def _signatures(document: Document, rows: Sequence[Sequence[Signature]]) -> None:
    """Room for hands side by side, and all of it on one page."""
    document.add_paragraph().paragraph_format.keep_with_next = True
    parts = math.lcm(*map(len, rows))
    cells = _columns(document, *[_TEXT_WIDTH / parts] * parts, rows=len(rows))
    for number, (row, places) in enumerate(zip(rows, cells, strict=True)):
        for each, place in zip(row, _merged(places, len(row)), strict=True):
            lines = [_put(place, each.title.upper(), 14, "bold", gap=14 if number else 0)]
            lines += [_put(place, each.note, 13, "italic"), *(_put(place, " ", 14) for _ in range(3))]
            lines.append(_put(place, each.name or " ", 14, "bold"))
            for line in lines:
                line.paragraph_format.keep_with_next = row is not rows[-1]


def _merged(cells: Sequence[Any], count: int) -> list[Any]:
    """As many cells of equal width from a row's cells, which are a multiple of them."""
    size = len(cells) // count
    return [cells[at].merge(cells[at + size - 1]) for at in range(0, len(cells), size)]


def _annex(document: Document, annex: Annex, paper: Paper) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    low = document.paragraphs[-1].paragraph_format  # ends the section: it must not ask for a page of its own
    low.line_spacing, low.space_before, low.space_after = Pt(1), Pt(0), Pt(0)
    _page(section, landscape=annex.landscape)
    section.different_first_page_header_footer = False
    for old in section._sectPr.findall(f"{{{section._sectPr.nsmap['w']}}}pgNumType"):
        section._sectPr.remove(old)
    _element(section._sectPr, "w:pgNumType", start="1")
    head = paper.head
    document.add_paragraph(annex.heading, style="Title")
    document.add_paragraph(annex.title.upper(), style="Title")
    of = f" của {head.organisation}" if head.organisation else ""
    date = f"ngày {_BLANK} tháng {_BLANK} năm {paper.year}"
    _put(document, f"(Kèm theo {paper.kind} số {_BLANK}/{head.symbol or 'BC'} {date}{of})", 13, "italic")
    for table in annex.tables:
        heading = document.add_paragraph(table.title, style="Heading 2")
        heading.paragraph_format.first_line_indent = Pt(0)
        heading.paragraph_format.space_after = Pt(4)
        _table(document, table, 247 if annex.landscape else _TEXT_WIDTH)


def _table(document: Document, table: Table, width: float) -> None:
    grid = document.add_table(rows=0, cols=len(table.columns), style="Table Grid")
    grid.autofit = False
    for column, share in zip(grid.columns, table.shares, strict=True):
        column.width = Mm(width * share / 100)
    _row(grid, table.columns, bold=True, centred=range(len(table.columns)))
    _element(grid.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")  # again on each page
    for index, row in enumerate(table.rows, start=1):
        group = len(row) == 1
        cells = _row(
            grid,
            (*row, *[""] * (len(table.columns) - len(row))),
            bold=group or (table.total and index == len(table.rows)),
            centred=() if group else table.figures,
        )
        if group:  # stands with its first row
            cells[0].merge(cells[-1]).paragraphs[0].paragraph_format.keep_with_next = True


def _row(grid: Any, texts: Iterable[str], *, bold: bool, centred: Iterable[int]) -> list[Any]:
    row = grid.add_row()
    _element(row._tr.get_or_add_trPr(), "w:cantSplit")
    cells, middle = list(row.cells), set(centred)
    for index, text in enumerate(texts):
        paragraph = cells[index].paragraphs[0]
        paragraph.style = "Ô bảng"
        if text:
            paragraph.add_run(text).bold = bold
        if index in middle:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        cells[index].width = grid.columns[index].width
    return cells
