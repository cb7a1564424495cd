"""Carries events to the product as signed webhooks, again and again until somebody answers 2xx."""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from standin import checkout, debits, refunds
from standin.account import Account

LONGEST_NAP_SECONDS = 20.0  # Sessions run out by business time, which may be moved meanwhile.
ANSWER_WITHIN_SECONDS = 10.0


def sign(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """The `Stripe-Signature` header: one `v1` for each secret that is valid at present."""
    signed = str(timestamp).encode() + b"." + body
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *[f"v1={digest}" for digest in digests]])


class Courier(threading.Thread):
    def __init__(self, account: Account) -> None:
        super().__init__(name="standin-courier", daemon=True)
        self._account = account
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True
        self._account.wake.set()
        self.join(timeout=ANSWER_WITHIN_SECONDS)

    def run(self) -> None:
        while not self._stopping:
            self._account.wake.wait(self._nap_seconds())
            self._account.wake.clear()
            checkout.expire_overdue(self._account)
            refunds.finish_overdue(self._account)
            debits.finish_overdue(self._account)
            self._deliver_due()

    def _nap_seconds(self) -> float:
        rows = self._account.books.run("select min(due_at) as due_at from deliveries where done = 0")
        if rows[0]["due_at"] is None or not self._account.webhooks.url:
            return LONGEST_NAP_SECONDS
        due_at: float = rows[0]["due_at"]
        return min(max(due_at - self._account.real_now(), 0.0), LONGEST_NAP_SECONDS)

    def _deliver_due(self) -> None:
        due = self._account.books.run(
            "select * from deliveries where done = 0 and due_at <= ? order by due_at, seq", self._account.real_now()
        )
        for row in due:
            if self._stopping or not self._account.webhooks.url:
                return
            answer = self._deliver(row["event_id"])
            self._note(row["seq"], row["tries"] + 1, answer)

    def _deliver(self, event_id: str) -> str:
        """The status that came back, or what went wrong on the way."""
        body = json.dumps(self._account.books.get(event_id)).encode()
        target = urlsplit(self._account.webhooks.url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=ANSWER_WITHIN_SECONDS)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, self._account.webhooks.secrets, int(self._account.real_now())),
            "User-Agent": "Stripe/1.0 (stand-in)",
        }
        try:
            connection.request("POST", f"{target.path or '/'}{target.query and '?'}{target.query}", body, headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()

    def _note(self, seq: int, tries: int, answer: str) -> None:
        """Redirects count as failures, as at Stripe. After the last try the event is given up."""
        pauses = self._account.webhooks.retry_after_seconds
        done = answer.startswith("2") or tries > len(pauses)
        due_at = self._account.real_now() + (0 if done else pauses[tries - 1])
        self._account.books.run(
            "update deliveries set tries = ?, last_answer = ?, done = ?, due_at = ? where seq = ?",
            *(tries, answer, int(done), due_at, seq),
        )
