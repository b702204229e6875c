create function exchange.require_withdrawer(
    account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, stepped_up boolean default true) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if require_withdrawer.valid_until < extract(epoch from clock_timestamp()) * 1000 then
        perform exchange.reject('REQUEST_EXPIRED', 'the request came later than it allows');
    end if;
    if require_withdrawer.session_id is not null and require_withdrawer.stepped_up then
        perform exchange.require_stepped_up(require_withdrawer.account_id, require_withdrawer.session_id);
    elsif require_withdrawer.session_id is not null then
        perform exchange.require_session(require_withdrawer.account_id, require_withdrawer.session_id);
    else
        -- Locked, so that it cannot be revoked before what it allows is done.
        perform from exchange.api_keys k
        where k.api_key_id = require_withdrawer.api_key_id and k.account_id = require_withdrawer.account_id
            and k.revoked_at is null and 'withdraw' = any (k.permissions)
        for share;
        if not found then
            perform exchange.reject('ACCESS_REVOKED', 'this key may not do this, or no longer');
        end if;
    end if;
end $$;
comment on function exchange.require_withdrawer(bigint, bigint, bigint, bigint, boolean) is 'Refuses unless the session is the account''s and live, and has proved of late who it is where that is asked for, or the API key is the account''s, live and may withdraw; or after the request''s time (milliseconds UTC). One of session and key must be given. For other functions. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED, STEP_UP_REQUIRED.';
