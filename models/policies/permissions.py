"""Who on the staff may do what: the table of DESIGN.md, in code. `docs/permissions.md` says it in pages."""

from enum import StrEnum


class Role(StrEnum):
    COLLECTOR = "collector"
    CLERK = "clerk"
    FINANCE = "finance"
    COUNSEL = "counsel"
    MANAGER = "manager"
    ADMIN = "admin"


class Permission(StrEnum):
    READ_ACCOUNTS = "read_accounts"  # customers, open items, statements, and what was written to them
    WRITE_NOTES = "write_notes"
    WORK_TASKS = "work_tasks"  # tasks and calls
    HOLD = "hold"  # what stops reminders: place it, end it, write down a promise
    WRITE_MESSAGES = "write_messages"  # one message to one customer, on approved words
    FILE_DOCUMENTS = "file_documents"  # contracts and the like on an account, and sending them to be signed
    WORK_DISPUTES = "work_disputes"  # ask, answer, hand over, open one for somebody who calls
    DECIDE_DISPUTES = "decide_disputes"
    WORK_ACTIONS = "work_actions"  # corrective actions that one owns
    READ_COMPLAINTS = "read_complaints"  # what came in and why; proposing an action
    LEAD_COMPLAINTS = "lead_complaints"  # causes and departments, agreeing to actions, closing an alert
    OFFER_PLAN = "offer_plan"  # what may be offered as a plan, and offering it
    APPROVE_PLAN = "approve_plan"  # what is beyond the rules, or above what starts by itself, where finance decides
    APPROVE_PLAN_AS_MANAGER = "approve_plan_as_manager"  # the same, where a manager decides
    PLAN_POLICY = "plan_policy"  # writing what may be offered, and publishing what somebody else wrote
    READ_PLAN_FIGURES = "read_plan_figures"  # how plans do, as a whole
    MAKE_LINKS = "make_links"
    CHANGE_CUSTOMERS = "change_customers"  # customers, contacts, and merging two accounts
    INVOICE = "invoice"
    RECEIVE = "receive"
    ALLOCATE = "allocate"
    IMPORT = "import"
    REFUND = "refund"
    CREDIT = "credit"
    WRITE_OFF = "write_off"
    READ_WORDS = "read_words"  # reminders: their words and sequences, and who approved them
    WRITE_WORDS = "write_words"
    APPROVE_WORDS = "approve_words"
    PUBLISH_SEQUENCE = "publish_sequence"
    RUN_REMINDERS = "run_reminders"
    APPOINT_STAFF = "appoint_staff"
    CHANGE_SETTINGS = "change_settings"  # the company's own facts
    READ_RULES = "read_rules"  # deadlines, limits, alerts; each group of them is changed by who answers for it
    READ_OUTBOX = "read_outbox"  # mails to customers; those to staff hold sign-up links and are for who appoints
    OPERATE = "operate"  # queued and failed jobs
    READ_AUDIT = "read_audit"


_ACCOUNTS = frozenset(
    {
        *(Permission.READ_ACCOUNTS, Permission.WRITE_NOTES, Permission.MAKE_LINKS),
        *(Permission.CHANGE_CUSTOMERS, Permission.READ_OUTBOX, Permission.WORK_TASKS, Permission.HOLD),
        *(Permission.WRITE_MESSAGES, Permission.FILE_DOCUMENTS),
    }
)
_MONEY = frozenset(
    {
        *(Permission.INVOICE, Permission.RECEIVE, Permission.ALLOCATE, Permission.IMPORT),
        *(Permission.REFUND, Permission.CREDIT, Permission.WRITE_OFF),
    }
)
_DISPUTES = frozenset({Permission.WORK_DISPUTES, Permission.DECIDE_DISPUTES})
_COMPLAINTS = frozenset({Permission.WORK_ACTIONS, Permission.READ_COMPLAINTS})
_WORDS = frozenset(
    {Permission.READ_WORDS, Permission.WRITE_WORDS, Permission.PUBLISH_SEQUENCE, Permission.RUN_REMINDERS}
)
_PLANS = frozenset(
    {Permission.OFFER_PLAN, Permission.PLAN_POLICY, Permission.APPROVE_PLAN, Permission.READ_PLAN_FIGURES}
)
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.COLLECTOR: _ACCOUNTS | {Permission.WORK_DISPUTES, Permission.WORK_ACTIONS, Permission.OFFER_PLAN},
    Role.CLERK: _ACCOUNTS | _DISPUTES | {Permission.WORK_ACTIONS},
    Role.FINANCE: frozenset(
        {
            *(_ACCOUNTS | _MONEY | _WORDS | _COMPLAINTS | _PLANS),
            *(Permission.DECIDE_DISPUTES, Permission.READ_RULES),
        }
    ),
    Role.COUNSEL: frozenset({Permission.READ_WORDS, Permission.APPROVE_WORDS}),
    Role.MANAGER: frozenset(
        {
            *(_ACCOUNTS | _MONEY | _WORDS | _DISPUTES | _COMPLAINTS | _PLANS),
            *(Permission.LEAD_COMPLAINTS, Permission.READ_RULES, Permission.READ_AUDIT),
            Permission.APPROVE_PLAN_AS_MANAGER,
        }
    ),
    Role.ADMIN: frozenset(
        {
            *(Permission.APPOINT_STAFF, Permission.CHANGE_SETTINGS, Permission.READ_OUTBOX),
            *(Permission.OPERATE, Permission.READ_AUDIT, Permission.READ_RULES),
        }
    ),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in GRANTS[role]
