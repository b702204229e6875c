create function chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tip chain.blocks;
    credited bigint[];
    gone bigint[];
begin
    perform from chain.networks n where n.network_id = reorganise.network_id for no key update;
    select * into tip from chain.blocks b where b.network_id = reorganise.network_id and b.is_active order by b.height desc limit 1;
    -- Another watcher was here.
    if tip.hash is distinct from reorganise.tip_hash or tip.height <= reorganise.fork_height then
        return false;
    end if;
    update chain.blocks b set is_active = false
    where b.network_id = reorganise.network_id and b.is_active and b.height > reorganise.fork_height;

    select array_agg(d.deposit_id order by d.deposit_id) filter (where d.state = 'credited'),
        array_agg(d.deposit_id order by d.deposit_id) into credited, gone
    from (
        select d.* from exchange.deposits d
        where d.network_id = reorganise.network_id and d.block_height > reorganise.fork_height
        order by d.deposit_id for update) d;
    update exchange.deposits d
    set block_hash = null, block_height = null, changed_at = now(),
        -- A suspicious one too: it is judged anew once it is mined again. What goes back waits for its block.
        state = case when d.state in ('pending', 'credited', 'below_minimum', 'suspicious') then 'orphaned' else d.state end
    where d.deposit_id = any (gone);

    update chain.outputs o set block_hash = null, block_height = null, lost_height = reorganise.fork_height
    where o.network_id = reorganise.network_id and o.block_height > reorganise.fork_height;
    -- What another's transaction spent may stay unspent; ours are sent again.
    update chain.outputs o
    set spent_height = null,
        spent_txid = (select a.txid from chain.attempts a where a.network_id = o.network_id and a.txid = o.spent_txid limit 1)
    where o.network_id = reorganise.network_id and o.spent_height > reorganise.fork_height;
    insert into exchange.reserve_entries (
        network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
    select r.network_id, r.txid, r.position, r.asset_id, r.wallet_id, - sum(r.amount), r.block_height,
        r.capital_account_id, r.external_account_id
    from exchange.reserve_entries r
    where r.network_id = reorganise.network_id and r.block_height > reorganise.fork_height
    group by r.network_id, r.txid, r.position, r.asset_id, r.wallet_id, r.block_height, r.capital_account_id, r.external_account_id
    having sum(r.amount) <> 0;

    perform exchange.reverse_deposits(credited);
    perform chain.tell_deposits(gone);
    return true;
end $$;
comment on function chain.reorganise(integer, bytea, bigint) is 'The node has left the chain whose highest block is this one: what lies above the fork is no longer active, and what was in it is taken back, with facts of its own. The deposits are orphaned until they are seen or mined again. False, and nothing is changed, where that block is not the highest that was read.';
