create function exchange.withdrawal_fee_of(coin chain.coins, out fee numeric, out quiet_ppm integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- A median over so long: a spike of some minutes does not move it.
    smoothed_over constant interval := '30 minutes';
    -- An hour is known to be quiet once it was measured on so many days.
    known_after_days constant integer := 7;
    -- The most that quiet hours take off.
    most_quiet_ppm constant integer := 200000;
    of_asset exchange.assets;
    native exchange.assets;
    newest timestamptz;
    rate numeric;
    cost numeric;
begin
    select * into strict of_asset from exchange.assets a where a.asset_id = coin.asset_id;
    -- The last that the node said counts, however old: while it is away nothing is sent anyway.
    select max(s.sampled_at) into newest from chain.fee_samples s where s.network_id = coin.network_id;
    if newest is null then
        perform exchange.reject('FEE_UNKNOWN', 'the network has not said yet what a transaction costs; try again');
    end if;
    select percentile_disc(0.5) within group (order by s.rate) into strict rate
    from chain.fee_samples s
    where s.network_id = coin.network_id and s.sampled_at > newest - smoothed_over;
    select coalesce(least(most_quiet_ppm, greatest(0, trunc((h.usual_rate - h.rate) * 1000000 / h.usual_rate)))::integer, 0)
    into quiet_ppm
    from (values (1)) as one
    left join chain.fee_hours h on h.network_id = coin.network_id and h.days >= known_after_days
        and h.hour = extract(hour from now() at time zone 'utc');

    select a.* into native
    from chain.coins c join exchange.assets a on a.asset_id = c.asset_id
    where c.network_id = coin.network_id and c.contract is null;
    cost := rate * coin.fee_units * ('1e-' || native.scale)::numeric;
    if native.asset_id <> of_asset.asset_id then
        cost := risk.value_of(native.symbol, cost, now()) / risk.value_of(of_asset.symbol, 1, now());
    end if;
    -- Without a price the most is asked. Rounded up to the atom.
    fee := least(coin.fee_ceiling, greatest(coin.fee_floor, coalesce(
        ceil(cost * (1000000 - quiet_ppm) / 1000000 * power(10::numeric, of_asset.scale)) * ('1e-' || of_asset.scale)::numeric,
        coin.fee_ceiling)));
    fee := round(fee, of_asset.scale);
end $$;
comment on function exchange.withdrawal_fee_of(chain.coins) is 'What a withdrawal of a coin costs now: the network''s smoothed rate for fee_units, less in hours that are quiet as measured, in the asset by last prices, rounded up, between floor and ceiling. For other functions. Rejects: FEE_UNKNOWN.';
