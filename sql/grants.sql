-- Who may do what. Last of the contract, because it names everything else.

revoke all on schema exchange, staff, audit, checks, reporting from public;
revoke all on all functions in schema exchange, staff, audit from public, exchange_api, exchange_worker, exchange_analyst;
revoke all on all tables in schema exchange, staff, audit, checks, reporting from public, exchange_api, exchange_worker, exchange_analyst;
alter default privileges for role exchange_owner revoke execute on functions from public;

grant usage on schema exchange, staff, audit to exchange_api, exchange_worker, exchange_analyst;
grant usage on schema checks, reporting to exchange_worker, exchange_analyst;

-- Reads. The API gets the parents only: a partition read by name would escape row-level security.
grant select on
    exchange.assets, exchange.fee_tiers, exchange.markets, exchange.market_rules,
    exchange.orders, exchange.order_updates, exchange.trades, exchange.balances, exchange.adjustments, exchange.transfers, exchange.order_keys,
    exchange.account_orders, exchange.account_balances, exchange.ledger
to exchange_api, exchange_worker, exchange_analyst;
grant select on
    exchange.orders_open, exchange.orders_closed, exchange.streams, exchange.events,
    exchange.candles, exchange.candle_positions
to exchange_worker, exchange_analyst;
-- Of an account neither its password hash nor what is known of the person; nothing of sessions.
grant select (account_id, role, email, fee_tier_id, status, created_at, country, withdrawals_blocked_until, parent_account_id, label) on exchange.accounts
to exchange_worker, exchange_analyst;
-- What staff did and may do; of members no password, secret or invitation, and nothing of sessions.
grant select on audit.entries, audit.links, audit.head, staff.actions, staff.proposals, staff.foundation
to exchange_worker, exchange_analyst;
grant select (staff_id, email, name, roles, status, enrolled_at, created_by, created_at) on staff.members
to exchange_worker, exchange_analyst;
grant select on all tables in schema checks, reporting to exchange_worker, exchange_analyst;

do $$
declare
    protected text;
begin
    foreach protected in array array['orders', 'order_updates', 'trades', 'balances', 'adjustments', 'transfers', 'order_keys'] loop
        if not (select c.relrowsecurity from pg_class c where c.oid = format('exchange.%I', protected)::regclass) then
            execute format('alter table exchange.%I enable row level security', protected);
        end if;
        execute format(
            'create policy %I on exchange.%I for select to exchange_worker, exchange_analyst using (true)',
            protected || '_all', protected);
        execute format(
            'create policy %I on exchange.%I for select to exchange_api using (%s)',
            protected || '_own', protected,
            case protected
                when 'trades' then
                    'maker_account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint '
                    'or taker_account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint'
                when 'transfers' then
                    'from_account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint '
                    'or to_account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint'
                else 'account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint'
            end);
    end loop;
end $$;

-- Functions that trade.
grant execute on function
    exchange.submit(json),
    exchange.submit_once(bigint, text, json),
    exchange.try_commands(json),
    exchange.cancel_after(bigint, text, bigint, text, bigint, bigint, bigint),
    exchange.place_order(bigint, text, text, text, numeric, numeric, numeric, text, boolean, text, text),
    exchange.cancel_order(bigint, bigint, text),
    exchange.cancel_all_orders(bigint, text, text),
    exchange.reduce_order(bigint, bigint, numeric),
    exchange.replace_order(bigint, bigint, text, numeric, numeric, text, boolean, text, text)
to exchange_api, exchange_worker;

-- Functions that read what is public, or what row-level security lets through.
grant execute on function
    exchange.order_book(text, integer),
    exchange.wait_durable(),
    exchange.recent_trades(text, integer, bigint),
    exchange.candles_of(text, integer, timestamptz, timestamptz, integer),
    exchange.number_before(integer, timestamptz),
    exchange.market_ranges(text, timestamptz, timestamptz, timestamptz, bigint),
    exchange.orders_of(bigint, text, text[], text, timestamptz, timestamptz, timestamptz, bigint, integer),
    exchange.order_of(bigint, bigint, text),
    exchange.trades_of(bigint, text, bigint, timestamptz, timestamptz, timestamptz, bigint, integer, integer),
    exchange.ledger_of(bigint, text, timestamptz, timestamptz, timestamptz, bigint, integer, integer),
    exchange.fees_of(bigint),
    exchange.balance_at(bigint, text, timestamptz),
    exchange.account_statement(bigint, timestamptz, timestamptz),
    exchange.book_at(text, bigint),
    exchange.messages_after(integer, bigint, integer),
    exchange.stream_positions(),
    exchange.positions_of(integer[]),
    exchange.market_facts(integer, bigint, integer),
    exchange.market_snapshot(integer, bigint),
    exchange.reject(text, text)
