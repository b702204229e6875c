create function chain.match_transfers(
    network_id integer, block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[],
    atoms numeric[], from_addresses text[])
returns table (
    block_number integer, txid bytea, "position" text, asset_id integer, amount numeric, from_address text,
    address_id bigint, account_id bigint, wallet_id integer, is_ours boolean, state text, required_confirmations integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
-- One lookup a transfer in the addresses' index, however many of either there are.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
    select t.block_number, t.txid, t."position", c.asset_id, chain.amount_of_atoms(t.atoms::text, s.scale),
        t.from_address, a.address_id, a.account_id, w.wallet_id,
        case n.family
            when 'bitcoin' then
                exists (select from chain.attempts own where own.network_id = match_transfers.network_id and own.txid = t.txid)
                or exists (select from chain.wallets own
                    where own.network_id = match_transfers.network_id and own.address = t.from_address)
            -- Not by transaction: others may move something inside ours, and anybody may carry what a Safe signed.
            else
                exists (select from chain.wallets own
                    where own.network_id = match_transfers.network_id and own.script = decode(substr(t.from_address, 3), 'hex'))
                or exists (select from chain.addresses own
                    where own.network_id = match_transfers.network_id and own.script = decode(substr(t.from_address, 3), 'hex'))
        end,
        case when t.atoms < c.min_deposit * power(10::numeric, s.scale) then 'below_minimum' else 'pending' end,
        greatest(
            case when t.atoms < c.large_amount * power(10::numeric, s.scale) then c.confirmations else c.large_confirmations end,
            -- Newly made coins cannot be spent before a hundred more blocks (Bitcoin, COINBASE_MATURITY).
            case when t.from_address = 'coinbase' then 101 end)
    from unnest(
        match_transfers.block_numbers, match_transfers.txids, match_transfers.positions, match_transfers.scripts,
        match_transfers.contracts, match_transfers.atoms, match_transfers.from_addresses)
        as t (block_number, txid, "position", script, contract, atoms, from_address)
    left join chain.addresses a on a.network_id = match_transfers.network_id and a.script = t.script
    left join chain.wallets w on w.network_id = match_transfers.network_id and w.script = t.script
    join chain.coins c on c.network_id = match_transfers.network_id
        and (c.contract = t.contract or (c.contract is null and t.contract is null))
    join exchange.assets s on s.asset_id = c.asset_id
    join chain.networks n on n.network_id = match_transfers.network_id
    where (a.address_id is not null or w.wallet_id is not null) and t.atoms > 0
$$;
comment on function chain.match_transfers(integer, integer[], bytea[], text[], bytea[], bytea[], numeric[], text[]) is 'Of what moved on a network, in atoms, that which came to a deposit address or a wallet and is of a listed coin. Ours: of a transaction that the exchange has made itself, on Bitcoin; sent by a wallet or a deposit address, on an EVM chain. State: what a deposit of it is once it lies in a block. For other functions.';
