create function exchange.begin_ceremony(
    token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '5 minutes';
    -- Under way for one account; more end the oldest.
    max_ceremonies constant integer := 20;
    -- Forgotten with each new one, so that those without an account do not pile up.
    forgotten_at_once constant integer := 10;
begin
    if begin_ceremony.session_id is not null then
        perform exchange.require_session(begin_ceremony.account_id, begin_ceremony.session_id);
    end if;
    delete from exchange.ceremonies c where c.token_hash in (
        select e.token_hash from exchange.ceremonies e where e.expires_at <= now()
        order by e.expires_at limit forgotten_at_once for update skip locked);
    delete from exchange.ceremonies c where c.token_hash in (
        select e.token_hash from exchange.ceremonies e where e.account_id = begin_ceremony.account_id
        order by e.created_at desc offset max_ceremonies - 1 for update skip locked);
    insert into exchange.ceremonies (token_hash, kind, account_id, session_id, state, password_hash, expires_at)
    values (
        begin_ceremony.token_hash, begin_ceremony.kind, begin_ceremony.account_id, begin_ceremony.session_id,
        begin_ceremony.state, begin_ceremony.password_hash, now() + lifetime);
    return now() + lifetime;
end $$;
comment on function exchange.begin_ceremony(bytea, text, bigint, bigint, jsonb, text) is 'Keeps what was asked of somebody until the answer comes, five minutes at most; returns when it ends. Rejects: ACCESS_REVOKED.';
