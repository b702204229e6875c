create function chain.fail_conflicts(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tip bigint;
    lost record;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = fail_conflicts.network_id and b.is_active;
    -- One a transaction: a refund locks balances in the order of their keys.
    select p.payment_id, case
            when o.spent_height is null then 'its output of ' || encode(o.txid, 'hex') || ' has vanished'
            else 'its outputs were spent by ' || encode(o.spent_txid, 'hex')
        end as words into lost
    from chain.payments p
    join chain.outputs o on o.payment_id = p.payment_id
    join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
    where p.network_id = fail_conflicts.network_id and p.ended_at is null
        and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.state = 'mined')
        and (
            (tip - o.spent_height + 1 >= c.large_confirmations
                and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.txid = o.spent_txid))
            or (o.block_hash is null and tip - o.lost_height >= c.large_confirmations and (
                -- Nobody is refunded for these: what is free again is spent again, against the old bytes.
                p.purpose in ('sweep', 'refund')
                -- The change of another payment of ours, another version of which is final.
                or exists (
                    select from chain.attempts a
                    join chain.attempts m on m.payment_id = a.payment_id and m.state = 'mined'
                        and m.block_height <= tip - c.large_confirmations + 1
                    where a.network_id = o.network_id and a.txid = o.txid and a.state = 'replaced'))))
    order by p.payment_id, o.txid, o.output_index
    limit 1
    for no key update of p skip locked;
    if not found then
        return 0;
    end if;
    update chain.attempts a set state = 'replaced' where a.payment_id = lost.payment_id and a.state in ('signed', 'broadcast');
    perform chain.fail_payment(lost.payment_id, lost.words);
    return 1;
end $$;
comment on function chain.fail_conflicts(integer) is 'Bitcoin: gives up a payment whose outputs another transaction has spent, or of which one has vanished from the chain, and that is final: it can never be mined. One a call; 0 where there is none. For the follower.';
