create function chain.book_costs(payment_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- After a chain was undone deeper than what is called final, another attempt may be the one that was mined: the fact is
    -- corrected.
    delete from exchange.network_costs k using chain.attempts a
    where k.attempt_id = a.attempt_id and a.payment_id = any (book_costs.payment_ids) and a.state <> 'mined';
    insert into exchange.network_costs (attempt_id, asset_id, amount, costs_account_id, external_account_id)
    select a.attempt_id, c.asset_id, a.fee, exchange.house_account('costs'), exchange.house_account('external')
    from chain.attempts a
    join chain.coins c on c.network_id = a.network_id and c.contract is null
    where a.payment_id = any (book_costs.payment_ids) and a.state = 'mined' and a.fee > 0
    on conflict (attempt_id) do nothing;
end $$;
comment on function chain.book_costs(bigint[]) is 'Books what the network was paid for each transaction of payments that a block holds, the undone ones too. For other functions.';
