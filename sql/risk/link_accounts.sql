create function risk.link_accounts(account_id bigint, linked_account_id bigint, because text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into risk.links (account_id, linked_account_id, because)
    values (link_accounts.account_id, link_accounts.linked_account_id, link_accounts.because),
        (link_accounts.linked_account_id, link_accounts.account_id, link_accounts.because)
    on conflict do nothing
$$;
comment on function risk.link_accounts(bigint, bigint, text) is 'Says that two accounts seem to be one person''s, from both sides.';
