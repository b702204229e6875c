create function exchange.create_account(email text, password_hash text, fee_tier_id integer default 1) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made bigint;
begin
    if create_account.email is null or create_account.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    if create_account.password_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    if not exists (select from exchange.fee_tiers t where t.fee_tier_id = create_account.fee_tier_id) then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', create_account.fee_tier_id));
    end if;
    insert into exchange.accounts (email, password_hash, fee_tier_id)
    values (lower(create_account.email), create_account.password_hash, create_account.fee_tier_id)
    on conflict (email) do nothing
    returning account_id into made;
    if made is null then
        perform exchange.reject('EMAIL_TAKEN', 'an account with this email address exists');
    end if;
    return made;
end $$;
comment on function exchange.create_account(text, text, integer) is 'Opens a user''s account. The hash is bcrypt, or null where no login shall be possible. Rejects: INVALID_EMAIL, INVALID_PASSWORD_HASH, UNKNOWN_FEE_TIER, EMAIL_TAKEN.';
