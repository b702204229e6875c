create function exchange.transfer(
    account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric,
    request_key text default null)
returns table (transfer_id bigint, transferred_at timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moved exchange.assets;
    made exchange.transfers;
    side bigint;
    change numeric;
    after exchange.balances;
begin
    select * into moved from exchange.assets a where a.symbol = transfer.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(transfer.asset, 'null')));
    end if;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if transfer.amount is null or transfer.amount = 'NaN' or transfer.amount <= 0
        or transfer.amount > power(10::numeric, 36 - moved.scale)
        or round(transfer.amount, moved.scale) <> transfer.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is moved by a positive amount with at most %s decimals', moved.symbol, moved.scale));
    end if;
    -- Nobody freezes one of them meanwhile. Accounts are locked before sessions everywhere.
    perform from exchange.accounts a
    where a.account_id in (transfer.account_id, transfer.from_account_id, transfer.to_account_id)
        and (a.account_id = transfer.account_id or a.parent_account_id = transfer.account_id)
    order by a.account_id for share;
    perform exchange.require_session(transfer.account_id, transfer.session_id);
    if not exchange.owns_account(transfer.account_id, transfer.from_account_id)
        or not exchange.owns_account(transfer.account_id, transfer.to_account_id) then
        perform exchange.reject('ACCOUNT_NOT_FOUND', 'both sides are the account itself or its sub-accounts');
    end if;
    if transfer.from_account_id = transfer.to_account_id then
        perform exchange.reject('SAME_ACCOUNT', 'money moves between two accounts');
    end if;
    if exists (
        select from exchange.accounts a
        where a.account_id in (transfer.account_id, transfer.from_account_id, transfer.to_account_id)
            and a.status <> 'active') then
        perform exchange.reject('ACCOUNT_FROZEN', 'one of the accounts is frozen');
    end if;
    if exchange.owes(transfer.from_account_id) then
        perform exchange.reject('IN_DEBT', 'a deposit vanished from its chain and the account owes it: nothing leaves it');
    end if;

    insert into exchange.transfers (owner_account_id, from_account_id, to_account_id, asset_id, amount, request_key)
    values (transfer.account_id, transfer.from_account_id, transfer.to_account_id, moved.asset_id,
        round(transfer.amount, moved.scale), transfer.request_key)
    on conflict (owner_account_id, request_key) do nothing
    returning * into made;
    if not found then
        select * into made from exchange.transfers t
        where t.owner_account_id = transfer.account_id and t.request_key = transfer.request_key;
        if not found then
            raise exception 'another transaction has just used this idempotency key' using errcode = 'serialization_failure';
        end if;
        if (made.from_account_id, made.to_account_id, made.asset_id, made.amount)
            is distinct from (transfer.from_account_id, transfer.to_account_id, moved.asset_id, transfer.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another transfer');
        end if;
        return query select made.transfer_id, made.transferred_at, true;
        return;
    end if;

    -- In key order, as every transaction locks balances.
    foreach side in array array[
        least(made.from_account_id, made.to_account_id), greatest(made.from_account_id, made.to_account_id)]
    loop
        change := case when side = made.from_account_id then - made.amount else made.amount end;
        insert into exchange.balances as b (account_id, asset_id, available, held)
        values (side, made.asset_id, round(0::numeric, moved.scale), round(0::numeric, moved.scale))
        on conflict (account_id, asset_id) do nothing;
        update exchange.balances b set available = b.available + change
        where b.account_id = side and b.asset_id = made.asset_id and b.available + change >= 0;
        if not found then
            perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', made.amount, moved.symbol));
        end if;
    end loop;

    -- Last, because everybody who moves money by hand waits for this stream's counter.
    for after in
        select b.* from exchange.balances b
        where b.account_id in (made.from_account_id, made.to_account_id) and b.asset_id = made.asset_id
        order by b.account_id
    loop
        perform exchange.append_event('asset', jsonb_build_object(
            'change', 'transferred', 'transfer_id', made.transfer_id::text, 'account_id', after.account_id::text,
            'asset', moved.symbol,
            'amount', (case when after.account_id = made.from_account_id then - made.amount else made.amount end)::text,
            'available', after.available::text, 'held', after.held::text));
    end loop;
    return query select made.transfer_id, made.transferred_at, false;
end $$;
comment on function exchange.transfer(bigint, bigint, bigint, bigint, text, numeric, text) is 'Moves money between accounts of one owner, at once and without a fee, in the name of the owner''s session. A repeat of the request key with the same content returns the first transfer. Rejects: UNKNOWN_ASSET, INVALID_AMOUNT, ACCESS_REVOKED, ACCOUNT_NOT_FOUND, SAME_ACCOUNT, ACCOUNT_FROZEN, IN_DEBT, DUPLICATE_IDEMPOTENCY_KEY, INSUFFICIENT_BALANCE.';
