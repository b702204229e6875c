create function staff.reset_member(staff_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    changed staff.members;
begin
    select * into changed from staff.members m where m.staff_id = reset_member.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', reset_member.staff_id));
    end if;
    update staff.members m
    set status = 'active', roles = '{}', password_hash = null, totp_secret = null, totp_step = null, enrolled_at = null,
        failed_passwords = 0, failed_codes = 0, locked_until = null, invitation_hash = null, invited_until = null
    where m.staff_id = changed.staff_id;
    perform staff.end_sessions(changed.staff_id);
    if changed.status = 'active' and 'administrator' = any (changed.roles) then
        perform staff.require_administrators();
    end if;
end $$;
comment on function staff.reset_member(bigint) is 'Takes a member''s password, one-time codes and roles away and lifts a disabling: invited and given roles anew, the member can begin again. For staff.run_action. Rejects: MEMBER_NOT_FOUND, TOO_FEW_ADMINISTRATORS.';
