create function exchange.doubling_pause(failures integer, free integer, first_pause interval, longest_pause interval)
returns interval
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case
        when failures < free then interval '0'
        -- Twenty doublings of anything are longer than any longest pause.
        else least(first_pause * power(2, least(failures - free, 20)), longest_pause)
    end
$$;
comment on function exchange.doubling_pause(integer, integer, interval, interval) is 'How long the next attempt waits after so many wrong ones in a row, of which fewer than so many are free: each from then on waits twice as long as the one before, up to the longest. For other functions.';
