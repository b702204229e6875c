create function exchange.create_api_key(
    account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea,
    permissions text[], addresses cidr[], request_key text default null, sub_account_id bigint default null)
returns table (api_key_id bigint, made_public_id text, created_at timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Live keys an account; more would be a leak, not a need.
    max_keys constant integer := 50;
    earlier exchange.api_keys;
    facts jsonb;
    holder constant bigint := coalesce(create_api_key.sub_account_id, create_api_key.account_id);
begin
    -- One at a time, so that the keys can be counted and a repeat finds the first.
    perform exchange.require_owner(create_api_key.account_id, create_api_key.session_id);
    if not exchange.owns_account(create_api_key.account_id, holder) then
        perform exchange.reject('ACCOUNT_NOT_FOUND', 'the account has no such sub-account');
    end if;
    select * into earlier from exchange.api_keys k
    where k.account_id = holder and k.request_key = create_api_key.request_key;
    if found then
        if (earlier.label, earlier.scheme, earlier.permissions, earlier.addresses) is distinct from
            (create_api_key.label, create_api_key.scheme, create_api_key.permissions, create_api_key.addresses)
            or earlier.public_key is distinct from create_api_key.public_key then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'another key was made under this idempotency key');
        end if;
        return query select earlier.api_key_id, earlier.public_id, earlier.created_at, true;
        return;
    end if;
    if (select count(*) from exchange.api_keys k
        where k.account_id = holder and k.revoked_at is null) >= max_keys then
        perform exchange.reject('TOO_MANY_KEYS', format('an account has at most %s keys; revoke one first', max_keys));
    end if;
    if not exchange.may_change_security(create_api_key.account_id, 'api_key_made', create_api_key.session_id) then
        return;
    end if;
    -- The label is told as the words of a stranger, which it may be.
    select exchange.mail_facts(s.address, create_api_key.label) into facts
    from exchange.sessions s where s.session_id = create_api_key.session_id;
    perform exchange.cause_mail(create_api_key.account_id, 'api_key_made', facts - 'program' || jsonb_build_object(
        'label', facts -> 'program', 'permissions', create_api_key.permissions));
    return query
    insert into exchange.api_keys (
        account_id, public_id, label, scheme, secret, public_key, permissions, addresses, request_key, made_by_account_id)
    values (
        holder, create_api_key.public_id, create_api_key.label, create_api_key.scheme,
        create_api_key.secret, create_api_key.public_key, create_api_key.permissions, create_api_key.addresses,
        create_api_key.request_key, nullif(create_api_key.account_id, holder))
    returning api_key_id, public_id, created_at, false;
end $$;
comment on function exchange.create_api_key(bigint, bigint, text, text, text, bytea, bytea, text[], cidr[], text, bigint) is 'Makes an API key in the name of a session that has stepped up: for the account, or for one of its sub-accounts alone. The owner gets a mail. A repeat of the request key returns the first key. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, ACCOUNT_NOT_FOUND, DUPLICATE_IDEMPOTENCY_KEY, TOO_MANY_KEYS.';
