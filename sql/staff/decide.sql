create function staff.decide(
    staff_session_id bigint, proposal_id bigint, approve boolean, reason text default null, request_key text default null)
returns table (state text, outcome jsonb, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    decider bigint := staff.require(
        decide.staff_session_id, 'reviewer', 'risk', 'finance', 'support', 'administrator');
    wanted constant text := case when decide.approve then 'approved' else 'rejected' end;
    proposal staff.proposals;
    known staff.actions;
begin
    -- Locked: of two who decide at once the second finds it decided.
    select * into proposal from staff.proposals p where p.proposal_id = decide.proposal_id for update;
    if not found then
        perform exchange.reject('PROPOSAL_NOT_FOUND', format('no proposal %s', decide.proposal_id));
    end if;
    select * into strict known from staff.actions a where a.action = proposal.action;
    perform staff.require(decide.staff_session_id, variadic known.decider_roles);
    if proposal.proposed_by = decider then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'who proposed it does not decide it');
    end if;
    if proposal.decided_by = decider and proposal.decider_request_key = decide.request_key and proposal.state = wanted then
        return query select proposal.state, proposal.outcome, true;
        return;
    end if;
    if proposal.state <> 'pending' then
        perform exchange.reject('PROPOSAL_DECIDED', format('it was %s already', proposal.state));
    end if;
    if proposal.expires_at <= clock_timestamp() then
        perform exchange.reject('PROPOSAL_EXPIRED', 'its time has passed; propose it again');
    end if;
    if decide.approve then
        if proposal.action in ('grant_role', 'reset_member') and proposal.arguments ->> 'staff_id' = decider::text then
            perform exchange.reject('SECOND_PERSON_REQUIRED', 'nobody decides about oneself');
        end if;
        -- What a member may no longer propose is not done in that member's name.
        perform from staff.members m
        where m.staff_id = proposal.proposed_by and m.status = 'active' and m.roles && known.proposer_roles
        for share;
        if not found then
            perform exchange.reject('PROPOSAL_EXPIRED', 'who proposed it may not do so any more; propose it again');
        end if;
        proposal.outcome := staff.run_action(proposal);
    end if;
    update staff.proposals p
    set state = wanted, decided_by = decider, decider_session_id = decide.staff_session_id,
        decider_request_key = decide.request_key, decided_at = now(), decision_reason = decide.reason,
        outcome = proposal.outcome
    where p.proposal_id = proposal.proposal_id;
    perform audit.record(
        decider, wanted, 'proposal:' || proposal.proposal_id, jsonb_build_object(
            'action', proposal.action, 'arguments', proposal.arguments, 'proposed_by', proposal.proposed_by,
            'reason', decide.reason, 'outcome', proposal.outcome));
    return query select wanted, proposal.outcome, false;
end $$;
comment on function staff.decide(bigint, bigint, boolean, text, text) is 'Approves a proposal and does it in this transaction, or rejects it. Another person than who proposed it, whatever the login, with a role that may decide the action; nobody decides about oneself. What the action refuses leaves the proposal pending. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, PROPOSAL_NOT_FOUND, SECOND_PERSON_REQUIRED, PROPOSAL_DECIDED, PROPOSAL_EXPIRED, and the action''s.';
