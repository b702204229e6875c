create function exchange.block_withdrawals(account_id bigint) returns timestamptz
language sql security definer set search_path = pg_catalog, pg_temp as $$
    -- Long enough for an owner to read a mail and to freeze the account.
    update exchange.accounts a
    set withdrawals_blocked_until = greatest(a.withdrawals_blocked_until, now() + interval '24 hours')
    where a.account_id = block_withdrawals.account_id
    returning a.withdrawals_blocked_until
$$;
comment on function exchange.block_withdrawals(bigint) is 'After a change of an account''s security nothing leaves it for a day, and what waits waits on (withdrawal_obstacle); returns until when. For other functions.';
