create function risk.link_by_device(account_id bigint, device text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    -- A device of more accounts than this is a public one and says nothing.
    most_accounts constant integer := 20;
    others bigint[];
begin
    if link_by_device.device is null then
        return;
    end if;
    select array_agg(o.account_id) into others
    from (
        select distinct a.account_id from risk.activities a
        where a.device = link_by_device.device and a.point = 'login' and a.verdict <> 'deny'
            and a.account_id <> link_by_device.account_id
        limit most_accounts) o;
    if others is null or cardinality(others) >= most_accounts then
        return;
    end if;
    perform risk.link_accounts(link_by_device.account_id, o, 'same device') from unnest(others) o;
end $$;
comment on function risk.link_by_device(bigint, text) is 'Links an account with those that logged in from the same device, but for a device of 20 or more. For other functions.';
