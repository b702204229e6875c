create function exchange.require_authority(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if require_authority.valid_until < extract(epoch from clock_timestamp()) * 1000 then
        perform exchange.reject('REQUEST_EXPIRED', 'the request came later than it allows');
    end if;
    if require_authority.session_id is not null and not exists (
        select from exchange.sessions s
        where s.session_id = require_authority.session_id and s.account_id = require_authority.account_id
            and s.expires_at > clock_timestamp())
    or require_authority.api_key_id is not null and not exists (
        select from exchange.api_keys k
        where k.api_key_id = require_authority.api_key_id and k.account_id = require_authority.account_id
            and k.revoked_at is null and 'trade' = any (k.permissions))
    then
        perform exchange.reject('ACCESS_REVOKED', 'this session or key may not do this, or no longer');
    end if;
end $$;
comment on function exchange.require_authority(bigint, bigint, bigint, bigint) is 'Refuses a request whose session has ended, whose key was revoked or does not allow to trade, or that came after its time (milliseconds UTC); what is null is not checked. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED.';
