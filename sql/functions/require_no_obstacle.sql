create function exchange.require_no_obstacle(owner exchange.accounts) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    obstacle constant text := exchange.withdrawal_obstacle(owner);
begin
    if obstacle is not null then
        perform exchange.reject(obstacle, case obstacle
            when 'ACCOUNT_FROZEN' then 'the account is frozen: nothing leaves it'
            when 'WITHDRAWALS_BLOCKED' then format(
                'after a change of security nothing leaves the account before %s UTC',
                (select to_char(max(a.withdrawals_blocked_until) at time zone 'utc', 'YYYY-MM-DD HH24:MI')
                from exchange.accounts a where a.account_id in (owner.account_id, owner.parent_account_id)))
            when 'IN_DEBT' then 'a deposit vanished from its chain and the account, or one of the same owner, owes it: nothing leaves it'
            else 'the account''s level does not allow to withdraw'
        end);
    end if;
end $$;
comment on function exchange.require_no_obstacle(exchange.accounts) is 'Refuses unless something may leave the account at this moment. For other functions. Rejects: ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED.';
