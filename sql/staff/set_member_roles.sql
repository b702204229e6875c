create function staff.set_member_roles(staff_id bigint, roles text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    changed staff.members;
begin
    select * into changed from staff.members m where m.staff_id = set_member_roles.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', set_member_roles.staff_id));
    end if;
    if set_member_roles.roles <> '{}' and (changed.status <> 'active' or changed.enrolled_at is null) then
        perform exchange.reject('MEMBER_NOT_ENROLLED', 'roles are for members who have logged in and are not disabled');
    end if;
    update staff.members m set roles = set_member_roles.roles where m.staff_id = changed.staff_id;
    if 'administrator' = any (changed.roles) and not 'administrator' = any (set_member_roles.roles) then
        perform staff.require_administrators();
    end if;
end $$;
comment on function staff.set_member_roles(bigint, text[]) is 'Sets all roles of a member; what they allowed before ends at once. For staff.run_action. Rejects: MEMBER_NOT_FOUND, MEMBER_NOT_ENROLLED, TOO_FEW_ADMINISTRATORS.';
