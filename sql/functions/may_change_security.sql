create function exchange.may_change_security(
    account_id bigint, change text, session_id bigint default null, address inet default null, more jsonb default '{}')
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    caller exchange.sessions;
begin
    select * into caller from exchange.sessions s where s.session_id = may_change_security.session_id;
    return risk.assess('security_change', may_change_security.account_id, jsonb_strip_nulls(jsonb_build_object(
        'change', may_change_security.change, 'session_id', caller.session_id::text,
        'address', host(coalesce(may_change_security.address, caller.address)))) || may_change_security.more) <> 'deny';
end $$;
comment on function exchange.may_change_security(bigint, text, bigint, inet, jsonb) is 'Puts a change of an account''s security before the risk rules. False: it is denied, and the caller returns without doing it, so that the event stays. For other functions.';
