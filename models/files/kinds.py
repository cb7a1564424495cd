"""The kinds of files that are kept, and the names that they get."""

import re
from enum import StrEnum

LONGEST_NAME = 80


class FileKind(StrEnum):
    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"

    @property
    def mime(self) -> str:
        return "application/pdf" if self is FileKind.PDF else f"image/{self.value}"

    @property
    def ending(self) -> str:
        return "jpg" if self is FileKind.JPEG else self.value


def plain_name(name: str | None, otherwise: str = "file") -> str:
    """As somebody may read it: the last part of a path, no controls, nothing that turns the line around."""
    last = re.split(r"[/\\]", name or "")[-1]
    return re.sub(r"[^\w.,()&+ -]+", "-", last).strip(" .-")[:LONGEST_NAME] or otherwise


def kept_name(name: str | None, kind: FileKind) -> str:
    """What it is called from now on: its ending says what it is, and nothing else in it looks like an ending."""
    stem = plain_name(name).rpartition(".")[0] or plain_name(name)
    return f"{stem.replace('.', '-')}.{kind.ending}"
