create function proof.halt_all(reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    halted integer;
begin
    -- Without a reason it would lift halts.
    if coalesce(halt_all.reason, '') = '' then
        raise exception 'a halt has a reason' using errcode = 'invalid_parameter_value';
    end if;
    halted := exchange.set_withdrawal_halt(null, null, halt_all.reason);
    if halted > 0 then
        perform exchange.append_event('finance', jsonb_build_object('change', 'withdrawals_halted', 'reason', halt_all.reason));
    end if;
    return halted;
end $$;
comment on function proof.halt_all(text) is 'Halts what is sent on every network, because a check is violated, and says so in the stream finance; returns how many were not halted before.';
