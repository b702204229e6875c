create function risk.backtest(rule text, from_at timestamptz, to_at timestamptz)
returns table (occurred_at timestamptz, account_id bigint, subject text, verdict text, action text, observed jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tested risk.rules;
begin
    select * into tested from risk.rules r where r.rule = backtest.rule order by r.version desc limit 1;
    if not found then
        perform exchange.reject('RULE_NOT_FOUND', format('no rule %s', backtest.rule));
    end if;
    return query
    select d.occurred_at, d.account_id, d.subject, d.verdict, tested.action, d.observed
    from risk.backtest_draft(
        tested.point, tested.kind, tested.parameters, backtest.from_at, backtest.to_at) d;
end $$;
comment on function risk.backtest(text, timestamptz, timestamptz) is 'As backtest_draft, for the newest version of a rule, with its action. Rejects: RULE_NOT_FOUND, MALFORMED, TOO_MUCH_HISTORY.';
