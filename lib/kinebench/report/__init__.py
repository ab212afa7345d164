"""An executed notebook becomes a report: one page of HTML that needs nothing else, and the same page as PDF.

The notebook is the single source. Its cells tagged `report` show figures and the parts made here (`report.summary`,
`report.metrics`, ...); each part is a table to whoever reads the notebook and data to the page's template.
"""

from kinebench.report.origins import origin
from kinebench.report.page import to_html
from kinebench.report.parts import Part, differences, metrics, norms, repetitions, summary
from kinebench.report.printing import find_chromium, to_pdf

__all__ = [
    "Part",
    "differences",
    "find_chromium",
    "metrics",
    "norms",
    "origin",
    "repetitions",
    "summary",
    "to_html",
    "to_pdf",
]
