create function chain.judged_items(payment_id bigint)
returns table (
    item integer, withdrawal_id bigint, deposit_id bigint, atoms text, script bytea,
    asked_atoms text, asked_script bytea, asked_asset_id integer, asked_network_id integer, state text, payment_of bigint,
    is_internal boolean, needed_reviews integer, approvals bigint, rejections bigint, is_halted boolean, is_paid_twice boolean,
    obstacle text, has_vanished boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select i.item, i.withdrawal_id, i.deposit_id, chain.atoms(i.amount, s.scale), i.script,
        chain.atoms(coalesce(w.amount, d.amount), s.scale), coalesce(w.script, r.script), coalesce(w.asset_id, d.asset_id), coalesce(w.network_id, d.network_id),
        coalesce(w.state, d.state), w.payment_id, w.internal_account_id is not null,
        case when q.withdrawal_id is not null then greatest(w.required_reviews, q.required_reviews) end,
        (select count(*) from exchange.withdrawal_reviews r where r.withdrawal_id = w.withdrawal_id and r.is_approved),
        (select count(*) from exchange.withdrawal_reviews r where r.withdrawal_id = w.withdrawal_id and not r.is_approved),
        n.is_halted or c.is_halted,
        exists (
            select from chain.payment_items other
            join chain.payments o on o.payment_id = other.payment_id and o.state <> 'failed'
            where other.payment_id <> i.payment_id
                and (other.withdrawal_id = i.withdrawal_id or other.deposit_id = i.deposit_id)),
        exchange.withdrawal_obstacle(a), d.deposit_id is not null and d.block_hash is null
    from chain.payment_items i
    join chain.payments p on p.payment_id = i.payment_id
    join exchange.assets s on s.asset_id = p.asset_id
    join chain.networks n on n.network_id = p.network_id
    left join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
    left join exchange.withdrawals w on w.withdrawal_id = i.withdrawal_id
    left join exchange.withdrawal_approvals q on q.withdrawal_id = i.withdrawal_id
    left join exchange.deposits d on d.deposit_id = i.deposit_id
    left join exchange.deposit_refunds r on r.deposit_id = i.deposit_id and r.ended_at is null
    left join exchange.accounts a on a.account_id = coalesce(w.account_id, d.account_id)
    where i.payment_id = judged_items.payment_id
    order by i.item
$$;
comment on function chain.judged_items(bigint) is 'What a signer has to know of whom a payment pays: what was asked, by how many approved, and what speaks against it. Reviews are counted, whatever the withdrawal''s state says; how many it needs was recorded when it was approved, null where it never was. For signers.';
