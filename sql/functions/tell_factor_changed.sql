create function exchange.tell_factor_changed(account_id bigint, session_id bigint, factor text, change text, is_weaker boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    caller exchange.sessions;
begin
    select * into caller from exchange.sessions s where s.session_id = tell_factor_changed.session_id;
    perform exchange.cause_mail(
        tell_factor_changed.account_id, 'factor_changed',
        exchange.mail_facts(caller.address, caller.user_agent, case
            when tell_factor_changed.is_weaker then exchange.block_withdrawals(tell_factor_changed.account_id)
        end)
        || case
            when tell_factor_changed.is_weaker then exchange.waiting_facts(tell_factor_changed.account_id) else '{}'
        end
        || jsonb_build_object('factor', tell_factor_changed.factor, 'change', tell_factor_changed.change));
end $$;
comment on function exchange.tell_factor_changed(bigint, bigint, text, text, boolean) is 'Mails an owner that a second factor was changed by a session; where less is asked for from now on, nothing is withdrawn for a day. For other functions.';
