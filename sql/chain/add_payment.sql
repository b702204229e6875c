create function chain.add_payment(
    network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint,
    safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made bigint;
    of_scale integer;
    of_wallet integer;
    wanted bigint[];
begin
    select s.scale into strict of_scale from exchange.assets s where s.asset_id = add_payment.asset_id;
    if add_payment.from_wallet is not null then
        select w.wallet_id into strict of_wallet from chain.wallets w
        where w.network_id = add_payment.network_id and w.role = add_payment.from_wallet;
    end if;
    insert into chain.payments (network_id, purpose, asset_id, amount, from_wallet_id, from_address_id, safe_nonce, identity_hash, plan)
    values (add_payment.network_id, add_payment.purpose, add_payment.asset_id, chain.amount_of_atoms(add_payment.atoms, of_scale),
        of_wallet, add_payment.from_address_id, add_payment.safe_nonce, add_payment.identity_hash, add_payment.plan)
    returning payment_id into made;
    insert into chain.payment_items (payment_id, item, withdrawal_id, deposit_id, address, script, amount)
    select made, (i.number - 1)::integer, (i.item ->> 'withdrawal_id')::bigint, (i.item ->> 'deposit_id')::bigint,
        i.item ->> 'address', decode(i.item ->> 'script', 'hex'), chain.amount_of_atoms(i.item ->> 'atoms', of_scale)
    from jsonb_array_elements(add_payment.items) with ordinality as i (item, number);

    select array_agg((i ->> 'withdrawal_id')::bigint) into wanted
    from jsonb_array_elements(add_payment.items) i where i ? 'withdrawal_id';
    if wanted is not null then
        perform exchange.move_withdrawals(wanted, 'approved', made);
    end if;
    if add_payment.identity_hash is not null and add_payment.purpose <> 'refill' then
        insert into chain.signings (payment_id, signer, kind) values (made, 'a', 'safe'), (made, 'b', 'safe');
        perform pg_notify('exchange_events', '10920');
    end if;
    return made;
end $$;
comment on function chain.add_payment(integer, text, integer, text, text, bigint, bigint, bytea, jsonb, jsonb) is 'Writes down what is to be sent and for what; a Safe''s transaction is at once asked of both signers, unless it is the cold wallet''s. Items: withdrawal_id or deposit_id or neither, address, script in hexadecimal digits, atoms. For the planner.';
