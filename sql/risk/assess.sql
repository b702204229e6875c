create function risk.assess(point text, account_id bigint, facts jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (risk.assess_activity(assess.point, assess.account_id, assess.facts)).verdict;
end $$;
comment on function risk.assess(text, bigint, jsonb) is 'Judges and records an activity (registration, login, deposit, withdrawal, security_change) and returns allow, review, deny or hold. Facts: address, device; registration and new addresses: mail_domain; deposit, withdrawal: asset, amount, wallet; security_change: change. Call it first in the transaction that it guards; on deny do nothing more, commit, and answer RISK_DENIED.';
