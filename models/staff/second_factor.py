"""The six digits of an authenticator app (RFC 6238): made, kept encrypted, accepted once."""

import base64
import hmac
import unicodedata
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STEP = 30  # seconds
AROUND = (0, -1, 1)  # Telephones are up to half a minute wrong, people as slow.


def secret_of_invitation(token: str, *, key: str) -> str:
    """
    The secret that an invitation offers, the same each time that its page is loaded, stored nowhere until it
    is accepted. `key` is the installation's secret: the token alone does not give it away.
    """
    return base64.b32encode(_derived(key, f"duewell totp offered {token}")[:20]).decode()


def sealed(secret: str, *, key: str, staff_id: int) -> bytes:
    return _box(key, staff_id).encrypt(secret.encode())


def opened(box: bytes, *, key: str, staff_id: int) -> str:
    """:raises cryptography.fernet.InvalidToken: the installation's secret is another than when it was sealed."""
    return _box(key, staff_id).decrypt(box).decode()


def step_of(code: str, secret: str, *, now: datetime, last_step: int | None) -> int | None:
    """The time step whose code this is; None where it is wrong, old, or of a step that was used before."""
    typed = _digits(code)
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    right = [
        step for step in (current + near for near in AROUND) if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    fresh = [step for step in right if last_step is None or step > last_step]
    return fresh[0] if fresh else None


def address_for_app(secret: str, *, email: str, company: str) -> str:
    """The otpauth:// address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=company)


def _digits(code: str) -> str:
    """What was typed, in ASCII: with spaces, or in the digits of another script."""
    numbers = (unicodedata.decimal(letter, None) for letter in code)
    return "".join(str(number) for number in numbers if number is not None)


def _box(key: str, staff_id: int) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(key, f"duewell totp of staff {staff_id}")))


def _derived(key: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
