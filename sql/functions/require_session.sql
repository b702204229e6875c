create function exchange.require_session(account_id bigint, session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- Locked, so that it cannot be ended before what it allows is done.
    perform from exchange.sessions s
    where s.session_id = require_session.session_id and s.account_id = require_session.account_id
        and s.expires_at > clock_timestamp()
    for share;
    if not found then
        perform exchange.reject('ACCESS_REVOKED', 'the session has ended; log in again');
    end if;
end $$;
comment on function exchange.require_session(bigint, bigint) is 'Refuses unless the session is the account''s and has not ended, and keeps it so until the transaction ends. For other functions. Rejects: ACCESS_REVOKED.';
