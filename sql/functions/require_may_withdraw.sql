create function exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform exchange.require_no_obstacle(owner);
    if exchange.is_halted(coin) then
        perform exchange.reject('WITHDRAWALS_HALTED', 'withdrawals of this asset are halted at the moment');
    end if;
end $$;
comment on function exchange.require_may_withdraw(exchange.accounts, chain.coins) is 'Refuses unless the account, which the caller has locked, may withdraw at all, and the coin may be sent. For other functions. Rejects: ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED.';
