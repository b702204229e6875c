create function chain.match_spent_outputs(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    matched bigint;
begin
    select count(*) filter (where chain.note_mined(m.attempt_id, m.hash, m.height, 'success', null)) into matched
    from (
        select distinct a.attempt_id, b.hash, b.height
        from chain.payments p
        join chain.outputs o on o.payment_id = p.payment_id and o.spent_height is not null
        join chain.attempts a on a.payment_id = p.payment_id and a.txid = o.spent_txid and a.state <> 'mined'
        join chain.blocks b on b.network_id = p.network_id and b.height = o.spent_height and b.is_active
        where p.network_id = match_spent_outputs.network_id and p.ended_at is null
        order by a.attempt_id
    ) m;
    return matched;
end $$;
comment on function chain.match_spent_outputs(integer) is 'Bitcoin: notes attempts as mined whose outputs the watcher has seen spent by them in a block. For the follower.';
