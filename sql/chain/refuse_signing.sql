create function chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    refused chain.signings;
begin
    update chain.signings s
    set state = 'refused', refusal = refuse_signing.refusal, withdrawal_id = refuse_signing.withdrawal_id, ended_at = clock_timestamp()
    where s.signing_id = refuse_signing.signing_id and s.state = 'waiting' and 'exchange_signer_' || s.signer = session_user
    returning * into refused;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'signing_refused', 'signing_id', refused.signing_id::text, 'payment_id', refused.payment_id::text,
        'withdrawal_id', refused.withdrawal_id::text, 'signer', refused.signer, 'words', refused.refusal));
    return true;
end $$;
comment on function chain.refuse_signing(bigint, text, bigint) is 'A signer will not sign: because of a withdrawal, or else something is wrong with the network''s payments at large. Staff is told. For signers.';
