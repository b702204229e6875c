create function proof.halt_all(reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    halted jsonb;
begin
    with changed as (
        update chain.networks n set is_halted = true, halt_reason = halt_all.reason
        where not n.is_halted
        returning n.name
    )
    select jsonb_agg(c.name order by c.name) into halted from changed c;
    if halted is null then
        return 0;
    end if;
    perform exchange.append_event('finance', jsonb_build_object('change', 'networks_halted', 'networks', halted, 'reason', halt_all.reason));
    return jsonb_array_length(halted);
end $$;
comment on function proof.halt_all(text) is 'Halts what is sent on every network, because a check is violated, and says so in the stream finance; returns how many were not halted before.';
