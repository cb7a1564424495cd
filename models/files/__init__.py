"""What customers hand in: photos and PDFs, looked over before they are kept, given out to who may see them."""

from models.files.checking import MOST_BYTES, Checked, FileRefused, ScannerSilent, check
from models.files.kinds import FileKind, kept_name
from models.files.records import (
    MOST_FILES,
    File,
    TooManyFiles,
    drafts,
    find,
    forget_drafts,
    hand_in,
    keep,
    keep_for,
    of,
    remove_draft,
)

__all__ = [
    "MOST_BYTES",
    "MOST_FILES",
    "Checked",
    "File",
    "FileKind",
    "FileRefused",
    "ScannerSilent",
    "TooManyFiles",
    "check",
    "drafts",
    "find",
    "forget_drafts",
    "hand_in",
    "keep",
    "keep_for",
    "kept_name",
    "of",
    "remove_draft",
]
