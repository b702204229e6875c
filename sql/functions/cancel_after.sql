create function exchange.cancel_after(
    account_id bigint, of_market text, timeout_ms bigint, holder text default 'client',
    session_id bigint default null, api_key_id bigint default null, valid_until bigint default null)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    only_market integer := 0;
    due timestamptz;
begin
    perform exchange.require_authority(cancel_after.account_id, cancel_after.session_id,
        cancel_after.api_key_id, cancel_after.valid_until);
    if of_market is not null then
        select m.market_id into only_market from exchange.markets m where m.symbol = of_market;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', of_market));
        end if;
    end if;
    -- The shortest is longer than the pause of whoever runs them, so that it need not be told.
    if coalesce(timeout_ms <> 0 and timeout_ms not between 1000 and 3600000, true) then
        perform exchange.reject('INVALID_TIMEOUT', 'a timeout is 0 or from 1,000 to 3,600,000 milliseconds');
    end if;
    if timeout_ms = 0 then
        delete from exchange.cancel_deadlines d
        where d.account_id = cancel_after.account_id and d.holder = cancel_after.holder and d.market_id = only_market;
        return null;
    end if;
    insert into exchange.cancel_deadlines as d (account_id, holder, market_id, due_at)
    values (cancel_after.account_id, cancel_after.holder, only_market,
        clock_timestamp() + timeout_ms * interval '1 millisecond')
    on conflict (account_id, holder, market_id) do update set due_at = excluded.due_at
    returning d.due_at into due;
    return due;
end $$;
comment on function exchange.cancel_after(bigint, text, bigint, text, bigint, bigint, bigint) is 'A dead man''s switch: the account''s open orders, of one market where given, are cancelled after so many milliseconds unless this is called again before; 0 takes the switch away. Each holder has its own. Returns when it is due. Rejects: ACCESS_REVOKED, REQUEST_EXPIRED, UNKNOWN_MARKET, INVALID_TIMEOUT.';
