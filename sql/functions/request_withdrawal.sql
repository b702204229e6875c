create function exchange.request_withdrawal(
    account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text,
    to_script bytea, amount numeric, quote_id bigint default null, request_key text default null, from_address inet default null,
    program text default null)
returns table (withdrawal_id bigint, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(request_withdrawal.asset, request_withdrawal.network);
    of_asset exchange.assets;
    owner exchange.accounts;
    made exchange.withdrawals;
    quote exchange.withdrawal_quotes;
    caller exchange.sessions;
    assessed record;
    receiver bigint;
    asked_fee numeric;
begin
    select * into strict of_asset from exchange.assets a where a.asset_id = coin.asset_id;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if request_withdrawal.amount is null or request_withdrawal.amount = 'NaN' or request_withdrawal.amount <= 0
        or request_withdrawal.amount > power(10::numeric, 36 - of_asset.scale)
        or round(request_withdrawal.amount, of_asset.scale) <> request_withdrawal.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is withdrawn by a positive amount with at most %s decimals', of_asset.symbol, of_asset.scale));
    end if;
    -- One at a time an account: of two for the same money, or of the same key, the second sees the
    -- first. Accounts are locked before sessions everywhere.
    select * into owner from exchange.accounts a
    where a.account_id = request_withdrawal.account_id and a.role = 'user' for no key update;
    perform exchange.require_withdrawer(
        request_withdrawal.account_id, request_withdrawal.session_id, request_withdrawal.api_key_id, request_withdrawal.valid_until);
    select * into made from exchange.withdrawals w
    where w.account_id = owner.account_id and w.request_key = request_withdrawal.request_key;
    if found then
        if (made.asset_id, made.network_id, made.script, made.amount)
            is distinct from (coin.asset_id, coin.network_id, request_withdrawal.to_script, request_withdrawal.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another withdrawal');
        end if;
        return query select made.withdrawal_id, true;
        return;
    end if;
    perform exchange.require_may_withdraw(owner, coin);
    if request_withdrawal.amount < coin.min_withdrawal then
        perform exchange.reject('BELOW_MINIMUM', format(
            'at least %s %s is withdrawn', round(coin.min_withdrawal, of_asset.scale), of_asset.symbol));
    end if;
    perform exchange.require_target(coin.network_id, request_withdrawal.to_script);
    select d.account_id into receiver from chain.addresses d
    where d.network_id = coin.network_id and d.script = request_withdrawal.to_script;
    if receiver = owner.account_id then
        perform exchange.reject('SAME_ACCOUNT', 'this is the account''s own deposit address');
    end if;
    perform exchange.require_in_book(owner.account_id, coin.network_id, request_withdrawal.to_script);

    if receiver is not null then
        asked_fee := 0;
    elsif request_withdrawal.quote_id is null then
        asked_fee := (exchange.withdrawal_fee_of(coin)).fee;
    else
        select * into quote from exchange.withdrawal_quotes q
        where q.quote_id = request_withdrawal.quote_id and q.account_id = owner.account_id
            and q.asset_id = coin.asset_id and q.network_id = coin.network_id;
        if not found then
            perform exchange.reject('QUOTE_NOT_FOUND', 'the account has no such quote for this asset and network');
        end if;
        if quote.expires_at <= clock_timestamp() then
            perform exchange.reject('QUOTE_EXPIRED', 'the quote has ended; ask for another');
        end if;
        if exists (select from exchange.withdrawals w where w.quote_id = quote.quote_id) then
            perform exchange.reject('QUOTE_EXPIRED', 'the quote was used: it is good for one withdrawal; ask for another');
        end if;
        asked_fee := quote.fee;
    end if;
    -- Only looked at: balances are locked after the stream of the risk rules, as by orders.
    if not exists (
        select from exchange.balances b
        where b.account_id = owner.account_id and b.asset_id = coin.asset_id and b.available >= request_withdrawal.amount + asked_fee) then
        perform exchange.reject('INSUFFICIENT_BALANCE', format(
            'less than %s %s is available', round(request_withdrawal.amount + asked_fee, of_asset.scale), of_asset.symbol));
    end if;

    select * into caller from exchange.sessions s where s.session_id = request_withdrawal.session_id;
    assessed := risk.assess_activity('withdrawal', owner.account_id, jsonb_strip_nulls(jsonb_build_object(
        'asset', of_asset.symbol, 'amount', request_withdrawal.amount::text, 'wallet', request_withdrawal.to_address,
        'address', host(coalesce(request_withdrawal.from_address, caller.address)), 'session_id', caller.session_id::text,
        'api_key_id', request_withdrawal.api_key_id::text, 'is_internal', case when receiver is not null then true end)));
    if assessed.verdict = 'deny' then
        return;
    end if;
    insert into exchange.withdrawals (
        account_id, asset_id, network_id, address, script, internal_account_id, amount, fee, quote_id, state, required_reviews,
        is_risk_held, cool_down_ends_at, activity_id, fees_account_id, external_account_id, request_key)
    values (
        owner.account_id, coin.asset_id, coin.network_id, request_withdrawal.to_address, request_withdrawal.to_script, receiver,
        round(request_withdrawal.amount, of_asset.scale), asked_fee, quote.quote_id, 'requested',
        -- What stays in the house waits for nobody because of its size.
        greatest(
            case when receiver is null then exchange.required_reviews(coin, request_withdrawal.amount, owner.kyc_level) else 0 end,
            -- Also where a stricter rule holds it: a hold can end by itself.
            exists (select from risk.events e where e.activity_id = assessed.activity_id and e.action = 'review')::integer),
        assessed.verdict = 'hold', (select c.ends_at from exchange.cool_down_of(assessed.activity_id) c), assessed.activity_id, exchange.house_account('withdrawal_fees'),
        exchange.house_account('external'), request_withdrawal.request_key)
    returning * into made;
    update exchange.balances b
    set available = b.available - made.amount - made.fee, held = b.held + made.amount + made.fee
    where b.account_id = made.account_id and b.asset_id = made.asset_id and b.available >= made.amount + made.fee;
    if not found then
        perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', made.amount + made.fee, of_asset.symbol));
    end if;
    perform exchange.mail_withdrawal('withdrawal_requested', made, coalesce(request_withdrawal.from_address, caller.address),
        coalesce(request_withdrawal.program, caller.user_agent));
    perform exchange.tell_balance('withdrawal_held', made.withdrawal_id, made.account_id, made.asset_id, - made.amount - made.fee);
    if not exchange.approve_withdrawal(made.withdrawal_id) then
        perform exchange.tell_withdrawals(array[made.withdrawal_id]);
    end if;
    return query select made.withdrawal_id, false;
end $$;
comment on function exchange.request_withdrawal(bigint, bigint, bigint, bigint, text, text, text, bytea, numeric, bigint, text, inet, text) is 'Asks for a withdrawal in the name of a session that has stepped up, or of an API key that may withdraw; address and script are what was read of the user''s text. Holds amount and fee. It goes on by itself where nobody must be waited for; one to a deposit address of the exchange is paid at once, free. A repeat of the request key gives the first. No row: the risk rules deny it. Rejects, the first that holds: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, INVALID_AMOUNT, REQUEST_EXPIRED, ACCESS_REVOKED, STEP_UP_REQUIRED, DUPLICATE_IDEMPOTENCY_KEY, ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED, BELOW_MINIMUM, UNSUPPORTED_ADDRESS, SAME_ACCOUNT, ADDRESS_NOT_IN_BOOK, ADDRESS_COOLING_DOWN, FEE_UNKNOWN, QUOTE_NOT_FOUND, QUOTE_EXPIRED, INSUFFICIENT_BALANCE.';
