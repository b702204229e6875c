-- Whatever changes a market says so in stream markets, a statement typed by hand too: the API answers
-- the rules of markets from memory and learns of changes from this stream alone.

create function exchange.tell_market() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told exchange.markets := coalesce(new, old);
    change text := case tg_op when 'INSERT' then 'made' when 'DELETE' then 'removed' else 'rules' end;
begin
    if tg_op = 'UPDATE' then
        -- The fee account and the time of making are nobody's business.
        if (new.symbol, new.min_quantity, new.max_quantity, new.min_notional, new.price_band,
            new.reference_price, new.max_open_orders, new.allow_self_trade, new.status)
            is not distinct from (old.symbol, old.min_quantity, old.max_quantity, old.min_notional, old.price_band,
            old.reference_price, old.max_open_orders, old.allow_self_trade, old.status) then
            return null;
        end if;
        if new.status <> old.status then
            change := 'status';
        end if;
    end if;
    perform exchange.append_event('markets', jsonb_build_object(
        'change', change, 'market', told.symbol, 'status', told.status));
    return null;
end $$;
comment on function exchange.tell_market() is 'Says in stream markets what became of a market: made, status, rules or removed.';

create trigger markets_tell after insert or update or delete on exchange.markets
    for each row execute function exchange.tell_market();
