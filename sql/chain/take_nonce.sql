create function chain.take_nonce(network_id integer, script bytea, at_least bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    taken bigint;
begin
    -- The row stays locked until the transaction ends: one that is undone leaves no gap.
    insert into chain.nonces as n (network_id, script, next_nonce)
    values (take_nonce.network_id, take_nonce.script, take_nonce.at_least + 1)
    on conflict (network_id, script) do update set next_nonce = greatest(n.next_nonce, take_nonce.at_least) + 1
    returning next_nonce - 1 into taken;
    return taken;
end $$;
comment on function chain.take_nonce(integer, bytea, bigint) is 'The next nonce of an account, or of the Safe, in the transaction that uses it; never less than what the node says that was used. For the planner.';
