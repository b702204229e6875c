create function exchange.drop_unneeded_codes(account_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if not exchange.has_second_factor(drop_unneeded_codes.account_id) then
        delete from exchange.recovery_codes where account_id = drop_unneeded_codes.account_id;
        delete from exchange.factor_failures where account_id = drop_unneeded_codes.account_id;
    end if;
end $$;
comment on function exchange.drop_unneeded_codes(bigint) is 'Forgets recovery codes and wrong codes of an account that has no second factor any more. For other functions.';
