create function risk.decide_event(event_id bigint, decision text, note text, decided_by bigint default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    event risk.events;
begin
    if decide_event.decision is null or decide_event.decision not in ('released', 'upheld') then
        perform exchange.reject('MALFORMED', 'decision is released or upheld');
    end if;
    if decide_event.note is null or length(decide_event.note) not between 1 and 1000 then
        perform exchange.reject('MALFORMED', 'note takes 1 to 1000 characters');
    end if;
    select * into event from risk.events e
    where e.event_id = decide_event.event_id and e.action in ('review', 'hold') for no key update;
    if not found then
        perform exchange.reject('RISK_EVENT_NOT_FOUND', format('no event %s that waits for a decision', decide_event.event_id));
    end if;
    if exists (select from risk.reviews r where r.event_id = event.event_id) then
        perform exchange.reject('RISK_EVENT_DECIDED', format('event %s was decided already', event.event_id));
    end if;
    insert into risk.reviews (event_id, decision, note, decided_by)
    values (event.event_id, decide_event.decision, decide_event.note, decide_event.decided_by);
    perform exchange.append_event('risk', jsonb_strip_nulls(jsonb_build_object(
        'change', decide_event.decision, 'event_id', event.event_id::text, 'point', event.point,
        'account_id', event.account_id::text, 'activity_id', event.activity_id::text, 'action', event.action)));
    if event.point = 'withdrawal' then
        perform exchange.follow_risk_decision(event.activity_id, decide_event.decision);
    end if;
end $$;
comment on function risk.decide_event(bigint, text, text, bigint) is 'Decides about an event that waits: released or upheld; stream risk tells it, and a withdrawal that it held goes on or is rejected. Rejects: MALFORMED, RISK_EVENT_NOT_FOUND, RISK_EVENT_DECIDED, ACCOUNT_FROZEN, IN_DEBT.';