to exchange_api, exchange_worker, exchange_analyst;

-- Functions of the API alone: logins and keys.
grant execute on function
    exchange.begin_login(text, inet, bytea),
    exchange.begin_password_check(bigint),
    exchange.end_password_check(bigint),
    exchange.rehash_password(bigint, text, text),
    exchange.open_session(bigint, bytea, interval, inet, text, text, bytea, bytea, boolean),
    exchange.session_account(bytea),
    exchange.close_session(bigint, bigint),
    exchange.close_sessions(bigint, bigint, boolean),
    exchange.sessions_of(bigint),
    exchange.devices_of(bigint),
    exchange.forget_device(bigint, bigint, bigint),
    exchange.profile_of(bigint),
    exchange.set_anti_phishing_code(bigint, bigint, text, inet),
    exchange.check_access(bigint[], bigint[]),
    exchange.create_api_key(bigint, bigint, text, text, text, bytea, bytea, text[], cidr[], text, bigint),
    exchange.revoke_api_key(bigint, bigint, bigint),
    exchange.api_keys_of(bigint),
    exchange.find_api_key(text),
    exchange.request_mail(text, text, inet, text, text, text, date, text, bytea),
    exchange.request_email_change(bigint, bigint, text, inet, text),
    exchange.verify_email(bytea, bytea),
    exchange.token_owner(bytea, text),
    exchange.set_password(bytea, text, bytea, inet, text),
    exchange.confirm_email_change(bytea, inet),
    exchange.freeze_account(bytea, inet),
    exchange.take_rate(text[], bigint[], bigint[], integer[])
to exchange_api;

-- Functions of the API alone: second factors, sub-accounts, transfers.
grant execute on function
    exchange.factors_of(bigint),
    exchange.stepped_up_until(bigint, bigint),
    exchange.step_up(bigint, bigint, text, bigint, bytea, bytea, bigint, jsonb, jsonb, bytea),
    exchange.begin_ceremony(bytea, text, bigint, bigint, jsonb, text),
    exchange.find_ceremony(bytea),
    exchange.finish_login(bytea, bigint, bigint, bytea, bigint, jsonb, jsonb, bytea, interval, inet, text, bytea, bytea),
    exchange.begin_totp(bigint, bigint, bytea),
    exchange.confirm_totp(bigint, bigint, bytea, bigint, bytea[]),
    exchange.remove_totp(bigint, bigint),
    exchange.replace_recovery_codes(bigint, bigint, bytea[]),
    exchange.passkeys_of(bigint),
    exchange.add_passkey(bigint, bigint, bytea, bytea, text, jsonb, bytea[]),
    exchange.remove_passkey(bigint, bigint, bigint),
    exchange.open_sub_account(bigint, bigint, text),
    exchange.sub_accounts_of(bigint),
    exchange.transfer(bigint, bigint, bigint, bigint, text, numeric, text)
to exchange_api;

-- Identity documents. The files reach the API only in the name of a reviewer.
grant execute on function
    exchange.submit_kyc(
        bigint, bigint, integer, text, text, text, text, date, date, text, text, bytea, text[], text[], bytea[], text[],
        bytea[], bytea[], jsonb[], text),
    exchange.kyc_status_of(bigint),
    exchange.answer_kyc_provider(text, integer, text),
    exchange.kyc_queue(bigint, bigint, integer),
    exchange.claim_kyc_case(bigint, bigint),
    exchange.release_kyc_case(bigint, bigint),
    exchange.kyc_case(bigint, bigint),
    exchange.read_kyc_document(bigint, bigint),
    exchange.decide_kyc_case(bigint, bigint, boolean, text[], text)
to exchange_api;
grant execute on function
    exchange.claim_kyc_reviews(integer, integer),
    exchange.note_kyc_findings(bigint, jsonb),
    exchange.decide_kyc(bigint, jsonb, text),
    exchange.await_kyc_provider(bigint),
    exchange.fail_kyc_review(bigint, text),
    exchange.kyc_documents_of(bigint),
    exchange.expire_kyc(integer),
    exchange.load_sanctions(text, jsonb, boolean)
