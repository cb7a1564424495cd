"""Why a gate is missed where one is: found by profiling, and to be found again when a figure moves."""

NEAR_EMPTY = """\
more than a third is four statements through SQLAlchemy (company 0.45 ms, session with its contact 0.63, joined \
accounts 0.29, balances 0.43) and the rollback that ends them (0.45), on a machine where `select 1` with bare psycopg \
takes 0.24 ms, most of a bare Flask answer. The template takes 0.7 ms, the rest is Flask: the reader's language, the \
signed cookie with its CSRF token, sixteen headers. Fewer statements is the way; joining company and session into one \
would tie two rooms of the house together for a tenth of the page"""
STAFF_FRAME = """\
as above, and the staff's frame asks two things more: what waits for approval, and the role's pages"""
STATEMENT = """\
54 µs a row are the template's (five cells, sixteen escaped expressions, each amount and date with a machine-readable \
value) and 14 µs the amounts as objects; the raw side writes three cells without escaping. Pages have 50 rows for this \
reason, and the fixed part of every page (above) is most of what they cost"""
IMPORT = """\
of 171 µs a row PostgreSQL takes 145: entries 55 (seven indexes, two foreign keys, the fingerprint that names a \
changed row, five checks; three rows in ten bring a receipt as well), the registry of invoice numbers 22, invoices 13, \
allocations 13, what is staged and judged 20. Reading and checking run beside it. A file of a million rows takes three \
minutes, and every guard that costs here has named a broken row in a test"""
COLD_START = """\
the commands' own names and the settings; everything else is imported by the command that needs it"""
WEBHOOK = ""
POSTING = ""
PAPER = ""
