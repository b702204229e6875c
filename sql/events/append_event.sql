create function exchange.append_event(stream text, payload jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    numbered exchange.streams;
begin
    -- The row stays locked until the transaction ends: numbers are gapless and in commit order.
    update exchange.streams s set last_sequence = s.last_sequence + 1 where s.name = append_event.stream returning * into numbered;
    if not found then
        raise exception 'no stream %', append_event.stream using errcode = 'no_data_found';
    end if;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    values (numbered.stream_id, numbered.last_sequence, numbered.last_sequence, append_event.payload, now());
    perform pg_notify('exchange_events', numbered.stream_id::text);
    return numbered.last_sequence;
end $$;
comment on function exchange.append_event(text, jsonb) is 'Writes a message of a stream that is no market''s, in the transaction that causes it, and rings the doorbell. Returns its sequence. A payload''s account_id says whose it is.';
