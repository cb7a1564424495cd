"""Passwords: argon2 hashes, and which ones are too easy."""

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from models.errors import N_, Refused

SHORTEST, LONGEST = 12, 128  # characters
FEWEST_DIFFERENT = 5  # 'aaaaaaaaaaaa' and '121212121212' are long, and nothing else

_hasher = PasswordHasher()


class PasswordTooEasy(Refused):
    pass


def hashed(password: str) -> str:
    return _hasher.hash(_one_spelling(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Takes as long where there is no hash: the time must not tell who works here."""
    try:
        return _hasher.verify(password_hash or _nobodys(), _one_spelling(password)) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


def refuse_easy(password: str, *, about: tuple[str, ...]) -> None:
    """
    :param about: what others know of the person: e-mail address, name, company.
    :raises PasswordTooEasy: too short, too long, leaked before, or made of what everybody knows.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordTooEasy(
            N_("Choose a password of %(shortest)s to %(longest)s characters."), shortest=SHORTEST, longest=LONGEST
        )
    plain = password.casefold()
    if plain in leaked() or len(set(plain)) < FEWEST_DIFFERENT:
        raise PasswordTooEasy(N_("This password is one of those that are tried first. Choose another one."))
    rest = plain
    for known in sorted({word for text in about for word in _words_of(text)}, key=len, reverse=True):
        rest = rest.replace(known, "")
    if sum(letter.isalpha() for letter in rest) < FEWEST_DIFFERENT and rest != plain:
        raise PasswordTooEasy(N_("This password is made of your name or address. Choose another one."))


@cache
def leaked() -> frozenset[str]:
    lines = (Path(__file__).parent / "leaked_passwords.txt").read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that nobody has")


def _one_spelling(password: str) -> str:
    """The same password typed on another machine may arrive as other code points."""
    return unicodedata.normalize("NFKC", password)


def _words_of(text: str) -> set[str]:
    plain = text.casefold()
    parts = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return {plain, *(part for part in parts if len(part) > 3)} - {""}
