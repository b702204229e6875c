create function chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    refused chain.signings;
    of chain.payments;
    halted text;
    words text;
begin
    update chain.signings s
    set state = 'refused', refusal = refuse_signing.refusal, withdrawal_id = refuse_signing.withdrawal_id, ended_at = clock_timestamp()
    where s.signing_id = refuse_signing.signing_id and s.state = 'waiting' and 'exchange_signer_' || s.signer = session_user
    returning * into refused;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    if refused.withdrawal_id is null then
        -- Here and once: whoever lifts the halt has seen the refusal.
        words := left(format('signer %s refused payment %s: %s', refused.signer, refused.payment_id, refused.refusal), 500);
        select * into strict of from chain.payments p where p.payment_id = refused.payment_id;
        if of.purpose in ('sweep', 'gas', 'refund') then
            perform proof.halt_coin(of.network_id, of.asset_id, words);
        else
            update chain.networks n set is_halted = true, halt_reason = words
            where n.network_id = of.network_id and not n.is_halted
            returning n.name into halted;
        end if;
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'signing_refused', 'signing_id', refused.signing_id::text, 'payment_id', refused.payment_id::text,
        'withdrawal_id', refused.withdrawal_id::text, 'signer', refused.signer, 'words', refused.refusal));
    if halted is not null then
        perform exchange.append_event('finance', jsonb_build_object(
            'change', 'withdrawals_halted', 'network', halted, 'reason', words));
    end if;
    return true;
end $$;
comment on function chain.refuse_signing(bigint, text, bigint) is 'A signer will not sign: because of a withdrawal, or else something is wrong at large, which halts the network, or the coin where a deposit address was to pay. Staff is told. For signers.';
