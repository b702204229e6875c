create function exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    adjusted exchange.assets;
    contra bigint;
    made exchange.adjustments;
    available_now numeric;
    held_now numeric;
begin
    select * into adjusted from exchange.assets a where a.symbol = adjust_balance.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(adjust_balance.asset, 'null')));
    end if;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if adjust_balance.amount is null or adjust_balance.amount in (0, 'NaN')
        or abs(adjust_balance.amount) > power(10::numeric, 36 - adjusted.scale)
        or round(adjust_balance.amount, adjusted.scale) <> adjust_balance.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is adjusted by an amount other than 0 with at most %s decimals', adjusted.symbol, adjusted.scale));
    end if;
    if coalesce(length(adjust_balance.idempotency_key) not between 1 and 200, true) then
        perform exchange.reject('INVALID_IDEMPOTENCY_KEY', 'an idempotency key has 1 to 200 characters');
    end if;
    if coalesce(length(adjust_balance.reason) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a reason has 1 to 500 characters');
    end if;
    if not exists (
        select from exchange.accounts a where a.account_id = adjust_balance.account_id and exchange.has_balance(a.role)) then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no account %s that has balances', adjust_balance.account_id));
    end if;
    select min(a.account_id) into contra from exchange.accounts a where a.role = 'external';
    if contra is null then
        raise exception 'there is no account of role external: seed the database first'
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    insert into exchange.adjustments (account_id, asset_id, amount, counter_account_id, reason, idempotency_key)
    values (adjust_balance.account_id, adjusted.asset_id, round(adjust_balance.amount, adjusted.scale), contra,
        adjust_balance.reason, adjust_balance.idempotency_key)
    on conflict (idempotency_key) do nothing
    returning * into made;
    if not found then
        select * into made from exchange.adjustments a where a.idempotency_key = adjust_balance.idempotency_key;
        if not found then
            raise exception 'another transaction has just used this idempotency key' using errcode = 'serialization_failure';
        end if;
        if (made.account_id, made.asset_id, made.amount)
            is distinct from (adjust_balance.account_id, adjusted.asset_id, adjust_balance.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another adjustment');
        end if;
        return made.adjustment_id;
    end if;

    insert into exchange.balances as b (account_id, asset_id, available, held)
    values (made.account_id, made.asset_id, round(0::numeric, adjusted.scale), round(0::numeric, adjusted.scale))
    on conflict (account_id, asset_id) do nothing;
    update exchange.balances b
    set available = b.available + made.amount
    where b.account_id = made.account_id and b.asset_id = made.asset_id and b.available + made.amount >= 0
    returning b.available, b.held into available_now, held_now;
    if not found then
        perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', -made.amount, adjusted.symbol));
    end if;

    -- Last, because everybody who adjusts waits for this stream's counter.
    perform exchange.append_event('asset', jsonb_build_object(
        'change', 'adjusted', 'adjustment_id', made.adjustment_id::text, 'account_id', made.account_id::text,
        'asset', adjusted.symbol, 'amount', made.amount::text,
        'available', available_now::text, 'held', held_now::text));
    return made.adjustment_id;
end $$;
comment on function exchange.adjust_balance(bigint, text, numeric, text, text) is 'Moves money between an account and the world outside; a negative amount takes away. A repeat of the idempotency key with the same content returns the first adjustment''s number. One adjustment a transaction, or balances are locked out of order. Rejects: UNKNOWN_ASSET, INVALID_AMOUNT, INVALID_IDEMPOTENCY_KEY, INVALID_REASON, UNKNOWN_ACCOUNT, DUPLICATE_IDEMPOTENCY_KEY, INSUFFICIENT_BALANCE.';
