create function staff.require(staff_session_id bigint, variadic any_of text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    idle_end constant interval := '30 minutes';
    used_to constant interval := '1 minute';
    session staff.sessions;
    held text[];
begin
    -- Locked, so that it cannot be ended before what it allows is done.
    select * into session from staff.sessions s
    where s.staff_session_id = require.staff_session_id and s.ended_at is null
        and s.expires_at > clock_timestamp() and s.used_at > clock_timestamp() - idle_end
    for no key update;
    if found then
        select m.roles into held from staff.members m
        where m.staff_id = session.staff_id and m.status = 'active' for share;
    end if;
    if held is null then
        perform exchange.reject('ACCESS_REVOKED', 'the session has ended; log in again');
    end if;
    if not held && require.any_of then
        perform exchange.reject('PERMISSION_DENIED', format(
            'this needs one of the roles %s', array_to_string(require.any_of, ', ')));
    end if;
    if session.used_at < clock_timestamp() - used_to then
        update staff.sessions s set used_at = clock_timestamp()
        where s.staff_session_id = require.staff_session_id;
    end if;
    return session.staff_id;
end $$;
comment on function staff.require(bigint, text[]) is 'Whose session it is; refuses unless it is live and its member is active and has one of these roles, and keeps it so until the transaction ends. A session ends after 30 minutes without use. For other functions. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
