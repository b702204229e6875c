create function chain.is_signed_elsewhere(payment_id bigint, withdrawal_id bigint, deposit_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from chain.payment_items other
        join chain.payments p on p.payment_id = other.payment_id
        where other.payment_id <> is_signed_elsewhere.payment_id and chain.can_be_sent(other.payment_id)
            and (other.withdrawal_id = is_signed_elsewhere.withdrawal_id
                -- What two people have decided since then they have looked at.
                or (other.deposit_id = is_signed_elsewhere.deposit_id and p.created_at >= (
                    select max(r.requested_at) from exchange.deposit_refunds r where r.deposit_id = other.deposit_id))))
$$;
comment on function chain.is_signed_elsewhere(bigint, bigint, bigint) is 'Whether another payment of the withdrawal or deposit can be sent, even one that was given up; of a deposit''s, one since it was last decided where it goes. For signers.';
