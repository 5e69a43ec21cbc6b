"""The report: one page that stands alone, drawn from plain data (see ``content``)."""

from assay.report.content import ReportInput
from assay.report.files_of import write_files
from assay.report.page import render, write_report

__all__ = ["ReportInput", "render", "write_files", "write_report"]
