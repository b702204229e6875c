create function staff.proposal_state(proposal staff.proposals) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case
        when (proposal_state.proposal).state = 'pending' and (proposal_state.proposal).expires_at <= now() then 'expired'
        else (proposal_state.proposal).state
    end
$$;
comment on function staff.proposal_state(staff.proposals) is 'Where a proposal stands now: pending, expired, approved, rejected.';
