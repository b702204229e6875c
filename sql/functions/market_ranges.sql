create function exchange.market_ranges(
    of_market text, from_time timestamptz, to_time timestamptz, before_time timestamptz, before_number bigint)
returns table (market_id integer, first_number bigint, last_number bigint)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- A row of the same moment may still follow the place.
    moment timestamptz := least(to_time, before_time + interval '1 microsecond');
begin
    if of_market is not null and not exists (select from exchange.markets m where m.symbol = of_market) then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', of_market));
    end if;
    return query
    select m.market_id,
        case when from_time is null then m.market_id * 100000000000000
            else exchange.number_before(m.market_id, from_time) + 1 end,
        case when before_number / 100000000000000 = m.market_id and before_time < coalesce(to_time, 'infinity')
            then before_number else exchange.number_before(m.market_id, moment) end
    from exchange.markets m
    where of_market is null or m.symbol = of_market
    order by m.market_id;
end $$;
comment on function exchange.market_ranges(text, timestamptz, timestamptz, timestamptz, bigint) is 'Of one market or all: between which numbers lie the facts from a time until before another, up to a place in a list (its time and number, both included). Rejects: UNKNOWN_MARKET.';
