create function chain.put_signature(signing_id bigint, signature bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- The session's own user: a signer signs for nobody else.
    update chain.signings s set state = 'signed', signature = put_signature.signature, ended_at = clock_timestamp()
    where s.signing_id = put_signature.signing_id and s.state = 'waiting' and 'exchange_signer_' || s.signer = session_user;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;
comment on function chain.put_signature(bigint, bytea) is 'A signer''s answer; false where nothing of that number waits for the one who calls. For signers.';
