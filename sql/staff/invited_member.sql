create function staff.invited_member(invitation_hash bytea) returns table (staff_id bigint, email text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select m.staff_id, m.email from staff.members m
    where m.invitation_hash = invited_member.invitation_hash and m.invited_until > now() and m.status = 'active';
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'the invitation is unknown, was used, or is too old');
    end if;
end $$;
comment on function staff.invited_member(bytea) is 'For whom an invitation is. Rejects: INVALID_TOKEN.';
