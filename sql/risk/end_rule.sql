create function risk.end_rule(rule text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update risk.rules r set valid_until = clock_timestamp() where r.rule = end_rule.rule and r.valid_until is null;
    if not found then
        perform exchange.reject('RULE_NOT_FOUND', format('no rule %s is in force', end_rule.rule));
    end if;
end $$;
comment on function risk.end_rule(text) is 'Takes a rule out of force; its versions stay. Rejects: RULE_NOT_FOUND.';
