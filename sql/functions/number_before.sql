create function exchange.number_before(of_market_id integer, moment timestamptz) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
declare
    month_begin timestamptz;
    month_end timestamptz;
    -- Numbers up to low happened before the moment, numbers above high did not.
    low bigint;
    high bigint;
    middle bigint;
    found_row record;
begin
    if moment is null or moment = 'infinity' then
        return of_market_id * 100000000000000 + 99999999999999;
    end if;
    month_begin := date_trunc('month', moment, 'UTC');
    month_end := date_trunc('month', month_begin + interval '32 days', 'UTC');
    select e.last_sequence into low from exchange.events e
    where e.stream_id = of_market_id and e.occurred_at < month_begin
    order by e.last_sequence desc limit 1;
    low := coalesce(low, 0);
    select e.last_sequence into high from exchange.events e
    where e.stream_id = of_market_id and e.occurred_at >= month_begin and e.occurred_at < month_end
    order by e.last_sequence desc limit 1;
    high := coalesce(high, low);
    while low < high loop
        middle := low + (high - low + 1) / 2;
        select e.first_sequence, e.last_sequence, e.occurred_at into found_row from exchange.events e
        where e.stream_id = of_market_id and e.last_sequence >= middle
            and e.occurred_at >= month_begin and e.occurred_at < month_end
        order by e.last_sequence limit 1;
        if found_row.occurred_at < moment then
            low := found_row.last_sequence;
        else
            high := found_row.first_sequence - 1;
        end if;
    end loop;
    return of_market_id * 100000000000000 + low;
end $$;
comment on function exchange.number_before(integer, timestamptz) is 'The market''s last number before a moment, or its number 0: a search by halves, because numbers follow time. All numbers lie before null and infinity.';
