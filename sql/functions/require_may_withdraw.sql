create function exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if owner.status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing can be withdrawn');
    end if;
    if owner.withdrawals_blocked_until > now() then
        perform exchange.reject('WITHDRAWALS_BLOCKED', format('nothing can be withdrawn before %s UTC',
            to_char(owner.withdrawals_blocked_until at time zone 'utc', 'YYYY-MM-DD HH24:MI')));
    end if;
    if exchange.is_in_debt(owner.account_id) then
        perform exchange.reject('IN_DEBT', 'a deposit vanished from its chain and the account owes it: nothing can be withdrawn');
    end if;
    if not exists (select from exchange.kyc_levels l where l.level = owner.kyc_level and l.may_withdraw) then
        perform exchange.reject('KYC_REQUIRED', 'the account''s level does not allow to withdraw');
    end if;
    if coin.is_halted or exists (select from chain.networks n where n.network_id = coin.network_id and n.is_halted) then
        perform exchange.reject('WITHDRAWALS_HALTED', 'withdrawals of this asset are halted at the moment');
    end if;
end $$;
comment on function exchange.require_may_withdraw(exchange.accounts, chain.coins) is 'Refuses unless the account, which the caller has locked, may withdraw at all, and the coin may be sent. For other functions. Rejects: ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED.';
