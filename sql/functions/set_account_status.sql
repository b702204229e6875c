create function exchange.set_account_status(account_id bigint, status text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if set_account_status.status is null or set_account_status.status not in ('active', 'frozen') then
        perform exchange.reject('INVALID_STATUS', 'an account is active or frozen');
    end if;
    update exchange.accounts
    set status = set_account_status.status
    where account_id = set_account_status.account_id and role = 'user';
    if found then
        -- What is one person's is frozen together.
        update exchange.accounts
        set status = set_account_status.status
        where parent_account_id = set_account_status.account_id and status <> set_account_status.status;
    else
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_account_status.account_id));
    end if;
end $$;
comment on function exchange.set_account_status(bigint, text) is 'Freezes an account (it may cancel and reduce, not place) or frees it, and its sub-accounts with it. Rejects: INVALID_STATUS, UNKNOWN_ACCOUNT.';
