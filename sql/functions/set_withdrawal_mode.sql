create function exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean)
returns table (now_book_only boolean, book_only_ends_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    cool_down constant interval := '24 hours';
    caller exchange.sessions;
    ends_at timestamptz;
begin
    perform exchange.require_owner(set_withdrawal_mode.account_id, set_withdrawal_mode.session_id);
    if set_withdrawal_mode.book_only then
        -- More careful: at once, and nobody needs to be told.
        update exchange.accounts a set withdrawals_to_book_only = true, book_only_ends_at = null
        where a.account_id = set_withdrawal_mode.account_id;
    elsif exchange.sends_to_book_only(set_withdrawal_mode.account_id) and exists (
        select from exchange.accounts a where a.account_id = set_withdrawal_mode.account_id and a.book_only_ends_at is null) then
        if not exchange.may_change_security(set_withdrawal_mode.account_id, 'book_only_ended', set_withdrawal_mode.session_id) then
            return;
        end if;
        update exchange.accounts a set book_only_ends_at = now() + cool_down
        where a.account_id = set_withdrawal_mode.account_id returning a.book_only_ends_at into ends_at;
        select * into caller from exchange.sessions s where s.session_id = set_withdrawal_mode.session_id;
        perform exchange.cause_mail(set_withdrawal_mode.account_id, 'withdrawal_address_added',
            exchange.mail_facts(caller.address, caller.user_agent) || jsonb_build_object(
                'any_from', to_char(ends_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')));
    end if;
    return query select m.book_only, m.book_only_ends_at from exchange.withdrawal_mode_of(set_withdrawal_mode.account_id) m;
end $$;
comment on function exchange.set_withdrawal_mode(bigint, bigint, boolean) is 'Whether withdrawals go to addresses of the book alone, in the name of a session that has stepped up: from now on, or no more after 24 hours, of which the owner gets a mail. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';
