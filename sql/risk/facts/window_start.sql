create function risk.window_start(at timestamptz, within_seconds integer) returns timestamptz
language sql immutable strict set search_path = pg_catalog, pg_temp as $$
    select to_timestamp((floor(extract(epoch from window_start.at) / within_seconds) * within_seconds)::double precision)
$$;
comment on function risk.window_start(timestamptz, integer) is 'Where the window of orders begins that holds a moment: windows are whole multiples of their length since 1970, as in the extension.';
