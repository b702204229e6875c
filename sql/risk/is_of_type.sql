create function risk.is_of_type(value jsonb, type jsonb) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    plain constant text := value #>> '{}';
begin
    case type ->> 'type'
        when 'integer' then
            return coalesce(jsonb_typeof(value) = 'number' and plain ~ '^[0-9]{1,18}$'
                and plain::bigint between (type ->> 'least')::bigint and (type ->> 'most')::bigint, false);
        when 'decimal' then
            return coalesce(jsonb_typeof(value) = 'string' and plain ~ '^[0-9]{1,30}(\.[0-9]{1,18})?$', false);
        when 'asset' then
            return coalesce(jsonb_typeof(value) = 'string' and exists (select from exchange.assets a where a.symbol = plain), false);
        when 'name' then
            return coalesce(jsonb_typeof(value) = 'string' and plain ~ '^[a-z][a-z0-9_]{2,31}$', false);
    end case;
end $$;
comment on function risk.is_of_type(jsonb, jsonb) is 'Whether a parameter is what kinds says of it.';
