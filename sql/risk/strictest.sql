create function risk.strictest(actions text[]) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when 'deny' = any (actions) then 'deny' when 'hold' = any (actions) then 'hold'
        when 'review' = any (actions) then 'review' else 'allow' end
$$;
comment on function risk.strictest(text[]) is 'The action that counts of several: deny, hold, review, allow.';
