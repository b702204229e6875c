create function exchange.require_target(network_id integer, script bytea) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    family text;
begin
    select n.family into strict family from chain.networks n where n.network_id = require_target.network_id;
    -- The API has read the text; this holds against whoever else calls.
    if require_target.script is null
        or (family = 'evm' and octet_length(require_target.script) <> 20)
        or (family = 'bitcoin' and octet_length(require_target.script) not between 22 and 42)
        or exists (
            select from chain.wallets w
            where w.network_id = require_target.network_id and w.script = require_target.script)
        or exists (
            select from chain.coins c
            where c.network_id = require_target.network_id and c.contract = require_target.script) then
        perform exchange.reject('UNSUPPORTED_ADDRESS', 'nothing can be sent to this address');
    end if;
end $$;
comment on function exchange.require_target(integer, bytea) is 'Refuses what is no address of the network, a wallet of the house and a token''s contract. For other functions. Rejects: UNSUPPORTED_ADDRESS.';
