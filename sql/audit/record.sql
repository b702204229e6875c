create function audit.record(staff_id bigint, action text, subject text, detail jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that an entry waits for its link.
    audit_bell constant text := '10901';
    made bigint;
begin
    insert into audit.entries (staff_id, action, subject, detail)
    values (record.staff_id, record.action, record.subject, coalesce(record.detail, '{}'))
    returning entry_id into made;
    insert into audit.unlinked (entry_id) values (made);
    perform pg_notify('exchange_events', audit_bell);
    return made;
end $$;
comment on function audit.record(bigint, text, text, jsonb) is 'Logs what a member does, in the transaction that does it. The subject is kind:number, such as account:7; the detail holds no secrets. Returns the entry''s number. For other functions: nobody may call it.';
