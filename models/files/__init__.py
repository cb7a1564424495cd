"""What people hand in: photos and PDFs, written anew before they are kept, given out to who may see them."""

from models.files.checking import MOST_BYTES, Checked, FileRefused, ScannerSilent, check
from models.files.kinds import FileKind, kept_name
from models.files.records import (
    MOST_FILES,
    SHOWN,
    File,
    TooManyFiles,
    Tray,
    drafts,
    empty,
    find,
    find_shown,
    forget_drafts,
    hand_in,
    keep,
    of,
    remove_draft,
)

__all__ = [
    "MOST_BYTES",
    "MOST_FILES",
    "SHOWN",
    "Checked",
    "File",
    "FileKind",
    "FileRefused",
    "ScannerSilent",
    "TooManyFiles",
    "Tray",
    "check",
    "drafts",
    "empty",
    "find",
    "find_shown",
    "forget_drafts",
    "hand_in",
    "keep",
    "kept_name",
    "of",
    "remove_draft",
]
