create function risk.backtest_draft(
    point text, kind text, parameters jsonb, from_at timestamptz, to_at timestamptz)
returns table (occurred_at timestamptz, account_id bigint, subject text, verdict text, observed jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_facts constant integer := 200000;
    seen integer := 0;
    past record;
begin
    perform risk.require_sound_rule(backtest_draft.point, backtest_draft.kind, backtest_draft.parameters, 'review');
    if coalesce(backtest_draft.from_at >= backtest_draft.to_at, true) then
        perform exchange.reject('MALFORMED', 'from must be before to');
    end if;
    for past in select h.* from risk.history(backtest_draft.point, backtest_draft.from_at, backtest_draft.to_at) h loop
        seen := seen + 1;
        if seen > max_facts then
            perform exchange.reject('TOO_MUCH_HISTORY', format('more than %s facts in this time; ask for a part of it', max_facts));
        end if;
        observed := risk.judge(backtest_draft.kind, backtest_draft.parameters, past.account_id, past.facts, past.occurred_at);
        if observed is not null then
            return query select past.occurred_at, past.account_id, past.subject, past.verdict, observed;
        end if;
    end loop;
end $$;
comment on function risk.backtest_draft(text, text, jsonb, timestamptz, timestamptz) is 'What a rule that does not exist yet would have done to recorded history: a row for each order or activity that meets it, with the verdict of its day. Every fact is judged as of its own moment; history is taken as it was, so what the rule would have kept from happening still counts. Rejects: INVALID_RULE, MALFORMED, TOO_MUCH_HISTORY.';
