create function risk.publish_events(event_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    last bigint;
    risk_stream constant integer := 10002;
begin
    if event_ids is null then
        return;
    end if;
    -- As exchange.append_event does for one: the counter's row stays locked until the end.
    update exchange.streams s set last_sequence = s.last_sequence + cardinality(event_ids)
    where s.stream_id = risk_stream returning s.last_sequence into strict last;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    select risk_stream, numbered.sequence, numbered.sequence, numbered.payload, now()
    from (
        select last - cardinality(event_ids) + row_number() over (order by e.event_id) as sequence,
            jsonb_strip_nulls(jsonb_build_object(
                'change', 'met', 'event_id', e.event_id::text, 'point', e.point, 'account_id', e.account_id::text,
                'order_id', e.order_id::text, 'rule', e.rule, 'version', e.version, 'action', e.action,
                'reason_code', e.reason_code)) as payload
        from risk.events e where e.event_id = any (event_ids)) numbered;
    perform pg_notify('exchange_events', risk_stream::text);
end $$;
comment on function risk.publish_events(bigint[]) is 'Makes recorded events, seen by a later statement, messages of the stream risk and rings once. For other functions.';
