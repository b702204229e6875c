create function staff.end_sessions(staff_id bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended integer;
begin
    update staff.sessions s set ended_at = now()
    where s.staff_id = end_sessions.staff_id and s.ended_at is null;
    get diagnostics ended = row_count;
    return ended;
end $$;
comment on function staff.end_sessions(bigint) is 'Ends all sessions of a member; returns how many. For other functions: nobody may call it.';
