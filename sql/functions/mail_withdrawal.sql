create function exchange.mail_withdrawal(kind text, withdrawal exchange.withdrawals, address inet default null, program text default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    facts jsonb;
begin
    select jsonb_strip_nulls(jsonb_build_object(
        'withdrawal_id', withdrawal.withdrawal_id::text, 'asset', a.symbol, 'network', n.name,
        'amount', round(withdrawal.amount, a.scale)::text, 'fee', round(withdrawal.fee, a.scale)::text,
        'to', withdrawal.address, 'state', withdrawal.state, 'reason', withdrawal.end_reason))
    into strict facts
    from exchange.assets a, chain.networks n
    where a.asset_id = withdrawal.asset_id and n.network_id = withdrawal.network_id;
    perform exchange.cause_mail(
        withdrawal.account_id, mail_withdrawal.kind, exchange.mail_facts(mail_withdrawal.address, mail_withdrawal.program) || facts);
end $$;
comment on function exchange.mail_withdrawal(text, exchange.withdrawals, inet, text) is 'Mails an owner about a withdrawal as it is now. For other functions.';
