create function exchange.balance_at(account_id bigint, asset text, at timestamptz default now()) returns numeric
language plpgsql stable set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    asked exchange.assets;
    total numeric;
begin
    select * into asked from exchange.assets a where a.symbol = balance_at.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(balance_at.asset, 'null')));
    end if;
    select round(coalesce(sum(l.amount), 0), asked.scale) into total
    from exchange.ledger l
    where l.account_id = balance_at.account_id and l.asset_id = asked.asset_id and l.occurred_at <= balance_at.at;
    return total;
end $$;
comment on function exchange.balance_at(bigint, text, timestamptz) is 'What an account had of an asset at a time, available and held together: the sum of its ledger entries until then. Reads all of the account''s entries. Rejects: UNKNOWN_ASSET.';
