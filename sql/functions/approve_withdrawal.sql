create function exchange.approve_withdrawal(withdrawal_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Tells the worker that sends.
    payments_bell constant text := '10921';
    waiting exchange.withdrawals;
    owner exchange.accounts;
begin
    select * into strict waiting from exchange.withdrawals w where w.withdrawal_id = approve_withdrawal.withdrawal_id;
    select * into strict owner from exchange.accounts a where a.account_id = waiting.account_id;
    -- The rules of this moment count, where they ask for more than those of the request.
    if waiting.state = 'requested' and waiting.internal_account_id is null then
        select greatest(waiting.required_reviews, exchange.required_reviews(c, waiting.amount, owner.kyc_level))
        into strict waiting.required_reviews
        from chain.coins c where c.asset_id = waiting.asset_id and c.network_id = waiting.network_id;
        update exchange.withdrawals w set required_reviews = waiting.required_reviews
        where w.withdrawal_id = waiting.withdrawal_id and w.required_reviews <> waiting.required_reviews;
    end if;
    if waiting.state <> 'requested' or waiting.is_risk_held
        or (select count(*) from exchange.withdrawal_reviews r
            where r.withdrawal_id = waiting.withdrawal_id and r.is_approved) < waiting.required_reviews then
        return false;
    end if;
    perform exchange.require_no_obstacle(owner);
    -- One to a chain waits as approved while its coin is halted. One inside would be paid.
    if waiting.internal_account_id is not null and exists (
        select from chain.coins c
        where c.asset_id = waiting.asset_id and c.network_id = waiting.network_id and exchange.is_halted(c)) then
        perform exchange.reject('WITHDRAWALS_HALTED', 'withdrawals of this asset are halted at the moment');
    end if;
    update exchange.withdrawals w set state = 'approved', approved_at = now() where w.withdrawal_id = waiting.withdrawal_id;
    insert into exchange.withdrawal_approvals (withdrawal_id, required_reviews)
    values (waiting.withdrawal_id, waiting.required_reviews);
    if waiting.internal_account_id is not null then
        perform exchange.settle_withdrawals(array[waiting.withdrawal_id]);
    else
        perform pg_notify('exchange_events', payments_bell);
        perform exchange.tell_withdrawals(array[waiting.withdrawal_id]);
    end if;
    return true;
end $$;
comment on function exchange.approve_withdrawal(bigint) is 'Lets a withdrawal go on if nobody has to be waited for; an internal one is paid at once. What it had to satisfy is recorded for the signers. The account and the withdrawal are locked by the caller, and balances are touched no more after it. False: it still waits, or does not wait at all. For other functions. Rejects: ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED (an internal one).';
