create function risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- A list and no dynamic SQL: a rule can name nothing but these.
    case judge.kind
        when 'registrations_per_address' then return risk.registrations_per_address(parameters, account_id, facts, at);
        when 'registrations_per_device' then return risk.registrations_per_device(parameters, account_id, facts, at);
        when 'disposable_mail_domain' then return risk.disposable_mail_domain(parameters, account_id, facts, at);
        when 'impossible_travel' then return risk.impossible_travel(parameters, account_id, facts, at);
        when 'frequent_activity' then return risk.frequent_activity(parameters, account_id, facts, at);
        when 'order_rate' then return risk.order_rate(parameters, account_id, facts, at);
        when 'order_notional' then return risk.order_notional(parameters, account_id, facts, at);
        when 'price_distance' then return risk.price_distance(parameters, account_id, facts, at);
        when 'linked_trades' then return risk.linked_trades(parameters, account_id, facts, at);
        when 'large_deposit' then return risk.large_deposit(parameters, account_id, facts, at);
        when 'new_withdrawal_address' then return risk.new_withdrawal_address(parameters, account_id, facts, at);
        when 'withdrawn_amount' then return risk.withdrawn_amount(parameters, account_id, facts, at);
        when 'level_limits' then return risk.level_limits(parameters, account_id, facts, at);
        when 'blacklisted_address' then return risk.blacklisted_address(parameters, account_id, facts, at);
        when 'after_security_change' then return risk.after_security_change(parameters, account_id, facts, at);
        when 'first_withdrawal' then return risk.first_withdrawal(parameters, account_id, facts, at);
        when 'account_listed' then return risk.account_listed(parameters, account_id, facts, at);
        else raise exception 'no condition %', judge.kind using errcode = 'undefined_object';
    end case;
end $$;
comment on function risk.judge(text, jsonb, bigint, jsonb, timestamptz) is 'Asks one condition as of a moment: what it observed where it is met, else null.';
