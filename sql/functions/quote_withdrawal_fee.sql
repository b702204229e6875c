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
    -- The same promise again is the same row, good for a minute from now.
    update exchange.withdrawal_quotes q
    set created_at = now(), expires_at = now() + lifetime
    where q.quote_id = (
        select o.quote_id from exchange.withdrawal_quotes o
        where o.account_id = quote_withdrawal_fee.account_id and o.asset_id = coin.asset_id
            and o.network_id = coin.network_id and o.expires_at > now()
            and (o.fee, o.quiet_ppm) = (given.fee, given.quiet_ppm)
            and not exists (select from exchange.withdrawals w where w.quote_id = o.quote_id)
        order by o.expires_at desc
        limit 1)
    returning * into made;
    if not found then
        insert into exchange.withdrawal_quotes (account_id, asset_id, network_id, fee, quiet_ppm, created_at, expires_at)
        values (
            quote_withdrawal_fee.account_id, coin.asset_id, coin.network_id, given.fee, given.quiet_ppm, now(), now() + lifetime)
        returning * into made;
    end if;
    return query
    select made.quote_id, n.name, made.fee, made.quiet_ppm, round(coin.min_withdrawal, a.scale), made.expires_at
    from chain.networks n, exchange.assets a
    where n.network_id = coin.network_id and a.asset_id = coin.asset_id;
end $$;
comment on function exchange.quote_withdrawal_fee(bigint, text, text) is 'Promises an account the fee of one withdrawal for 60 seconds; a promise of the same fee that is live and unused is given once more. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, FEE_UNKNOWN.';
