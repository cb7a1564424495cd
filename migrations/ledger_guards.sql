-- The ledger and the audit trail are added to, never changed or deleted. The two projections alone may move.
-- A row as text quotes what it holds, so that moving a word from one column to the next shows; dates and moments are
-- numbers, so that no setting of the connection changes them.
create function entry_fingerprint(e entries) returns bigint language plpgsql stable as $$
begin
    return hashtextextended(row(e.customer_id, e.id, e.seq, e.side, e.kind, e.currency, e.amount_minor,
        e.effective_on - date '2000-01-01', e.due_on - date '2000-01-01', extract(epoch from e.recorded_at),
        e.invoice_id, e.dedupe_key, e.cause_id, e.reference, e.payer, e.reason)::text, 0);
end $$;

create function allocation_fingerprint(a allocations) returns bigint language plpgsql stable as $$
begin
    return hashtextextended(row(a.customer_id, a.id, a.credit_id, a.debit_id, a.currency, a.amount_minor,
        a.effective_on - date '2000-01-01', extract(epoch from a.recorded_at), a.reverses_id)::text, 0);
end $$;

create function stamp_entry() returns trigger language plpgsql as $$
begin
    new.fingerprint := entry_fingerprint(new);
    return new;
end $$;

create function stamp_allocation() returns trigger language plpgsql as $$
begin
    new.fingerprint := allocation_fingerprint(new);
    return new;
end $$;

create function keep_entry() returns trigger language plpgsql as $$
begin
    if entry_fingerprint(new) <> old.fingerprint or new.fingerprint <> old.fingerprint then
        raise exception 'ledger entries are never changed: add the opposite entry';
    end if;
    return new;
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed or deleted', tg_table_name;
end $$;

create function keep_hold() returns trigger language plpgsql as $$
begin
    if row(new.customer_id, new.id, new.kind, new.entry_id, new.currency, new.amount_minor, new.source, new.from_on,
           new.until_on, new.added_at)
       is distinct from
       row(old.customer_id, old.id, old.kind, old.entry_id, old.currency, old.amount_minor, old.source, old.from_on,
           old.until_on, old.added_at)
       or old.ended_at is not null then
        raise exception 'holds are added and ended, never edited';
    end if;
    return new;
end $$;

create trigger stamp before insert on entries for each row execute function stamp_entry();
create trigger stamp before insert on allocations for each row execute function stamp_allocation();
create trigger keep before update on entries for each row execute function keep_entry();
create trigger keep_rows before delete on entries for each row execute function refuse_change();
create trigger keep_all before truncate on entries for each statement execute function refuse_change();
create trigger keep before update or delete on allocations for each row execute function refuse_change();
create trigger keep_all before truncate on allocations for each statement execute function refuse_change();
create trigger keep before update or delete on audit_events for each row execute function refuse_change();
create trigger keep_all before truncate on audit_events for each statement execute function refuse_change();
create trigger keep before update or delete on audit_seals for each row execute function refuse_change();
create trigger keep_all before truncate on audit_seals for each statement execute function refuse_change();
create trigger keep before update on holds for each row execute function keep_hold();
create trigger keep_rows before delete on holds for each row execute function refuse_change();
create trigger keep_all before truncate on holds for each statement execute function refuse_change();
