create function exchange.use_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    used exchange.ceremonies;
begin
    delete from exchange.ceremonies c
    where c.token_hash = use_ceremony.token_hash and c.kind = use_ceremony.kind and c.expires_at > clock_timestamp()
        and c.account_id is not distinct from use_ceremony.account_id
        and c.session_id is not distinct from use_ceremony.session_id
    returning * into used;
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'this token is unknown, was used, or is too old; begin anew');
    end if;
    return used.password_hash;
end $$;
comment on function exchange.use_ceremony(bytea, text, bigint, bigint) is 'Uses a ceremony up: of two answers the second finds nothing. Returns the password hash of a login. For other functions. Rejects: INVALID_TOKEN.';
