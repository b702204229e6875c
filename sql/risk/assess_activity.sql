create function risk.assess_activity(
    point text, account_id bigint, facts jsonb, out activity_id bigint, out verdict text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asset integer;
    met jsonb;
    assessed_at timestamptz;
begin
    perform risk.require_facts(assess_activity.point, assess_activity.account_id, assess_activity.facts);
    -- Whoever is counted together is judged one after the other, so that of two at the same moment
    -- the second sees the first.
    if assess_activity.account_id is not null then
        perform from exchange.accounts a where a.account_id = assess_activity.account_id for no key update;
    else
        perform pg_advisory_xact_lock(hashtextextended('risk ' || named.name, 0))
        from (
            select distinct n as name from unnest(array[
                host(risk.network_of(assess_activity.facts ->> 'address')), assess_activity.facts ->> 'device']) n
            where n is not null order by n) named;
    end if;
    assessed_at := clock_timestamp();
    select a.asset_id into asset from exchange.assets a where a.symbol = assess_activity.facts ->> 'asset';
    select coalesce(jsonb_agg(to_jsonb(e)), '[]'), risk.strictest(array_agg(e.action))
    into met, assess_activity.verdict
    from risk.evaluate(assess_activity.point, assess_activity.account_id, assess_activity.facts, assessed_at) e;
    insert into risk.activities (
        point, account_id, occurred_at, verdict, network, device, asset_id, amount, wallet, facts)
    values (
        assess_activity.point, assess_activity.account_id, assessed_at, assess_activity.verdict,
        risk.network_of(assess_activity.facts ->> 'address'), assess_activity.facts ->> 'device', asset,
        (assess_activity.facts ->> 'amount')::numeric, assess_activity.facts ->> 'wallet', assess_activity.facts)
    returning activities.activity_id into assess_activity.activity_id;
    perform risk.record_events(assess_activity.point, assess_activity.account_id, assess_activity.activity_id,
        assess_activity.facts, met, assessed_at);
    if assess_activity.point = 'login' and assess_activity.verdict <> 'deny' then
        perform risk.link_by_device(assess_activity.account_id, assess_activity.facts ->> 'device');
    end if;
end $$;
comment on function risk.assess_activity(text, bigint, jsonb) is 'Judges and records an activity, in the transaction that it guards and before what it guards. It raises nothing for a verdict: deny is the caller''s to turn into RISK_DENIED after a commit, so that the event stays.';
