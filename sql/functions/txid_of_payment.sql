create function exchange.txid_of_payment(payment_id bigint) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    -- The one that was mined, else the last that a node has.
    select exchange.shown_txid(n.family, t.txid)
    from chain.attempts t
    join chain.networks n on n.network_id = t.network_id
    where t.payment_id = txid_of_payment.payment_id and t.state in ('broadcast', 'mined')
    order by t.state = 'mined' desc, t.number desc
    limit 1
$$;
comment on function exchange.txid_of_payment(bigint) is 'The transaction that carries a payment, as the chain''s tools print it; null before a node has one.';
