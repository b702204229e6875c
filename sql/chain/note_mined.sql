create function chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.attempts;
    native_scale integer;
    disputed chain.payments;
begin
    perform from chain.payments p
    where p.payment_id = (select a.payment_id from chain.attempts a where a.attempt_id = note_mined.attempt_id) for no key update;
    select s.scale into native_scale from chain.attempts a
    join chain.coins c on c.network_id = a.network_id and c.contract is null
    join exchange.assets s on s.asset_id = c.asset_id
    where a.attempt_id = note_mined.attempt_id;
    update chain.attempts a
    set state = 'mined', block_hash = note_mined.block_hash, block_height = note_mined.block_height,
        is_success = case note_mined.outcome when 'success' then true when 'failure' then false end,
        is_reverted = note_mined.outcome = 'reverted', is_disputed = note_mined.outcome = 'disputed',
        fee = coalesce(chain.amount_of_atoms(note_mined.fee_atoms, native_scale), a.fee),
        broadcast_at = coalesce(a.broadcast_at, clock_timestamp())
    where a.attempt_id = note_mined.attempt_id and a.raw is not null
        and (a.state <> 'mined' or a.block_hash <> note_mined.block_hash)
    returning * into of;
    if not found then
        return false;
    end if;
    -- It may have ended as failed: then the ledger has it otherwise than the chain.
    update chain.payments p set is_even = false where p.payment_id = of.payment_id and p.is_even;
    -- Those of the same nonce or outputs cannot be mined any more, unless this one is undone. A stranger's carrier has no
    -- nonce of ours: what it overtook still uses its own up.
    update chain.attempts a set state = 'replaced'
    where a.payment_id = of.payment_id and a.attempt_id <> of.attempt_id and a.state in ('signed', 'broadcast')
        and a.nonce is not distinct from of.nonce;
    -- Nobody signs what is not needed any more: its number is free.
    if not of.is_reverted then
        update chain.signings s set state = 'refused', refusal = 'another attempt was mined', ended_at = clock_timestamp()
        where s.payment_id = of.payment_id and s.attempt_id is not null and s.state = 'waiting';
    end if;
    -- The node may have had it before we noted that, or have it from somebody else.
    update chain.payments p set state = 'broadcast' where p.payment_id = of.payment_id and p.state in ('planned', 'signed');
    if found then
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'signed', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.state = 'approved'
        having count(*) > 0;
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'broadcast', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.ended_at is null
        having count(*) > 0;
    end if;
    if of.is_disputed then
        select * into strict disputed from chain.payments p where p.payment_id = of.payment_id;
        perform proof.halt_coin(of.network_id, disputed.asset_id, format(
            'payment %s moved tokens, but not as planned: a person decides whether it has paid', of.payment_id));
        perform exchange.append_event('finance', jsonb_build_object(
            'change', 'payment_disputed', 'payment_id', of.payment_id::text, 'purpose', disputed.purpose,
            'txid', (select exchange.shown_txid(n.family, of.txid) from chain.networks n where n.network_id = of.network_id)));
    end if;
    return true;
end $$;
comment on function chain.note_mined(bigint, bytea, bigint, text, text) is 'A block holds the attempt. Outcome: success; failure, where what it carried failed for ever; reverted, where it was undone and another attempt has to carry it; disputed, where tokens left and not as planned: then the coin is halted until a person has called chain.decide_payment. Its fee where it is only known now. For the follower.';
