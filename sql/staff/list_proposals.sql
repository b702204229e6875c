create function staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer)
returns table (
    proposal_id bigint, action text, arguments jsonb, reason text, state text, proposed_by bigint, proposed_at timestamptz,
    expires_at timestamptz, decided_by bigint, decided_at timestamptz, decision_reason text, outcome jsonb, may_decide boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most constant integer := 1000;
    reader bigint := staff.require(
        list_proposals.staff_session_id, 'reviewer', 'risk', 'finance', 'support', 'administrator');
    held text[];
begin
    select m.roles into strict held from staff.members m where m.staff_id = reader;
    return query
    select p.proposal_id, p.action, p.arguments, p.reason, staff.proposal_state(p), p.proposed_by, p.proposed_at,
        p.expires_at, p.decided_by, p.decided_at, p.decision_reason, p.outcome,
        staff.proposal_state(p) = 'pending' and p.proposed_by <> reader and a.decider_roles && held
            and not (p.action in ('grant_role', 'reset_member') and p.arguments ->> 'staff_id' = reader::text)
    from staff.proposals p join staff.actions a on a.action = p.action
    where p.proposal_id < coalesce(list_proposals.before_proposal_id, 9223372036854775807)
        and (a.proposer_roles && held or a.decider_roles && held)
        and (list_proposals.of_state is null or staff.proposal_state(p) = list_proposals.of_state)
    order by p.proposal_id desc
    limit least(greatest(list_proposals.at_most, 0), most);
end $$;
comment on function staff.list_proposals(bigint, text, bigint, integer) is 'Proposals before a number, the newest first, of one state (pending, expired, approved, rejected) where named; those of actions that the member may propose or decide. 1,000 at most. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
