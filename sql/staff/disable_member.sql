create function staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor bigint := staff.require(disable_member.staff_session_id, 'administrator');
    ended integer;
begin
    if disable_member.staff_id = actor then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'nobody disables oneself');
    end if;
    update staff.members m
    set status = 'disabled', invitation_hash = null, invited_until = null
    where m.staff_id = disable_member.staff_id;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', disable_member.staff_id));
    end if;
    ended := staff.end_sessions(disable_member.staff_id);
    perform audit.record(
        actor, 'member_disabled', 'staff:' || disable_member.staff_id,
        jsonb_build_object('reason', disable_member.reason, 'sessions_ended', ended));
end $$;
comment on function staff.disable_member(bigint, bigint, text) is 'Shuts a member out at once and ends the sessions: one administrator is enough, because it takes power and gives none. The way back is a proposal (reset_member). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, SECOND_PERSON_REQUIRED, MEMBER_NOT_FOUND.';
