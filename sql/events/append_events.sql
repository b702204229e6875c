create function exchange.append_events(stream text, payloads jsonb[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    numbered exchange.streams;
    count constant integer := cardinality(append_events.payloads);
begin
    if coalesce(count, 0) = 0 then
        return;
    end if;
    -- Once for all of them: a row that changes often in one transaction gets slow to find.
    update exchange.streams s set last_sequence = s.last_sequence + count where s.name = append_events.stream returning * into numbered;
    if not found then
        raise exception 'no stream %', append_events.stream using errcode = 'no_data_found';
    end if;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    select numbered.stream_id, n.sequence, n.sequence, p.payload, now()
    from unnest(append_events.payloads) with ordinality as p (payload, place)
    cross join lateral (select numbered.last_sequence - count + p.place as sequence) n;
    perform pg_notify('exchange_events', numbered.stream_id::text);
end $$;
comment on function exchange.append_events(text, jsonb[]) is 'Writes messages of a stream, in their order, as append_event does one.';
