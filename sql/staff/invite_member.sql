create function staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    inviter bigint := staff.require(invite_member.staff_session_id, 'administrator');
    lifetime constant interval := '24 hours';
    invited staff.members;
begin
    select * into invited from staff.members m where m.staff_id = invite_member.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', invite_member.staff_id));
    end if;
    if invited.enrolled_at is not null or invited.status <> 'active' then
        perform exchange.reject('MEMBER_ENROLLED', 'the member logs in already, or is disabled: propose a reset');
    end if;
    update staff.members m
    set invitation_hash = invite_member.invitation_hash, invited_until = now() + lifetime,
        password_hash = null, totp_secret = null, totp_step = null
    where m.staff_id = invited.staff_id
    returning * into invited;
    perform audit.record(inviter, 'member_invited', 'staff:' || invited.staff_id, '{}');
    return invited.invited_until;
end $$;
comment on function staff.invite_member(bigint, bigint, bytea) is 'Gives a member who has never logged in a new invitation, good for 24 hours; the earlier one ends. By an administrator. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, MEMBER_NOT_FOUND, MEMBER_ENROLLED.';
