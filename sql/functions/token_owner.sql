create function exchange.token_owner(token_hash bytea, purpose text)
returns table (account_id bigint, email text, full_name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.account_id, a.email, a.full_name
    from exchange.account_tokens t
    join exchange.accounts a on a.account_id = t.account_id
    where t.token_hash = token_owner.token_hash and t.purpose = token_owner.purpose
        and t.used_at is null and t.expires_at > now()
$$;
comment on function exchange.token_owner(bytea, text) is 'Whose one-time token it is, without using it: no row where it would be refused. So that no work is done for a token that is none.';
