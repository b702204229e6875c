create function staff.close_session(staff_session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    member_id bigint;
begin
    update staff.sessions s set ended_at = now()
    where s.staff_session_id = close_session.staff_session_id and s.ended_at is null
    returning s.staff_id into member_id;
    if found then
        perform audit.record(
            member_id, 'logged_out', 'staff:' || member_id,
            jsonb_build_object('staff_session_id', close_session.staff_session_id));
    end if;
end $$;
comment on function staff.close_session(bigint) is 'Ends a session: a logout. A repeat changes nothing.';
