create function staff.list_members(staff_session_id bigint)
returns table (
    staff_id bigint, email text, name text, roles text[], status text, enrolled_at timestamptz,
    invited_until timestamptz, created_at timestamptz, open_sessions integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most constant integer := 10000;
begin
    perform staff.require(list_members.staff_session_id, 'administrator');
    return query
    select m.staff_id, m.email, m.name, m.roles, m.status, m.enrolled_at, m.invited_until, m.created_at,
        (select count(*)::integer from staff.sessions s
         where s.staff_id = m.staff_id and s.ended_at is null and s.expires_at > now())
    from staff.members m order by m.staff_id limit most;
end $$;
comment on function staff.list_members(bigint) is 'All members by number. For administrators. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
