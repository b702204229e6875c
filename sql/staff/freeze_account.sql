create function staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor bigint := staff.require(freeze_account.staff_session_id, 'support', 'risk');
begin
    perform from exchange.accounts a where a.account_id = freeze_account.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('ACCOUNT_NOT_FOUND', format('no user''s account %s', freeze_account.account_id));
    end if;
    perform exchange.set_account_status(freeze_account.account_id, 'frozen');
    perform audit.record(
        actor, 'account_frozen', 'account:' || freeze_account.account_id,
        jsonb_build_object('reason', freeze_account.reason));
end $$;
comment on function staff.freeze_account(bigint, bigint, text) is 'Freezes a user''s account at once: one person is enough, because it can be undone; undoing is a proposal (set_account_status). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_NOT_FOUND.';
