create function exchange.try_commands(batch json) returns json
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    outcomes json;
begin
    begin
        outcomes := exchange.submit(batch);
        -- Variables survive what is rolled back: rows, rings, the book's memory and the locks do not.
        raise exception 'only a try' using errcode = 'RTRY0';
    exception when sqlstate 'RTRY0' then
        return outcomes;
    end;
end $$;
comment on function exchange.try_commands(json) is 'What submit would answer now. Nothing is booked, nobody is rung, and the markets are free again when it returns.';
