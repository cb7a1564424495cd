"""I16: every file has its bytes, their hash, and what it belongs to; so has what was signed."""

from models.reports.verify.proof import Finding, Proof

_MINE = "(cast(:customer as bigint) is null or f.customer_id = :customer)"
_ID = "f.customer_id || ':' || f.id"
_COUNT = f"select count(*) from files f where {_MINE}"
_CHANGED = f"""
select {_ID} as id, null as currency, f.sha256 || ' ' || f.size as expected,
       encode(sha256(f.content), 'hex') || ' ' || length(f.content) as found
from files f
where {_MINE} and (encode(sha256(f.content), 'hex') <> f.sha256 or length(f.content) <> f.size)
order by f.customer_id, f.id"""
_ALONE = f"""
select {_ID} as id, null as currency, 'what it is about' as expected, f.about || ', which is none' as found
from files f
where {_MINE} and f.about <> ''
  and not exists (select from claims c where c.customer_id = f.customer_id and 'claims:' || c.id = f.about)
  and not exists (select from disputes d where d.customer_id = f.customer_id and 'disputes:' || d.id = f.about)
  and not exists (select from dispute_messages m
                  where m.customer_id = f.customer_id and 'dispute_messages:' || m.id = f.about)
  and not exists (select from dispute_notes n
                  where n.customer_id = f.customer_id and 'dispute_notes:' || n.id = f.about)
  and not exists (select from filed_documents d
                  where d.customer_id = f.customer_id and 'filed_documents:' || d.id = f.about)
order by f.customer_id, f.id"""
_SIGNED = f"""
select {_ID} as id, null as currency, f.text_sha256 || ' ' || f.pdf_sha256 as expected,
       encode(sha256(convert_to(f.text || E'\\n\\f\\n' || f.binding_text, 'UTF8')), 'hex') || ' '
       || encode(sha256(f.pdf), 'hex') as found
from agreements f
where {_MINE} and (encode(sha256(convert_to(f.text || E'\\n\\f\\n' || f.binding_text, 'UTF8')), 'hex') <> f.text_sha256
                   or encode(sha256(f.pdf), 'hex') <> f.pdf_sha256)
order by f.customer_id, f.id"""
# A document that was signed has its certificate, and no other has one.
_CERTIFIED = f"""
select {_ID} as id, null as currency, f.certificate_sha256 || ' ' || f.state as expected,
       coalesce(encode(sha256(f.certificate), 'hex'), '') as found
from filed_documents f
where {_MINE} and (coalesce(encode(sha256(f.certificate), 'hex'), '') <> f.certificate_sha256
                   or (f.certificate is null) <> (f.state <> 'signed'))
order by f.customer_id, f.id"""
FINDINGS = (
    Finding("I16", "files", _COUNT, _CHANGED),
    Finding("I16", "files", "select 0", _ALONE),
    Finding("I16", "agreements", f"select count(*) from agreements f where {_MINE}", _SIGNED),
    Finding("I16", "filed_documents", "select 0", _CERTIFIED),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id)
