create function chain.sample_fee(network_id integer, rate numeric) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    kept constant interval := '35 days';
begin
    insert into chain.fee_samples (network_id, sampled_at, rate) values (sample_fee.network_id, now(), sample_fee.rate)
    on conflict (network_id, sampled_at) do nothing;
    delete from chain.fee_samples f where f.network_id = sample_fee.network_id and f.sampled_at < now() - kept;
end $$;
comment on function chain.sample_fee(integer, numeric) is 'Notes what the node says a unit of a block costs, in atoms, and forgets what is older than 35 days.';
