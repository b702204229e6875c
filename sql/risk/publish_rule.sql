create function risk.publish_rule(
    rule text, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint default null)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_rules constant integer := 200;
    before risk.rules;
    now_at timestamptz;
begin
    if publish_rule.rule is null or publish_rule.rule !~ '^[a-z][a-z0-9_]{2,31}$' then
        perform exchange.reject('INVALID_RULE', 'rule: a name of small letters, digits and _');
    end if;
    if publish_rule.reason_code is null or publish_rule.reason_code !~ '^[A-Z][A-Z0-9_]{2,39}$' then
        perform exchange.reject('INVALID_RULE', 'reason_code: capital letters, digits and _');
    end if;
    perform risk.require_sound_rule(publish_rule.point, publish_rule.kind, publish_rule.parameters, publish_rule.action);
    -- One publication at a time, so that versions are numbered and rules counted.
    perform from risk.order_rules_state for update;
    now_at := clock_timestamp();
    select * into before from risk.rules r where r.rule = publish_rule.rule order by r.version desc limit 1;
    if before.valid_until is null and before.point <> publish_rule.point then
        perform exchange.reject('INVALID_RULE', format('point: the rule is for %s; end it, or name another', before.point));
    end if;
    if (select count(*) from risk.rules r where r.valid_until is null and r.rule <> publish_rule.rule) >= max_rules then
        perform exchange.reject('TOO_MANY_RULES', format('%s rules are in force; end one first', max_rules));
    end if;
    update risk.rules r set valid_until = now_at where r.rule = publish_rule.rule and r.valid_until is null;
    insert into risk.rules (rule, version, point, kind, parameters, action, reason_code, published_by, valid_from)
    values (
        publish_rule.rule, coalesce(before.version, 0) + 1, publish_rule.point, publish_rule.kind,
        publish_rule.parameters, publish_rule.action, publish_rule.reason_code, publish_rule.published_by, now_at);
    return coalesce(before.version, 0) + 1;
end $$;
comment on function risk.publish_rule(text, text, text, jsonb, text, text, bigint) is 'Makes the next version of a rule, in force from now on, and returns its number. Rejects: INVALID_RULE, TOO_MANY_RULES.';
