create function staff.open_session(
    staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text,
    new_password_hash text default null)
returns table (staff_session_id bigint, roles text[], expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '8 hours';
    -- Logins beyond this end the member's oldest ones.
    max_sessions constant integer := 10;
    max_user_agent constant integer := 200;
    member staff.members;
    opened staff.sessions;
begin
    select * into member from staff.members m where m.staff_id = open_session.staff_id for no key update;
    if not found or member.status <> 'active' or member.locked_until > now()
        or member.password_hash is distinct from open_session.password_hash
        -- A code that was taken once is worth nothing, and so are those before it.
        or coalesce(member.totp_step >= open_session.totp_step, false) or open_session.totp_step is null then
        perform exchange.reject('INVALID_CREDENTIALS', 'e-mail address, password or code is wrong');
    end if;
    update staff.members m
    set totp_step = open_session.totp_step, password_hash = coalesce(open_session.new_password_hash, m.password_hash),
        failed_passwords = 0, failed_codes = 0, locked_until = null,
        enrolled_at = coalesce(m.enrolled_at, now())
    where m.staff_id = member.staff_id;
    update staff.sessions s set ended_at = now()
    where s.staff_session_id in (
        select o.staff_session_id from staff.sessions o
        where o.staff_id = member.staff_id and o.ended_at is null
        order by o.staff_session_id desc offset max_sessions - 1);
    insert into staff.sessions (staff_id, token_hash, address, user_agent, expires_at)
    values (
        member.staff_id, open_session.token_hash, open_session.address,
        left(open_session.user_agent, max_user_agent), now() + lifetime)
    returning * into opened;
    perform audit.record(
        member.staff_id, case when member.enrolled_at is null then 'enrolled' else 'logged_in' end,
        'staff:' || member.staff_id, jsonb_build_object(
            'staff_session_id', opened.staff_session_id, 'address', host(open_session.address)));
    return query select opened.staff_session_id, member.roles, opened.expires_at;
end $$;
comment on function staff.open_session(bigint, bytea, text, bigint, inet, text, text) is 'Records a login whose password and code were checked; the first one enrols the member. Refused where the password has changed since, the account of the member is locked or disabled, or a code of this time step or a later one was taken before. A new hash of the same password replaces the old one. A session lives 8 hours; the oldest beyond 10 end. Rejects: INVALID_CREDENTIALS.';
