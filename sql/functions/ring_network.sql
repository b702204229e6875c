create function exchange.ring_network(network text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- No stream has these numbers: the bell of a network is this and its own number.
    first_bell constant integer := 10910;
    rung integer;
begin
    select n.network_id into rung from chain.networks n where n.name = ring_network.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', ring_network.network));
    end if;
    perform pg_notify('exchange_events', (first_bell + rung)::text);
end $$;
comment on function exchange.ring_network(text) is 'Has the network''s worker look at its node now. What is there the node says. Rejects: UNKNOWN_NETWORK.';
