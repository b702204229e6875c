create function chain.meet_node(network text, family text, chain text, genesis_hash bytea)
returns table (network_id integer, first_height bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    watched chain.networks;
begin
    select * into watched from chain.networks n
    where n.name = meet_node.network and n.family = meet_node.family for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s of family %s', meet_node.network, meet_node.family));
    end if;
    if watched.chain <> meet_node.chain then
        perform exchange.reject('WRONG_NODE', format(
            'the node is of chain %s; %s is %s', meet_node.chain, watched.name, watched.chain));
    end if;
    if watched.genesis_hash is null then
        update chain.networks n set genesis_hash = meet_node.genesis_hash where n.network_id = watched.network_id;
    elsif watched.genesis_hash <> meet_node.genesis_hash then
        perform exchange.reject('WRONG_NODE', format(
            'the node''s chain begins with block %s; that of %s with %s',
            encode(meet_node.genesis_hash, 'hex'), watched.name, encode(watched.genesis_hash, 'hex')));
    end if;
    return query select watched.network_id, watched.first_height;
end $$;
comment on function chain.meet_node(text, text, text, bytea) is 'Says which chain a node is of, by the chain''s name or id and its first block, before anything that it says is believed; the first node''s first block is learned. Rejects: UNKNOWN_NETWORK, WRONG_NODE.';
