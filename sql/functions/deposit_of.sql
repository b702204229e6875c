create function exchange.deposit_of(account_id bigint, of_deposit_id bigint)
returns table (
    deposit_id bigint, kind text, asset text, network text, address text, amount numeric, txid text, from_address text, state text,
    confirmations bigint, required_confirmations integer, seen_at timestamptz, changed_at timestamptz, credited_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- The first of the list below the next number, where that is the one.
    return query
    select d.* from exchange.deposits_of(
        deposit_of.account_id,
        before_deposit_id => least(of_deposit_id, 9223372036854775806) + 1, limit_deposits => 1) d
    where d.deposit_id = of_deposit_id;
    if not found then
        perform exchange.reject('DEPOSIT_NOT_FOUND', format('no deposit %s of the account', of_deposit_id));
    end if;
end $$;
comment on function exchange.deposit_of(bigint, bigint) is 'One deposit of a user, as exchange.deposits_of gives it. Row-level security applies. Rejects: DEPOSIT_NOT_FOUND.';
