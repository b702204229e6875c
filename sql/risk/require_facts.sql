create function risk.require_facts(point text, account_id bigint, facts jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    needed text[];
    missing text;
begin
    needed := case require_facts.point
        when 'registration' then array['mail_domain']
        when 'login' then '{}'::text[]
        when 'deposit' then array['asset', 'amount', 'wallet']
        when 'withdrawal' then array['asset', 'amount', 'wallet']
        when 'security_change' then array['change']
    end;
    if needed is null then
        raise exception 'no point % whose activities are assessed', require_facts.point using errcode = 'invalid_parameter_value';
    end if;
    if jsonb_typeof(require_facts.facts) is distinct from 'object' then
        raise exception 'facts must be an object' using errcode = 'invalid_parameter_value';
    end if;
    if (require_facts.point = 'registration') <> (require_facts.account_id is null) then
        raise exception 'point % and account % do not fit together', require_facts.point, require_facts.account_id
            using errcode = 'invalid_parameter_value';
    end if;
    select n into missing from unnest(needed) n where require_facts.facts ->> n is null limit 1;
    if missing is not null then
        raise exception 'point % needs the fact %', require_facts.point, missing using errcode = 'invalid_parameter_value';
    end if;
end $$;
comment on function risk.require_facts(text, bigint, jsonb) is 'Raises where a caller leaves out what its point needs: such a call is a bug, and must not pass unjudged. For other functions.';
