create function staff.propose(
    staff_session_id bigint, action text, arguments jsonb, reason text default null, request_key text default null)
returns table (proposal_id bigint, state text, expires_at timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '24 hours';
    -- Of one member; those of other sessions at the same moment may go uncounted.
    max_pending constant integer := 100;
    proposer bigint;
    known staff.actions;
    made staff.proposals;
begin
    select * into known from staff.actions a where a.action = propose.action;
    if not found then
        raise exception 'no action %', propose.action using errcode = 'no_data_found';
    end if;
    proposer := staff.require(propose.staff_session_id, variadic known.proposer_roles);
    if (select count(*) from staff.proposals p
        where p.proposed_by = proposer and p.state = 'pending' and p.expires_at > now()) >= max_pending then
        perform exchange.reject('TOO_MANY_PROPOSALS', format('%s of your proposals wait already', max_pending));
    end if;
    insert into staff.proposals (action, arguments, reason, proposed_by, proposer_session_id, request_key, expires_at)
    values (
        known.action, propose.arguments, propose.reason, proposer, propose.staff_session_id, propose.request_key,
        now() + lifetime)
    on conflict (proposed_by, request_key) do nothing
    returning * into made;
    if not found then
        select * into strict made from staff.proposals p
        where p.proposed_by = proposer and p.request_key = propose.request_key;
        if (made.action, made.arguments, made.reason) is distinct from (known.action, propose.arguments, propose.reason) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another proposal');
        end if;
        return query select made.proposal_id, staff.proposal_state(made), made.expires_at, true;
        return;
    end if;
    perform from staff.foundation f
    where f.founder_id = proposer and f.completed_at is null
        and known.action = 'grant_role' and made.arguments -> 'roles' = '["administrator"]'
        and made.arguments ->> 'staff_id' <> proposer::text
    for no key update;
    if found then
        update staff.proposals p
        set state = 'approved', is_founding = true, decided_at = now(), outcome = staff.run_action(made)
        where p.proposal_id = made.proposal_id
        returning * into made;
        update staff.foundation f set completed_at = now();
    else
        -- Tried and taken back: what cannot be done now is refused now, by the same rules.
        begin
            perform staff.run_action(made);
            raise exception 'taken back' using errcode = 'TRIED';
        exception when sqlstate 'TRIED' then
            null;
        end;
    end if;
    perform audit.record(
        proposer, 'proposed', 'proposal:' || made.proposal_id, jsonb_build_object(
            'action', made.action, 'arguments', made.arguments, 'reason', made.reason, 'state', made.state));
    return query select made.proposal_id, made.state, made.expires_at, false;
end $$;
comment on function staff.propose(bigint, text, jsonb, text, text) is 'Asks for a second person to do an action of staff.actions. One that cannot be done as things stand is refused at once with the action''s own reject. Waits 24 hours. The founder makes the second administrator alone, at once. A repeat of the request key gives the first proposal. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DUPLICATE_IDEMPOTENCY_KEY, TOO_MANY_PROPOSALS, and the action''s.';
