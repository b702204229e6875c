create function risk.list_events(
    staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer)
returns table (
    event_id bigint, occurred_at timestamptz, point text, account_id bigint, activity_id bigint, order_id bigint, rule text,
    version integer, action text, reason_code text, facts jsonb, observed jsonb, decision text, note text,
    decided_by bigint, decided_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_events.staff_session_id, 'risk');
    return query
    select e.event_id, e.occurred_at, e.point, e.account_id, e.activity_id, e.order_id, e.rule, e.version, e.action,
        e.reason_code, e.facts, e.observed, r.decision, r.note, r.decided_by, r.decided_at
    from risk.events e
    left join risk.reviews r on r.event_id = e.event_id
    where e.event_id < coalesce(list_events.before_event_id, 9223372036854775807)
        and (list_events.of_account_id is null or e.account_id = list_events.of_account_id)
        and (list_events.of_rule is null or e.rule = list_events.of_rule)
        and (not coalesce(list_events.waiting, false) or (e.action in ('review', 'hold') and r.event_id is null))
    order by e.event_id desc
    limit least(greatest(list_events.at_most, 0), most);
end $$;
comment on function risk.list_events(bigint, bigint, bigint, text, boolean, integer) is 'Events before a number, the newest first, of one account or rule where named, or those that wait for a decision; 1,000 at most. For risk officers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
