create function exchange.require_owner(account_id bigint, session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    status text;
begin
    -- Accounts are locked before sessions everywhere.
    select a.status into status from exchange.accounts a
    where a.account_id = require_owner.account_id for no key update;
    perform exchange.require_stepped_up(require_owner.account_id, require_owner.session_id);
    if status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing about it can be changed');
    end if;
end $$;
comment on function exchange.require_owner(bigint, bigint) is 'Locks an account for a change of its security settings in the name of a session that has stepped up. For other functions. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';
