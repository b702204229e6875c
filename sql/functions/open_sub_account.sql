create function exchange.open_sub_account(account_id bigint, session_id bigint, label text)
returns table (sub_account_id bigint, created_at timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_sub_accounts constant integer := 20;
    parent exchange.accounts;
begin
    -- One at a time, so that they can be counted and a repeat finds the first.
    select * into parent from exchange.accounts a where a.account_id = open_sub_account.account_id for no key update;
    perform exchange.require_session(open_sub_account.account_id, open_sub_account.session_id);
    select a.account_id, a.created_at, true
    into open_sub_account.sub_account_id, open_sub_account.created_at, open_sub_account.repeated
    from exchange.accounts a
    where a.parent_account_id = parent.account_id and a.label = open_sub_account.label;
    if not found then
        if parent.parent_account_id is not null then
            perform exchange.reject('PERMISSION_DENIED', 'a sub-account has none of its own');
        end if;
        if parent.status <> 'active' then
            perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen');
        end if;
        if (select count(*) from exchange.accounts a where a.parent_account_id = parent.account_id) >= max_sub_accounts then
            perform exchange.reject('TOO_MANY_SUB_ACCOUNTS', format('an account has at most %s sub-accounts', max_sub_accounts));
        end if;
        insert into exchange.accounts as a (parent_account_id, label, fee_tier_id, may_trade)
        values (parent.account_id, open_sub_account.label, parent.fee_tier_id, parent.may_trade)
        returning a.account_id, a.created_at, false
        into open_sub_account.sub_account_id, open_sub_account.created_at, open_sub_account.repeated;
        perform risk.link_accounts(a.account_id, open_sub_account.sub_account_id, 'sub-account')
        from exchange.accounts a
        where (a.parent_account_id = parent.account_id or a.account_id = parent.account_id)
            and a.account_id <> open_sub_account.sub_account_id;
    end if;
    return next;
end $$;
comment on function exchange.open_sub_account(bigint, bigint, text) is 'Opens a sub-account of that name at the parent''s fees; a repeat returns the one that exists. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_FROZEN, TOO_MANY_SUB_ACCOUNTS.';
