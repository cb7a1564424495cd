"""Documents on file in every state, for the pages of whoever reads and signs them; hostile words in their titles."""

from datetime import datetime, timedelta

from models import accounts, filed, files
from models.agreements import Signature
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.filed import FiledDocument, FiledKind
from models.files import Checked, FileKind, Tray
from models.transactions import transaction
from tests.making import Maker
from tests.models.test_files import PDF


class Clerk:
    """`ids` are documents by name."""

    def __init__(self, make: Maker, customer: Customer, contact: Contact, staff: Actor) -> None:
        self.make, self.customer, self.contact, self.staff = make, customer, contact, staff
        self.signer = Actor(ActorKind.CONTACT, contact.id)
        self.ids: dict[str, int] = {}

    def furnish(self, hostile: str, invoice_id: int) -> None:
        self._filed("on file", hostile, invoice_id)
        self._sent("waiting", hostile)
        self._sent("lapsed", "Terms of 2025", days=20)
        with transaction():
            filed.decline(self._sent("declined", hostile), hostile, by=self.signer, **self._at(0))
        with transaction():
            filed.withdraw(self._sent("withdrawn", "Frame contract"), hostile, by=self.staff, **self._at(0))
        self._sign(self._sent("signed", "Frame contract"))
        filed.lapse(self.make.today, now=self.make.now)

    def _filed(self, key: str, title: str, invoice_id: int | None, *, days: int = 0) -> FiledDocument:
        tray = Tray(self.customer.id, "filed", staff_id=self.staff.id)
        about = {"invoice_id": invoice_id, "shared": True, "by": self.staff, **self._at(days)}
        with transaction():
            files.keep(tray, Checked(f"{key}.pdf", FileKind.PDF, PDF), by=self.staff, now=self.make.now)
            made = filed.file_away(tray, FiledKind.CONTRACT, title, "lt", **about)
            self.ids[f"document {key}"] = made.id
        return made

    def _sent(self, key: str, title: str, days: int = 0) -> FiledDocument:
        made = self._filed(key, title, None, days=days)
        with transaction():
            paper = accounts.filed_paper(made, self.customer, "en")
            filed.send(made, self.contact, paper, by=self.staff, **self._at(days))
        return made

    def _sign(self, made: FiledDocument) -> None:
        signature = Signature("Νίκος Παπαδόπουλος", True, "192.0.2.7", "Firefox", self.make.now)
        with transaction():
            paper = accounts.filed_paper(made, self.customer, "en")
            page = accounts.certificate(made, self.customer, self.contact, paper, signature, now=self.make.now)
            filed.sign(made, paper, signature, page, contact_id=self.contact.id, by=self.signer, **self._at(0))

    def _at(self, days: int) -> dict[str, object]:
        ago = timedelta(days=days)
        now: datetime = self.make.now
        return {"on": self.make.today - ago, "now": now - ago}
