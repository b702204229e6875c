create function staff.login_member(email text)
returns table (staff_id bigint, password_hash text, totp_secret bytea, totp_step bigint, is_locked boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.staff_id, m.password_hash, m.totp_secret, m.totp_step, coalesce(m.locked_until > now(), false)
    from staff.members m
    where m.email = lower(login_member.email) and m.status = 'active' and m.password_hash is not null
$$;
comment on function staff.login_member(text) is 'What is needed to check password and code: no row where no such login exists. The only way to a member''s hash and secret.';
