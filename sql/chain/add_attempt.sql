create function chain.add_attempt(
    payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.payments;
    made bigint;
    native_scale integer;
    next integer;
begin
    select * into strict of from chain.payments p where p.payment_id = add_attempt.payment_id for no key update;
    select s.scale into strict native_scale from chain.coins c join exchange.assets s using (asset_id)
    where c.network_id = of.network_id and c.contract is null;
    select coalesce(max(a.number), 0) + 1 into next from chain.attempts a where a.payment_id = of.payment_id;
    if not chain.begin_attempt(of.payment_id, next) then
        raise exception 'payment % takes no further attempt now', of.payment_id using errcode = 'object_not_in_prerequisite_state';
    end if;
    insert into chain.attempts (payment_id, network_id, number, from_script, nonce, unsigned, fee_rate, fee)
    select of.payment_id, of.network_id, next, add_attempt.from_script, add_attempt.nonce, add_attempt.unsigned,
        add_attempt.fee_rate::numeric, chain.amount_of_atoms(add_attempt.fee_atoms, native_scale)
    returning attempt_id into made;
    insert into chain.signings (payment_id, attempt_id, signer, kind)
    select of.payment_id, made, split_part(asked, ' ', 1), split_part(asked, ' ', 2)
    from unnest(add_attempt.signings) asked;
    perform pg_notify('exchange_events', '10920');
    return made;
end $$;
comment on function chain.add_attempt(bigint, bytea, bigint, bytea, text, text, text[]) is 'Writes down a transaction that may carry a payment, where begin_attempt allows one, and asks signers for it: "a hot_outputs", "b hot_outputs". For the planner.';
