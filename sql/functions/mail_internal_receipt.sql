create function exchange.mail_internal_receipt(paid exchange.withdrawals) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    facts jsonb;
begin
    select jsonb_build_object('amount', round(paid.amount, a.scale)::text, 'asset', a.symbol, 'network', n.name)
    into strict facts
    from exchange.assets a, chain.networks n
    where a.asset_id = paid.asset_id and n.network_id = paid.network_id;
    perform exchange.cause_mail(paid.internal_account_id, 'deposit_credited', exchange.mail_facts(null) || facts);
end $$;
comment on function exchange.mail_internal_receipt(exchange.withdrawals) is 'Mails whom an internal withdrawal paid, as of a deposit. For other functions.';
