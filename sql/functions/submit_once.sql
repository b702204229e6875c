create function exchange.submit_once(account_id bigint, request_key text, batch json) returns json
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- What is asked, without the right to ask, which differs from attempt to attempt.
    asked jsonb := (
        select jsonb_agg(c - array['session_id', 'api_key_id', 'valid_until'] order by n)
        from jsonb_array_elements(batch::jsonb) with ordinality as commands (c, n));
    first jsonb := batch::jsonb -> 0;
    kept exchange.request_keys;
    outcomes json;
begin
    if exists (select from jsonb_array_elements(asked) c
        where c ->> 'account_id' is distinct from submit_once.account_id::text) then
        perform exchange.reject('MALFORMED', 'all commands must be of the account that asks');
    end if;
    -- Waits for another transaction that is about to answer the same request.
    insert into exchange.request_keys (account_id, request_key, content)
    values (submit_once.account_id, submit_once.request_key, asked)
    on conflict do nothing;
    if found then
        outcomes := exchange.submit(batch);
        if exists (select from json_array_elements(outcomes) o where o ->> 'reject' in ('ACCESS_REVOKED', 'REQUEST_EXPIRED')) then
            -- Whoever asks by a better right may use the key.
            delete from exchange.request_keys k
            where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
        else
            update exchange.request_keys k set answer = outcomes::jsonb
            where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
        end if;
        return outcomes;
    end if;

    perform exchange.require_authority(submit_once.account_id, (first ->> 'session_id')::bigint,
        (first ->> 'api_key_id')::bigint, (first ->> 'valid_until')::bigint);
    select * into kept from exchange.request_keys k
    where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
    if not found then
        raise exception 'the first answer has just been forgotten' using errcode = 'serialization_failure';
    end if;
    if kept.content <> asked then
        perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another request');
    end if;
    return (select json_agg(o || '{"repeated": true}' order by n)
        from jsonb_array_elements(kept.answer) with ordinality as outcomes (o, n));
end $$;
comment on function exchange.submit_once(bigint, text, json) is 'Runs an account''s commands as submit does, once only under an idempotency key: a repeat gets the first outcomes again, marked as repeated. Refusals of the credential are not kept. Rejects: MALFORMED, DUPLICATE_IDEMPOTENCY_KEY, ACCESS_REVOKED, REQUEST_EXPIRED.';
