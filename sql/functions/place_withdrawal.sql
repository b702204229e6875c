create function exchange.place_withdrawal(
    by_account_id bigint, by_session_id bigint, by_api_key_id bigint, valid_until bigint, of_asset text, on_network text,
    to_address text, to_script bytea, how_much numeric, of_quote_id bigint default null, request_key text default null,
    from_address inet default null, program text default null)
returns table (
    repeated boolean, withdrawal_id bigint, asset text, network text, address text, amount numeric, fee numeric, state text,
    is_internal boolean, may_cancel boolean, txid text, end_reason text, requested_at timestamptz, approved_at timestamptz,
    ended_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made record;
begin
    select * into made from exchange.request_withdrawal(
        by_account_id, by_session_id, by_api_key_id, valid_until, of_asset, on_network, to_address, to_script, how_much,
        of_quote_id, request_key, from_address, program);
    if not found then
        return;
    end if;
    -- In the same transaction: once it is committed nothing can fail but the answer's way.
    return query
    select made.repeated, w.*
    from exchange.withdrawals_of(by_account_id, only_withdrawal_id => made.withdrawal_id) w;
end $$;
comment on function exchange.place_withdrawal(bigint, bigint, bigint, bigint, text, text, text, bytea, numeric, bigint, text, inet, text) is 'Asks for a withdrawal as request_withdrawal does, and shows it as withdrawals_of does. No row: the risk rules deny it. Rejects: those of request_withdrawal.';
