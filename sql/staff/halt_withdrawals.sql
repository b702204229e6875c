create function staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(halt_withdrawals.staff_session_id, 'risk', 'finance', 'administrator');
    halted integer;
begin
    if coalesce(length(halt_withdrawals.reason) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a reason has 1 to 500 characters');
    end if;
    halted := exchange.set_withdrawal_halt(halt_withdrawals.asset, halt_withdrawals.network, halt_withdrawals.reason);
    perform audit.record(
        actor, 'withdrawals_halted',
        format('coins:%s/%s', coalesce(halt_withdrawals.asset, '*'), coalesce(halt_withdrawals.network, '*')),
        jsonb_build_object('reason', halt_withdrawals.reason, 'halted', halted));
    return halted;
end $$;
comment on function staff.halt_withdrawals(bigint, text, text, text) is 'Halts withdrawals at once, of an asset, a network or all: one person is enough, because it can be undone; undoing is a proposal (lift_withdrawal_halt). Returns how many coins or networks were not halted before. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, UNKNOWN_ASSET, UNKNOWN_NETWORK.';
