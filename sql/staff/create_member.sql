create function staff.create_member(
    staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text default null)
returns table (staff_id bigint, invited_until timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    creator bigint := staff.require(create_member.staff_session_id, 'administrator');
    lifetime constant interval := '24 hours';
    made staff.members;
begin
    insert into staff.members (email, name, invitation_hash, invited_until, request_key, created_by)
    values (
        lower(create_member.email), create_member.name, create_member.invitation_hash, now() + lifetime,
        create_member.request_key, creator)
    on conflict do nothing
    returning * into made;
    if not found then
        select * into made from staff.members m
        where m.created_by = creator and m.request_key = create_member.request_key;
        if found then
            if (made.email, made.name) is distinct from (lower(create_member.email), create_member.name) then
                perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another member');
            end if;
            return query select made.staff_id, made.invited_until, true;
            return;
        end if;
        perform exchange.reject('MEMBER_EXISTS', 'there is a member with this e-mail address');
    end if;
    perform audit.record(
        creator, 'member_created', 'staff:' || made.staff_id,
        jsonb_build_object('email', made.email, 'name', made.name));
    return query select made.staff_id, made.invited_until, false;
end $$;
comment on function staff.create_member(bigint, text, text, bytea, text) is 'Makes a member without roles, who accepts the invitation within 24 hours. By an administrator. A repeat of the request key gives the first one. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DUPLICATE_IDEMPOTENCY_KEY, MEMBER_EXISTS.';
