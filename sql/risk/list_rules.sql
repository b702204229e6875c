create function risk.list_rules(staff_session_id bigint, of_rule text)
returns table (
    rule text, version integer, point text, kind text, parameters jsonb, action text, reason_code text,
    published_by bigint, valid_from timestamptz, valid_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_rules.staff_session_id, 'risk');
    return query
    select r.rule, r.version, r.point, r.kind, r.parameters, r.action, r.reason_code, r.published_by, r.valid_from, r.valid_until
    from risk.rules r
    where case when list_rules.of_rule is null then r.valid_until is null else r.rule = list_rules.of_rule end
    order by r.rule, r.version desc
    limit most;
end $$;
comment on function risk.list_rules(bigint, text) is 'The rules in force by name, or all versions of one, the newest first; 1,000 at most. For risk officers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
