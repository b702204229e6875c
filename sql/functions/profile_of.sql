create function exchange.profile_of(account_id bigint)
returns table (
    email text, email_verified_at timestamptz, full_name text, country text, birth_date text, phone text, status text,
    anti_phishing_code text, withdrawals_blocked_until timestamptz, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.email, a.email_verified_at, a.full_name, a.country, a.birth_date::text, a.phone, a.status,
        a.anti_phishing_code, case when a.withdrawals_blocked_until > now() then a.withdrawals_blocked_until end, a.created_at
    from exchange.accounts a
    where a.account_id = profile_of.account_id and a.role = 'user'
$$;
comment on function exchange.profile_of(bigint) is 'What an account''s owner may see of it; a block of withdrawals that has passed is none.';
