create function staff.session_member(token_hash bytea)
returns table (staff_session_id bigint, staff_id bigint, roles text[], expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.staff_session_id, s.staff_id, m.roles, s.expires_at
    from staff.sessions s join staff.members m on m.staff_id = s.staff_id
    where s.token_hash = session_member.token_hash and s.ended_at is null and s.expires_at > now()
        and s.used_at > now() - interval '30 minutes' and m.status = 'active'
$$;
comment on function staff.session_member(bytea) is 'Whose session it is and what the member may do: no row where the token is unknown, its session has ended, or the member is disabled. What the session then does asks staff.require again.';
