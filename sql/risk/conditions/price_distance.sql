create function risk.price_distance(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql immutable security definer set search_path = pg_catalog, pg_temp as $$
    -- Cautious to the side of its owner: to buy far below or to sell far above the last price harms nobody.
    select jsonb_build_object('distance_ppm', trunc(given.worse * 1000000 / given.last_price)::bigint)
    from (
        select (price_distance.facts ->> 'last_price')::numeric as last_price,
            case price_distance.facts ->> 'side' when 'buy' then 1 else -1 end
                * ((price_distance.facts ->> 'price')::numeric - (price_distance.facts ->> 'last_price')::numeric) as worse) given
    where given.worse * 1000000 > given.last_price * (price_distance.parameters ->> 'most_ppm')::bigint
$$;
comment on function risk.price_distance(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: how far the price is, or null where it is not met. The extension computes the same.';
