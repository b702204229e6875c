create function proof.under_way(network_id integer, asset_id integer) returns numeric
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    -- A carrier of ours uses less gas than this.
    with open_attempts as (
        select p.payment_id, p.asset_id, p.purpose,
            max(coalesce(t.fee, t.fee_rate * 3000000 * ('1e-' || s.scale)::numeric)) as fee, bool_or(c.asset_id = under_way.asset_id) as is_paid_in_it
        from chain.payments p
        join chain.attempts t on t.payment_id = p.payment_id and t.raw is not null
        join chain.coins c on c.network_id = p.network_id and c.contract is null
        join exchange.assets s on s.asset_id = c.asset_id
        where p.network_id = under_way.network_id and p.ended_at is null
        group by p.payment_id
    )
    select coalesce(sum(
        case when o.is_paid_in_it then o.fee else 0 end
        + case when o.asset_id = under_way.asset_id and o.purpose in ('withdrawal', 'refund')
            then (select sum(i.amount) from chain.payment_items i where i.payment_id = o.payment_id) else 0 end), 0)
    from open_attempts o
$$;
comment on function proof.under_way(integer, integer) is 'The most that payments of which bytes exist, and which have not ended, may have taken of a coin: what they pay away and what networks are paid for them. For other functions.';
