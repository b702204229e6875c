create function chain.can_be_sent(payment_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    -- Signatures are counted over all attempts: two halves of the same transaction may stand in two.
    select count(distinct s.signer) filter (where s.kind in ('hot_outputs', 'safe')) > 1
        or coalesce(bool_or(s.kind = 'deposit_keys' or (s.kind = 'gas_account' and p.identity_hash is null)), false)
    from chain.signings s
    join chain.payments p on p.payment_id = s.payment_id
    where s.payment_id = can_be_sent.payment_id and s.state = 'signed'
$$;
comment on function chain.can_be_sent(bigint) is 'Whether there are signatures by which somebody who has read them can send the payment, whatever is said of it here.';
