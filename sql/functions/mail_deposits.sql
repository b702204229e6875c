create function exchange.mail_deposits(kind text, deposit_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    insert into exchange.mails (account_id, kind, facts, recipient)
    select d.account_id, mail_deposits.kind, jsonb_build_object(
            'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'), 'amount', trim_scale(d.amount)::text,
            'asset', s.symbol, 'network', n.name, 'txid', exchange.shown_txid(n.family, d.txid)),
        a.email
    from exchange.deposits d
    join exchange.accounts a on a.account_id = d.account_id
    join exchange.assets s on s.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    where d.deposit_id = any (mail_deposits.deposit_ids) and a.email is not null
    order by d.deposit_id;
    if found then
        perform pg_notify('exchange_events', mail_bell);
    end if;
end $$;
comment on function exchange.mail_deposits(text, bigint[]) is 'Writes the owners of these deposits a mail each, as cause_mail does one. For other functions.';
