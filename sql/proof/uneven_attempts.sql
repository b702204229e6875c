create function proof.uneven_attempts(payment chain.payments) returns setof bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select t.attempt_id from chain.attempts t
    where t.payment_id = payment.payment_id and t.state = 'mined'
        and (
            (t.fee <> 0 and not exists (select from exchange.network_costs c where c.attempt_id = t.attempt_id))
            or (t.is_success is distinct from false and payment.purpose in ('withdrawal', 'refund') and exists (
                select from chain.payment_items i
                left join exchange.withdrawals w on w.withdrawal_id = i.withdrawal_id
                where i.payment_id = t.payment_id
                    and (w.state is distinct from 'confirmed'
                        or exists (select from chain.addresses a where a.network_id = t.network_id and a.script = i.script)
                        or exists (select from chain.wallets o where o.network_id = t.network_id and o.script = i.script)))))
$$;
comment on function proof.uneven_attempts(chain.payments) is 'Mined transactions of a payment of which the chain has something that the ledger has not: its items, or its fee. For other functions.';
