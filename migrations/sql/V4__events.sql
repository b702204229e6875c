-- The outbox: every message is written in the transaction that causes it.

create table exchange.streams (
    stream_id integer not null,
    name text not null,
    last_sequence bigint not null default 0,
    constraint streams_pkey primary key (stream_id),
    constraint streams_name_key unique (name),
    constraint streams_last_sequence_not_negative check (last_sequence >= 0)
);
comment on table exchange.streams is 'Streams of events other than the markets'' own. A market''s stream has the market''s number; others are numbered from 10000.';
comment on column exchange.streams.stream_id is 'Number of the stream.';
comment on column exchange.streams.name is 'Topic of the stream: asset, finance or risk.';
comment on column exchange.streams.last_sequence is 'Counter; its row lock puts numbers in commit order.';

insert into exchange.streams (stream_id, name) values (10000, 'asset'), (10001, 'finance'), (10002, 'risk');

create table exchange.events (
    stream_id integer not null,
    first_sequence bigint not null,
    last_sequence bigint not null,
    payload jsonb,
    occurred_at timestamptz not null,
    constraint events_pkey primary key (stream_id, last_sequence, occurred_at),
    constraint events_range_forward check (first_sequence between 1 and last_sequence),
    constraint events_payload_of_one check (payload is null or first_sequence = last_sequence)
) partition by range (occurred_at);
comment on table exchange.events is 'One row a transaction and stream. For a market the messages are the orders, trades and order_updates in the range; for other streams the payload.';
comment on column exchange.events.stream_id is 'market_id, or a row of streams.';
comment on column exchange.events.first_sequence is 'First message of the transaction.';
comment on column exchange.events.last_sequence is 'Last message of the transaction; the next row begins after it.';
comment on column exchange.events.payload is 'The message of a stream that is no market''s.';
comment on column exchange.events.occurred_at is 'When.';

-- Monthly partitions (UTC) of what grows for ever, made ahead. The extension finds a leaf by this
-- naming: <table>_<yyyy>_<mm>.
create function exchange.make_partitions(months_ahead integer default 12) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    parent text;
    month date;
    leaf text;
    made integer := 0;
begin
    if months_ahead not between 1 and 120 then
        raise exception 'months_ahead must be between 1 and 120, not %', months_ahead using errcode = 'invalid_parameter_value';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('exchange.make_partitions', 0));
    foreach parent in array array['orders_closed', 'order_updates', 'trades', 'events'] loop
        for i in 0 .. months_ahead loop
            month := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
            leaf := parent || to_char(month, '_YYYY_MM');
            if to_regclass('exchange.' || leaf) is null then
                execute format(
                    'create table exchange.%I partition of exchange.%I for values from (%L) to (%L)',
                    leaf, parent, month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end $$;
comment on function exchange.make_partitions(integer) is 'Makes the monthly partitions up to so many months ahead; returns how many were missing.';

select exchange.make_partitions();
