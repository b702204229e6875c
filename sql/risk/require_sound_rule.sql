create function risk.require_sound_rule(point text, kind text, parameters jsonb, action text) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    known risk.kinds;
    named record;
    value text;
    unknown text;
begin
    select * into known from risk.kinds k where k.kind = require_sound_rule.kind;
    if not found then
        perform exchange.reject('INVALID_RULE', format('kind: no condition %s', require_sound_rule.kind));
    end if;
    if require_sound_rule.point is null or not require_sound_rule.point = any (known.points) then
        perform exchange.reject('INVALID_RULE', format('point: %s is for %s', known.kind, array_to_string(known.points, ', ')));
    end if;
    if require_sound_rule.action is null or require_sound_rule.action not in ('allow', 'review', 'deny', 'hold') then
        perform exchange.reject('INVALID_RULE', 'action: allow, review, deny or hold');
    end if;
    if require_sound_rule.action = 'hold' and require_sound_rule.point not in ('deposit', 'withdrawal') then
        perform exchange.reject('INVALID_RULE', 'action: only deposits and withdrawals can be held');
    end if;
    if (require_sound_rule.action = 'allow') and known.kind <> 'account_listed' then
        perform exchange.reject('INVALID_RULE', 'action: only account_listed can allow');
    end if;
    if jsonb_typeof(require_sound_rule.parameters) is distinct from 'object' then
        perform exchange.reject('INVALID_RULE', 'parameters: an object');
    end if;
    select n into unknown from jsonb_object_keys(require_sound_rule.parameters) n where not known.parameters ? n limit 1;
    if unknown is not null then
        perform exchange.reject('INVALID_RULE', format('parameters: %s takes no %s', known.kind, unknown));
    end if;
    for named in select p.key as name, p.value as type from jsonb_each(known.parameters) p loop
        value := require_sound_rule.parameters ->> named.name;
        if not risk.is_of_type(require_sound_rule.parameters -> named.name, named.type) then
            perform exchange.reject('INVALID_RULE', format('parameters: %s is %s, not %s', named.name,
                case named.type ->> 'type'
                    when 'integer' then format('a whole number from %s to %s', named.type ->> 'least', named.type ->> 'most')
                    when 'decimal' then 'a decimal in a string, 0 or more'
                    when 'asset' then 'the symbol of an asset'
                    else 'a name of small letters, digits and _' end,
                coalesce(value, 'missing')));
        end if;
    end loop;
end $$;
comment on function risk.require_sound_rule(text, text, jsonb, text) is 'Refuses a rule that does not fit its kind. Rejects: INVALID_RULE.';
