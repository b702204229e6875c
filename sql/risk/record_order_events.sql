create function risk.record_order_events(met jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    recorded bigint[];
begin
    with made as (
        insert into risk.events (
            occurred_at, point, account_id, order_id, rule, version, action, reason_code, facts, observed)
        select clock_timestamp(), 'order', m.account_id, m.order_id, m.rule, m.version, r.action, r.reason_code, m.facts, m.observed
        from rows from (jsonb_to_recordset(record_order_events.met)
            as (account_id bigint, order_id bigint, rule text, version integer, facts jsonb, observed jsonb))
            with ordinality as m (account_id, order_id, rule, version, facts, observed, n)
        join risk.rules r on r.rule = m.rule and r.version = m.version
        order by m.n
        returning event_id
    )
    select array_agg(m.event_id order by m.event_id) into recorded from made m;
    perform risk.publish_events(recorded);
end $$;
comment on function risk.record_order_events(jsonb) is 'Records the rules that were met by the orders of a batch; the extension calls it once a batch that has any. For it alone.';
