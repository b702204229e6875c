create function exchange.use_token(token_hash bytea, purpose text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    owner_id bigint;
begin
    select t.account_id into owner_id from exchange.account_tokens t where t.token_hash = use_token.token_hash;
    -- Accounts are locked before what belongs to them. Of two clicks the second waits here.
    perform from exchange.accounts a where a.account_id = owner_id for no key update;
    update exchange.account_tokens t set used_at = now()
    where t.token_hash = use_token.token_hash and t.purpose = use_token.purpose
        and t.used_at is null and t.expires_at > now();
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'this link is unknown, was used, or is too old');
    end if;
    return owner_id;
end $$;
comment on function exchange.use_token(bytea, text) is 'Uses a one-time token up and returns whose it was, with the account locked. For other functions. Rejects: INVALID_TOKEN.';
