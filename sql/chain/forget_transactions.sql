create function chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    gone bigint[];
begin
    perform from chain.networks n where n.network_id = forget_transactions.network_id for no key update;
    -- In a block that was not read yet they are not gone.
    if not exists (
        select from chain.blocks b
        where b.network_id = forget_transactions.network_id and b.hash = forget_transactions.tip_hash and b.is_active
            and b.height = (select max(t.height) from chain.blocks t where t.network_id = b.network_id and t.is_active)) then
        return 0;
    end if;
    with forgotten as (
        update exchange.deposits d set state = 'orphaned', changed_at = now()
        where d.network_id = forget_transactions.network_id and d.state = 'seen' and d.txid = any (forget_transactions.txids)
        returning d.deposit_id
    )
    select array_agg(f.deposit_id order by f.deposit_id) into gone from forgotten f;
    perform chain.tell_deposits(gone);
    return coalesce(cardinality(gone), 0);
end $$;
comment on function chain.forget_transactions(integer, bytea, bytea[]) is 'These transactions have left the mempool of a node whose highest block is this one: replaced, or double-spent. Changes nothing while that block is not the highest that was read. Gives how many deposits are gone.';
