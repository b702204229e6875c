create function exchange.use_token(token_hash bytea, purposes text[]) returns exchange.account_tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    used exchange.account_tokens;
    owner_id bigint;
begin
    select t.account_id into owner_id from exchange.account_tokens t where t.token_hash = use_token.token_hash;
    -- Accounts are locked before what belongs to them. Of two clicks the second waits here.
    perform from exchange.accounts a where a.account_id = owner_id for no key update;
    update exchange.account_tokens t set used_at = now()
    where t.token_hash = use_token.token_hash and t.purpose = any (use_token.purposes)
        and t.used_at is null and t.expires_at > now()
    returning * into used;
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'this link is unknown, was used, or is too old');
    end if;
    return used;
end $$;
comment on function exchange.use_token(bytea, text[]) is 'Uses up a one-time token of one of these purposes and returns it, with its account locked. For other functions. Rejects: INVALID_TOKEN.';
