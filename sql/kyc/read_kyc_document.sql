create function exchange.read_kyc_document(staff_session_id bigint, document_id bigint)
returns table (kind text, media_type text, account_id bigint, seal_id bytea, key_label text, wrapped_key bytea, content bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(read_kyc_document.staff_session_id, 'reviewer');
    shown exchange.kyc_documents;
begin
    select * into shown from exchange.kyc_documents d where d.document_id = read_kyc_document.document_id;
    if not found then
        perform exchange.reject('DOCUMENT_NOT_FOUND', format('no document %s', read_kyc_document.document_id));
    end if;
    -- Written down before anything is given out: they commit together.
    insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
    values (shown.case_id, 'reviewer', reviewer, 'document_read', jsonb_build_object('kind', shown.kind));
    perform audit.record(reviewer, 'kyc_document_read', 'kyc_case:' || shown.case_id,
        jsonb_build_object('document_id', shown.document_id, 'kind', shown.kind));
    return query
    select shown.kind, shown.media_type, c.account_id, shown.seal_id, shown.key_label, shown.wrapped_key, shown.content
    from exchange.kyc_cases c where c.case_id = shown.case_id;
end $$;
comment on function exchange.read_kyc_document(bigint, bigint) is 'A file, encrypted, with its wrapped key. For reviewers; each read is logged in the same transaction. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DOCUMENT_NOT_FOUND.';
