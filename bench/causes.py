"""Why a gate is missed where one is: found by profiling, and to be found again when a figure moves."""

NEAR_EMPTY = """\
by a profile, a quarter is three statements through SQLAlchemy (company; the session with its contact, what is \
joined to the account, what hides it, whether it has plans or documents; balances), where `select 1` through it takes \
as long as a bare Flask answer. The template takes a quarter, the rest is Flask: the reader's language, the signed \
cookie with its CSRF token, sixteen headers. Joining company and session into one would tie two rooms of the house \
together for a twentieth of the page"""
STAFF_FRAME = """\
as above, and two statements more: the sign-ins themselves, and all that waits behind the menu, counted in one; the \
menu has eighteen lines"""
STATEMENT = """\
54 µs a row are the template's (five cells, sixteen escaped expressions, each amount and date with a \
machine-readable value) and 14 µs the amounts as objects; the raw side writes three cells without escaping. Pages \
have 50 rows for this reason, and the fixed part of every page (above) is most of what they cost"""
PLAN_PAGE = """\
by a profile on a busy machine, half of it is eleven statements through SQLAlchemy (who asks, the plan, \
its payments, items, agreement and versions, what is to be sent next and under which reference), a quarter the \
template, where each payment has its state and what can be done about it; the rest is the fixed part of every page. \
The raw side asks once and writes five cells a row"""
IMPORT = """\
of 171 µs a row PostgreSQL takes 145: entries 55 (seven indexes, two foreign keys, the fingerprint that names a \
changed row, five checks; three rows in ten bring a receipt as well), the registry of invoice numbers 22, invoices \
13, allocations 13, what is staged and judged 20. Reading and checking run beside it. A file of a million rows takes \
three minutes, and every guard that costs here has named a broken row in a test"""
COLD_START = """\
the commands' own names and the settings; everything else is imported by the command that needs it"""
WEBHOOK = """\
by a profile on a busy machine an event takes 3.0 ms of CPU in Python on a busy machine (5.2 before the company was \
no longer asked for and the insert no longer put together each time): begin, insert and commit through SQLAlchemy \
and psycopg about two thirds, the rest Flask, the signature, the log line and the headers; pgbench has none of it"""
POSTING = """\
by a profile on a busy machine, of a payment's 35 statements each costs SQLAlchemy's ORM some five times what it \
costs PostgreSQL: queries put together, rows made into objects, one flush per row that is written. The closing day \
of the books is asked for by every operation, and the worker's job for a customer without an address is one \
statement more, which pgbench does not say. Fewer statements is the way for the product; \
the ratio wants cheaper ones"""
PAPER = """\
by an estimate, not a profile: typst lays a table out cell by cell, tagged for screen readers and fit for archives: \
nine tenths of the time; the ledger's rows and our words are the rest. The canvas draws at places that were counted \
out by hand"""
SELECTION = """\
by a profile on a busy machine, of 3 ms of CPU a customer with 14 items deciding takes 1.1 (almost every item has \
a due date and so a course of its own here), reading the facts 0.8 (every amount and item becomes an object), and \
writing rows 0.7; the insert knows already what is to be written. The parts are \
reckoned from one profile. The ratio wants the policy in SQL, where \
nobody could ask it 'why?' afterwards"""
REMINDERS = """\
as above, and words take half of the time: by the same profile Jinja with two frames inside one another 45 in 100 of \
them, amounts and dates in the reader's language 25, styles put into the elements 15. The bare side writes no frame, \
no styles and one language"""
TRYTON = """\
ours decides by holds, credits, contact limits and hours, and puts every mail into words in the same transaction; \
theirs makes a row for each item"""
CHARGING = """\
by a profile on a busy machine: an instalment is 73 statements in four transactions (whether somebody is just paying, \
the review of its plan with the intent, its sending, its answer with ledger, receipt and audit; 80 before a lock that \
is held was no longer asked for again), so that whoever dies between any two loses and doubles nothing. More than half \
of the time is SQLAlchemy and the way to PostgreSQL, a tenth the receipt's mail; the stand-in alone keeps one row in \
SQLite"""
