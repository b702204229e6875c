create function exchange.house_account(role text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_id bigint;
begin
    if house_account.role is null or house_account.role not in ('withdrawal_fees', 'external', 'debts', 'costs', 'capital') then
        raise exception 'no house account of role %', house_account.role using errcode = 'invalid_parameter_value';
    end if;
    -- The second condition lets the small index of the house's accounts serve.
    select min(a.account_id) into found_id from exchange.accounts a where a.role = house_account.role and a.role <> 'user';
    if found_id is null and house_account.role <> 'external' then
        insert into exchange.accounts (role) values (house_account.role)
        on conflict (role) where role in ('withdrawal_fees', 'debts', 'costs', 'capital') do nothing;
        select min(a.account_id) into found_id from exchange.accounts a where a.role = house_account.role and a.role <> 'user';
    end if;
    if found_id is null then
        raise exception 'there is no account of role external: seed the database first'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return found_id;
end $$;
comment on function exchange.house_account(text) is 'The house''s account of a role: withdrawal_fees, debts, costs, capital (made when first asked for), or external. For other functions.';
