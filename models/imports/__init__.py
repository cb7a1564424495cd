"""Files of other systems into the books: invoices, customers and payments; read, checked, applied."""

from models.imports.applying import Summary, run
from models.imports.mappings import Kind, MappingRefused
from models.imports.reading import FileRefused
from models.imports.runs import ImportReject, ImportRun, earlier_run_of, find, latest, rejects_of

__all__ = [
    "FileRefused",
    "ImportReject",
    "ImportRun",
    "Kind",
    "MappingRefused",
    "Summary",
    "earlier_run_of",
    "find",
    "latest",
    "rejects_of",
    "run",
]
