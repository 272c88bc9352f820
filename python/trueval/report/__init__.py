"""Results as a table for the terminal, as JSON for machines, as Markdown for documents, as a page for people.

A `Report` (`results`) holds everything that is shown; the forms (`text`, `html`) differ in layout alone.
"""

from .results import Report, Row, Slice
from .text import FORMATS, default_format, has_rich, print_table, render

__all__ = ["FORMATS", "Report", "Row", "Slice", "default_format", "has_rich", "print_table", "render"]
