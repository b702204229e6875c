create function exchange.balances_of(account_ids bigint[])
returns table (account_id bigint, asset text, available text, held text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select b.account_id, a.symbol, round(b.available, a.scale)::text, round(b.held, a.scale)::text
    from exchange.balances b
    join exchange.assets a on a.asset_id = b.asset_id
    where b.account_id = any (account_ids)
    order by b.account_id, b.asset_id;
    perform exchange.wait_durable();
end $$;
comment on function exchange.balances_of(bigint[]) is 'What these accounts have, in each asset''s decimals. It returns once what it read is durable. For the stream of balances: who may see an account''s is decided before it is called.';
