create function exchange.quote_withdrawal_fee(account_id bigint, asset text, network text default null)
returns table (
    quote_id bigint, network_name text, fee numeric, quiet_ppm integer, min_withdrawal numeric, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '60 seconds';
    coin constant chain.coins := exchange.find_coin(quote_withdrawal_fee.asset, quote_withdrawal_fee.network);
    given record;
    made exchange.withdrawal_quotes;
begin
    given := exchange.withdrawal_fee_of(coin);
    insert into exchange.withdrawal_quotes (account_id, asset_id, network_id, fee, quiet_ppm, created_at, expires_at)
    values (quote_withdrawal_fee.account_id, coin.asset_id, coin.network_id, given.fee, given.quiet_ppm, now(), now() + lifetime)
    returning * into made;
    return query
    select made.quote_id, n.name, made.fee, made.quiet_ppm, round(coin.min_withdrawal, a.scale), made.expires_at
    from chain.networks n, exchange.assets a
    where n.network_id = coin.network_id and a.asset_id = coin.asset_id;
end $$;
comment on function exchange.quote_withdrawal_fee(bigint, text, text) is 'Promises an account the fee of a withdrawal for 60 seconds. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, FEE_UNKNOWN.';
