create function exchange.cool_down_of(activity_id bigint, out event_id bigint, out ends_at timestamptz)
returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.event_id, known.since + make_interval(secs => (l.parameters ->> 'cool_down_seconds')::integer)
    from risk.events e
    join risk.rules l on l.rule = e.rule and l.version = e.version and l.kind = 'new_withdrawal_address'
    cross join lateral (select (e.observed ->> 'known_since')::timestamptz as since) known
    where e.activity_id = cool_down_of.activity_id and e.action = 'hold'
        and not exists (select from risk.reviews r where r.event_id = e.event_id)
    order by 2, 1
    limit 1
$$;
comment on function exchange.cool_down_of(bigint) is 'Which hold on a withdrawal ends first by itself, because the address is known long enough, and when; no row where none does. For other functions.';
