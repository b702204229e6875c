create function risk.evaluate(point text, account_id bigint, facts jsonb, at timestamptz default clock_timestamp())
returns table (rule text, version integer, action text, reason_code text, observed jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    candidate risk.rules;
    seen jsonb;
begin
    for candidate in
        select r.* from risk.rules r
        where r.point = evaluate.point and r.valid_until is null
        order by r.action = 'allow' desc, r.rule
    loop
        seen := risk.judge(candidate.kind, candidate.parameters, evaluate.account_id,
            evaluate.facts || jsonb_build_object('point', evaluate.point), evaluate.at);
        continue when seen is null;
        if candidate.action = 'allow' then
            return;
        end if;
        return query select candidate.rule, candidate.version, candidate.action, candidate.reason_code, seen;
    end loop;
end $$;
comment on function risk.evaluate(text, bigint, jsonb, timestamptz) is 'The rules in force that are met by these facts. Records nothing: for a look, and for assess. None is met where a rule that allows is.';
