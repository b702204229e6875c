create function risk.record_events(
    point text, account_id bigint, activity_id bigint, facts jsonb, met jsonb, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    recorded bigint[];
begin
    with made as (
        insert into risk.events (
            occurred_at, point, account_id, activity_id, rule, version, action, reason_code, facts, observed)
        select record_events.at, record_events.point, record_events.account_id, record_events.activity_id,
            m.rule, m.version, m.action, m.reason_code, record_events.facts, m.observed
        from jsonb_to_recordset(record_events.met) as m (rule text, version integer, action text, reason_code text, observed jsonb)
        returning event_id
    )
    select array_agg(m.event_id order by m.event_id) into recorded from made m;
    perform risk.publish_events(recorded);
end $$;
comment on function risk.record_events(text, bigint, bigint, jsonb, jsonb, timestamptz) is 'Records the rules that were met by an activity. For other functions.';
