create function exchange.kyc_documents_of(case_id bigint)
returns table (kind text, media_type text, account_id bigint, seal_id bytea, key_label text, wrapped_key bytea, content bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    insert into exchange.kyc_events (case_id, actor, action)
    select c.case_id, 'automatic', 'files_read' from exchange.kyc_cases c
    where c.case_id = kyc_documents_of.case_id and c.state = 'submitted';
    if not found then
        return;
    end if;
    return query
    select d.kind, d.media_type, c.account_id, d.seal_id, d.key_label, d.wrapped_key, d.content
    from exchange.kyc_documents d join exchange.kyc_cases c on c.case_id = d.case_id
    where d.case_id = kyc_documents_of.case_id
    order by d.document_id;
end $$;
comment on function exchange.kyc_documents_of(bigint) is 'The encrypted files of a case whose automatic review is under way, for an outside provider; noted in the case''s history.';
