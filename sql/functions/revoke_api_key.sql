create function exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    was_live boolean;
    holder bigint;
begin
    perform exchange.require_session(revoke_api_key.account_id, revoke_api_key.session_id);
    select k.revoked_at is null, k.account_id into was_live, holder from exchange.api_keys k
    where k.api_key_id = revoke_api_key.api_key_id and exchange.owns_account(revoke_api_key.account_id, k.account_id)
    for no key update;
    if not found then
        perform exchange.reject('KEY_NOT_FOUND', format('no key %s of this account', revoke_api_key.api_key_id));
    end if;
    if was_live then
        update exchange.api_keys set revoked_at = now() where api_key_id = revoke_api_key.api_key_id;
        perform exchange.append_event('access', jsonb_build_object(
            'change', 'revoked', 'account_id', holder::text,
            'session_ids', '[]'::jsonb, 'api_key_ids', jsonb_build_array(revoke_api_key.api_key_id)));
    end if;
end $$;
comment on function exchange.revoke_api_key(bigint, bigint, bigint) is 'Ends an API key of the account or of one of its sub-accounts, in the name of a session; a repeat changes nothing. Rejects: ACCESS_REVOKED, KEY_NOT_FOUND.';
