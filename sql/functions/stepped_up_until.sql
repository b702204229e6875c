create function exchange.stepped_up_until(account_id bigint, session_id bigint) returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select least(s.stepped_up_at + exchange.step_up_length(), s.expires_at)
    from exchange.sessions s
    where s.session_id = stepped_up_until.session_id and s.account_id = stepped_up_until.account_id
        and s.expires_at > clock_timestamp()
$$;
comment on function exchange.stepped_up_until(bigint, bigint) is 'Until when the account''s session may do what needs a proof of late; null where it has ended.';