to exchange_worker;
grant execute on function exchange.plain_name(text) to exchange_worker, exchange_analyst;
grant select on exchange.kyc_levels, exchange.kyc_rules, exchange.kyc_reasons to exchange_worker, exchange_analyst;
-- Of a case everything but who it is; nothing of its files.
grant select (
    case_id, account_id, level, state, document_type, issuer, submitted_at, reviews, next_review_at, decided_at, decided_by,
    reasons)
on exchange.kyc_cases to exchange_worker, exchange_analyst;
grant select (case_id, rule, score) on exchange.kyc_findings to exchange_worker, exchange_analyst;

-- Functions of staff: each but those of logging in asks for the session and its role. What decides
-- and what logs (staff.require, staff.run_action, audit.record ...) is for these functions alone, and
-- staff.make_founder is the operator's.
grant execute on function
    staff.login_member(text),
    staff.open_session(bigint, bytea, text, bigint, inet, text, text),
    staff.fail_login(bigint, boolean, inet),
    staff.session_member(bytea),
    staff.close_session(bigint),
    staff.invited_member(bytea),
    staff.accept_invitation(bytea, text, bytea),
    staff.list_members(bigint),
    staff.create_member(bigint, text, text, bytea, text),
    staff.invite_member(bigint, bigint, bytea),
    staff.disable_member(bigint, bigint, text),
    staff.propose(bigint, text, jsonb, text, text),
    staff.decide(bigint, bigint, boolean, text, text),
    staff.list_proposals(bigint, text, bigint, integer),
    staff.find_accounts(bigint, text, integer),
    staff.show_account(bigint, bigint),
    staff.freeze_account(bigint, bigint, text),
    audit.list_entries(bigint, bigint, bigint, text, text, integer)
to exchange_api;

-- The audit log's chain: one worker makes it, people who read may prove it.
grant execute on function audit.link_entries(integer) to exchange_worker;
grant execute on function
    audit.entry_hash(bytea, bigint, audit.entries),
    audit.verify_chain(bigint, bigint, bytea)
to exchange_worker, exchange_analyst;

-- The streams of accounts, which the API may hand to their owners.
grant execute on function exchange.balances_of(bigint[]) to exchange_api;

-- Functions of workers. Those of operators (create_account, set_password_hash, adjust_balance,
-- set_withdrawal_halt, create_market, set_market_status, set_market_limits, set_account_status,
-- set_fee_tier, set_fee_rates) are exchange_owner's alone.
grant execute on function
    exchange.forget_ended_sessions(integer),
    exchange.forget_order_keys(integer, bigint, integer),
    exchange.forget_request_keys(integer, integer),
    exchange.run_cancel_deadlines(integer),
    exchange.next_cancel_deadline(),
    exchange.forget_spent_access(integer),
    exchange.answer_mail_requests(integer),
    exchange.claim_mails(integer, integer),
    exchange.add_mail_token(bigint, text, bytea),
    exchange.finish_mail(bigint, integer, text),
    exchange.make_partitions(integer),
    exchange.advance_candles(integer, integer),
    exchange.rebuild_candles(text),
    exchange.reset_book(text)
to exchange_worker;
grant execute on function
    exchange.verify_book(text),
    exchange.book_orders(text),
    exchange.book_memory()
to exchange_worker, exchange_analyst;

-- The risk engine: analysts read all of it, ask what rules would say, and backtest. What changes it is
-- for staff, by functions of their own, and for operators.
revoke all on schema risk from public;
revoke all on all functions in schema risk from public, exchange_api, exchange_worker, exchange_analyst;
revoke all on all tables in schema risk from public, exchange_api, exchange_worker, exchange_analyst;
grant usage on schema risk to exchange_analyst, exchange_api, exchange_worker;
grant execute on function risk.forget_activities(integer) to exchange_worker;
grant execute on function
    risk.list_rules(bigint, text),
    risk.list_events(bigint, bigint, bigint, text, boolean, integer),
    risk.review_event(bigint, bigint, text, text)
to exchange_api;
grant select on all tables in schema risk to exchange_analyst;
grant execute on function
    risk.judge(text, jsonb, bigint, jsonb, timestamptz),
    risk.evaluate(text, bigint, jsonb, timestamptz),
    risk.history(text, timestamptz, timestamptz),
    risk.backtest(text, timestamptz, timestamptz),
    risk.backtest_draft(text, text, jsonb, timestamptz, timestamptz),
    risk.standing_of(bigint),
    risk.place_of(text)
to exchange_analyst;
