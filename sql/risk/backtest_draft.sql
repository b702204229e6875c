create function risk.backtest_draft(
    point text, kind text, parameters jsonb, from_at timestamptz, to_at timestamptz)
returns table (occurred_at timestamptz, account_id bigint, subject text, verdict text, observed jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_facts constant integer := 200000;
begin
    perform risk.require_sound_rule(backtest_draft.point, backtest_draft.kind, backtest_draft.parameters, 'review');
    if coalesce(backtest_draft.from_at >= backtest_draft.to_at, true) then
        perform exchange.reject('MALFORMED', 'from must be before to');
    end if;
    if (select count(*) from (
        select from risk.history(backtest_draft.point, backtest_draft.from_at, backtest_draft.to_at) limit max_facts + 1) h) > max_facts then
        perform exchange.reject('TOO_MUCH_HISTORY', format('more than %s facts in this time; ask for a part of it', max_facts));
    end if;
    if backtest_draft.kind in ('order_rate', 'order_notional') then
        return query
        select c.* from risk.count_orders(
            backtest_draft.kind, backtest_draft.parameters, backtest_draft.from_at, backtest_draft.to_at) c;
        return;
    end if;
    return query
    select h.occurred_at, h.account_id, h.subject, h.verdict, judged.observed
    from risk.history(backtest_draft.point, backtest_draft.from_at, backtest_draft.to_at) h
    cross join lateral risk.judge(
        backtest_draft.kind, backtest_draft.parameters, h.account_id, h.facts, h.occurred_at) as judged (observed)
    where judged.observed is not null;
end $$;
comment on function risk.backtest_draft(text, text, jsonb, timestamptz, timestamptz) is 'What a rule that does not exist yet would have done to recorded history: a row for each order or activity that meets it, with the verdict of its day. Every fact is judged as of its own moment; history is taken as it was, so what the rule would have kept from happening still counts. Rejects: INVALID_RULE, MALFORMED, TOO_MUCH_HISTORY.';
