create function risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(review_event.staff_session_id, 'risk');
begin
    perform from risk.reviews r
    where r.event_id = review_event.event_id and r.decided_by = actor
        and r.decision = review_event.decision and r.note = review_event.note;
    if found then
        return true;
    end if;
    perform risk.decide_event(review_event.event_id, review_event.decision, review_event.note, actor);
    perform audit.record(
        actor, 'risk_event_' || review_event.decision, 'risk_event:' || review_event.event_id,
        jsonb_build_object('note', review_event.note));
    return false;
end $$;
comment on function risk.review_event(bigint, bigint, text, text) is 'A risk officer''s decision about an event that waits. True: a repeat of the officer''s own decision, which does nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, MALFORMED, RISK_EVENT_NOT_FOUND, RISK_EVENT_DECIDED, ACCOUNT_FROZEN, IN_DEBT.';
