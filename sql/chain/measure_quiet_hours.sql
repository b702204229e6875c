create function chain.measure_quiet_hours() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    measured_over constant interval := '28 days';
    measured integer;
begin
    with samples as (
        select s.network_id, s.rate, s.sampled_at at time zone 'utc' as at
        from chain.fee_samples s where s.sampled_at > now() - measured_over
    ), usual as (
        select s.network_id, percentile_disc(0.5) within group (order by s.rate) as rate from samples s group by s.network_id
    ), hours as (
        select s.network_id, extract(hour from s.at)::smallint as hour,
            percentile_disc(0.5) within group (order by s.rate) as rate, count(distinct s.at::date) as days
        from samples s group by s.network_id, extract(hour from s.at)
    ), gone as (
        delete from chain.fee_hours f
        where not exists (select from hours h where h.network_id = f.network_id and h.hour = f.hour)
    )
    insert into chain.fee_hours as f (network_id, hour, rate, usual_rate, days)
    select h.network_id, h.hour, h.rate, u.rate, h.days
    from hours h join usual u on u.network_id = h.network_id
    on conflict (network_id, hour) do update
    set rate = excluded.rate, usual_rate = excluded.usual_rate, days = excluded.days, measured_at = now();
    get diagnostics measured = row_count;
    return measured;
end $$;
comment on function chain.measure_quiet_hours() is 'Computes anew, from the samples of the last 28 days, what each hour of the day costs on each network. Returns how many hours are known.';
