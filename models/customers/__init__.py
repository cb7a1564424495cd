"""The parties who owe: customers, their accounts, names, contacts, links, notes and merges."""

from models.customers.accounts import Account, lock_account, lock_accounts, lock_all, lock_all_of
from models.customers.contacts import (
    Channel,
    Contact,
    add_contact,
    change_contact,
    contact_of,
    contacts_of,
    first_contact,
    known_by,
)
from models.customers.customers import (
    Customer,
    CustomerKind,
    CustomerName,
    DuplicateNumber,
    add,
    also_known_as,
    by_number,
    change,
    count,
    find,
    name_key,
    normal_number,
    numbers,
)
from models.customers.mails import change_own_address

__all__ = [
    "Account",
    "Channel",
    "Contact",
    "Customer",
    "CustomerKind",
    "CustomerName",
    "DuplicateNumber",
    "add",
    "add_contact",
    "also_known_as",
    "by_number",
    "change",
    "change_contact",
    "change_own_address",
    "contact_of",
    "contacts_of",
    "count",
    "find",
    "first_contact",
    "known_by",
    "lock_account",
    "lock_accounts",
    "lock_all",
    "lock_all_of",
    "name_key",
    "normal_number",
    "numbers",
]
