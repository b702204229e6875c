-- Chains: which networks and coins, whose addresses, the blocks that were read, and what lies where.
-- Money is not here: deposits and withdrawals are facts of schema exchange.

create schema chain;
comment on schema chain is 'Bitcoin and EVM chains as the workers see them: networks, addresses, blocks, outputs, payments.';

alter table exchange.accounts drop constraint accounts_role_known;
alter table exchange.accounts add constraint accounts_role_known
    check (role in ('user', 'fees', 'withdrawal_fees', 'external', 'debts', 'costs', 'capital'));
comment on column exchange.accounts.role is 'user; fees: receives a market''s fees; withdrawal_fees: those of withdrawals. Without balance rows, sides of the ledger alone: external: the world outside; debts: what accounts owe after a deposit vanished; costs: what networks were paid; capital: what the house put into its own wallets.';

create unique index accounts_house_key on exchange.accounts (role)
    where role in ('withdrawal_fees', 'debts', 'costs', 'capital');

create table chain.networks (
    network_id integer not null,
    name text not null,
    family text not null,
    chain text not null,
    genesis_hash bytea,
    first_height bigint not null default 0,
    is_halted boolean not null default false,
    halt_reason text,
    created_at timestamptz not null default now(),
    constraint networks_pkey primary key (network_id),
    constraint networks_name_key unique (name),
    constraint networks_network_id_range check (network_id between 1 and 99),
    constraint networks_name_form check (name ~ '^[a-z][a-z0-9_]{1,19}$'),
    constraint networks_family_known check (family in ('bitcoin', 'evm')),
    constraint networks_chain_form check (chain ~ '^[a-z0-9]{1,20}$'),
    constraint networks_genesis_hash_length check (octet_length(genesis_hash) = 32),
    constraint networks_first_height_not_negative check (first_height >= 0),
    constraint networks_halt_has_reason check (is_halted = (halt_reason is not null))
);
comment on table chain.networks is 'Chains that the exchange watches; one worker each.';
comment on column chain.networks.network_id is 'Chosen by the operator. Its doorbell is 10910 + network_id.';
comment on column chain.networks.name is 'The name people use: bitcoin, ethereum.';
comment on column chain.networks.family is 'How it works: bitcoin (outputs) or evm (accounts and logs).';
comment on column chain.networks.chain is 'Which chain of its family: main, testnet4, signet or regtest; the chain id in decimal.';
comment on column chain.networks.genesis_hash is 'Hash of block 0, as the first node said. A node that says otherwise is not listened to.';
comment on column chain.networks.first_height is 'The first block that is read; what lies before was never ours.';
comment on column chain.networks.is_halted is 'Nothing is sent while it is set; deposits go on.';
comment on column chain.networks.halt_reason is 'Why it is halted.';
comment on column chain.networks.created_at is 'When it was listed.';

create table chain.coins (
    asset_id integer not null,
    network_id integer not null,
    contract bytea,
    confirmations integer not null,
    large_amount numeric not null,
    large_confirmations integer not null,
    min_deposit numeric not null,
    min_withdrawal numeric not null,
    review_above numeric not null,
    second_review_above numeric not null,
    fee_units integer not null,
    fee_floor numeric not null,
    fee_ceiling numeric not null,
    sweep_above numeric not null,
    hot_floor numeric not null,
    hot_ceiling numeric not null,
    is_halted boolean not null default false,
    halt_reason text,
    constraint coins_pkey primary key (asset_id, network_id),
    constraint coins_contract_key unique (network_id, contract),
    constraint coins_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint coins_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint coins_contract_length check (octet_length(contract) = 20),
    constraint coins_confirmations_range check (confirmations between 1 and 1000 and large_confirmations between confirmations and 1000),
    constraint coins_amounts_range check (
        large_amount > 0 and min_deposit > 0 and min_withdrawal > 0 and sweep_above > 0 and hot_floor >= 0
        and large_amount < 'infinity' and min_deposit < 'infinity' and min_withdrawal < 'infinity'
        and sweep_above < 'infinity' and hot_ceiling < 'infinity'),
    constraint coins_review_order check (review_above >= 0 and second_review_above >= review_above and second_review_above < 'infinity'),
    constraint coins_fee_units_positive check (fee_units > 0),
    constraint coins_fee_order check (fee_floor >= 0 and fee_ceiling >= fee_floor and fee_ceiling < 'infinity'),
    constraint coins_hot_order check (hot_ceiling > hot_floor),
    constraint coins_halt_has_reason check (is_halted = (halt_reason is not null))
);
create unique index coins_native_key on chain.coins (network_id) where contract is null;
comment on table chain.coins is 'An asset as it exists on a network. On the chain it has as many decimals as the asset has here.';
comment on column chain.coins.asset_id is 'The asset.';
comment on column chain.coins.network_id is 'The network.';
comment on column chain.coins.contract is 'Address of the token''s contract: a token is known by this alone, never by name. Null: the network''s own coin.';
comment on column chain.coins.confirmations is 'Blocks, the one that holds a deposit included, before it is credited.';
comment on column chain.coins.large_amount is 'A deposit from this amount on waits for large_confirmations.';
comment on column chain.coins.large_confirmations is 'Blocks before a large deposit is credited, and before a withdrawal of any size is final.';
comment on column chain.coins.min_deposit is 'Less than this is not credited.';
comment on column chain.coins.min_withdrawal is 'Less than this is not sent.';
comment on column chain.coins.review_above is 'A withdrawal of more than this waits for a reviewer.';
comment on column chain.coins.second_review_above is 'A withdrawal of more than this waits for two.';
comment on column chain.coins.fee_units is 'What one withdrawal uses of a block: virtual bytes, or gas.';
comment on column chain.coins.fee_floor is 'Least fee of a withdrawal, in the asset.';
comment on column chain.coins.fee_ceiling is 'Greatest fee of a withdrawal, in the asset; where the network asks more, the house pays the rest.';
comment on column chain.coins.sweep_above is 'What a deposit address holds is gathered from this amount on; less waits.';
comment on column chain.coins.hot_floor is 'Below this the hot wallet asks for a refill.';
comment on column chain.coins.hot_ceiling is 'What the hot wallet holds above this goes to the cold one.';
comment on column chain.coins.is_halted is 'No withdrawal of the coin goes on while it is set.';
comment on column chain.coins.halt_reason is 'Why it is halted.';

create table chain.addresses (
    address_id bigint not null generated always as identity,
    network_id integer not null,
    account_id bigint not null,
    asset_id integer not null,
    address text,
    script bytea,
    created_at timestamptz not null default now(),
    constraint addresses_pkey primary key (address_id),
    constraint addresses_account_id_key unique (account_id, asset_id, network_id),
    constraint addresses_script_key unique (network_id, script),
    constraint addresses_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint addresses_coin_fkey foreign key (asset_id, network_id) references chain.coins (asset_id, network_id),
    constraint addresses_address_id_range check (address_id between 1 and 2147483647),
    constraint addresses_named_whole check ((address is null) = (script is null)),
    constraint addresses_address_length check (length(address) between 1 and 100),
    constraint addresses_script_length check (octet_length(script) between 20 and 34)
);
comment on table chain.addresses is 'Deposit addresses: one an account, asset and network. Any listed coin of the network that arrives is credited to the account.';
comment on column chain.addresses.address_id is 'Number of the address, and the last step of its derivation path (m/84''/c''/0''/0/n, m/44''/60''/0''/0/n).';
comment on column chain.addresses.network_id is 'On which network.';
comment on column chain.addresses.account_id is 'Whose deposits it takes.';
comment on column chain.addresses.asset_id is 'The asset it was made for.';
comment on column chain.addresses.address is 'As people write it; null until the API has derived it, which is before anybody sees it.';
comment on column chain.addresses.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column chain.addresses.created_at is 'When the number was given.';

create table chain.wallets (
    wallet_id integer not null generated always as identity,
    network_id integer not null,
    role text not null,
    address text not null,
    script bytea not null,
    descriptor text,
    created_at timestamptz not null default now(),
    constraint wallets_pkey primary key (wallet_id),
    constraint wallets_role_key unique (network_id, role),
    constraint wallets_script_key unique (network_id, script),
    constraint wallets_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint wallets_role_known check (role in ('hot', 'cold', 'gas')),
    constraint wallets_address_length check (length(address) between 1 and 100),
    constraint wallets_script_length check (octet_length(script) between 20 and 34)
);
comment on table chain.wallets is 'The house''s own wallets. No private key of them is anywhere but in a token or offline.';
comment on column chain.wallets.wallet_id is 'Number of the wallet.';
comment on column chain.wallets.network_id is 'On which network.';
comment on column chain.wallets.role is 'hot: two of three keys, pays withdrawals; cold: watched only; gas (evm): pays for what is sent.';
comment on column chain.wallets.address is 'Its address.';
comment on column chain.wallets.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column chain.wallets.descriptor is 'bitcoin: wsh(sortedmulti(2,...)) of the public keys; evm: owners of the Safe, by comma. Null for a single key.';
comment on column chain.wallets.created_at is 'When it was registered.';

create table chain.blocks (
    network_id integer not null,
    height bigint not null,
    hash bytea not null,
    parent_hash bytea not null,
    mined_at timestamptz not null,
    is_active boolean not null default true,
    read_at timestamptz not null default now(),
    constraint blocks_pkey primary key (network_id, hash),
    constraint blocks_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint blocks_height_not_negative check (height >= 0),
    constraint blocks_hash_length check (octet_length(hash) = 32 and octet_length(parent_hash) = 32)
);
create unique index blocks_active_key on chain.blocks (network_id, height) where is_active;
comment on table chain.blocks is 'Blocks that were read, by hash: the checkpoint chain. The active ones are one chain without gaps; those of forks stay, inactive.';
comment on column chain.blocks.network_id is 'Of which network.';
comment on column chain.blocks.height is 'How many came before it.';
comment on column chain.blocks.hash is 'Its hash, first byte first as the chain''s tools print it.';
comment on column chain.blocks.parent_hash is 'The one before it.';
comment on column chain.blocks.mined_at is 'Its own time.';
comment on column chain.blocks.is_active is 'Whether it is in the best chain, as the node last said.';
comment on column chain.blocks.read_at is 'When it was read.';

create table chain.outputs (
    network_id integer not null,
    txid bytea not null,
    output_index integer not null,
    amount numeric not null,
    address_id bigint,
    wallet_id integer,
    block_hash bytea,
    block_height bigint,
    spent_txid bytea,
    spent_height bigint,
    payment_id bigint,
    seen_at timestamptz not null default now(),
    constraint outputs_pkey primary key (network_id, txid, output_index),
    constraint outputs_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint outputs_address_id_fkey foreign key (address_id) references chain.addresses (address_id),
    constraint outputs_wallet_id_fkey foreign key (wallet_id) references chain.wallets (wallet_id),
    constraint outputs_txid_length check (octet_length(txid) = 32),
    constraint outputs_output_index_not_negative check (output_index >= 0),
    constraint outputs_amount_not_negative check (amount >= 0 and amount < 'infinity'),
    constraint outputs_owner_is_one check ((address_id is null) <> (wallet_id is null)),
    constraint outputs_block_whole check ((block_hash is null) = (block_height is null)),
    constraint outputs_spent_whole check (spent_height is null or spent_txid is not null)
);
create index outputs_unspent_idx on chain.outputs (network_id, wallet_id, address_id) where spent_txid is null;
create index outputs_block_height_idx on chain.outputs (network_id, block_height);
create index outputs_spent_height_idx on chain.outputs (network_id, spent_height) where spent_height is not null;
create index outputs_payment_id_idx on chain.outputs (payment_id) where payment_id is not null;
comment on table chain.outputs is 'Outputs of Bitcoin transactions that are ours: of deposit addresses, of the hot and the cold wallet.';
comment on column chain.outputs.network_id is 'On which network.';
comment on column chain.outputs.txid is 'Its transaction, first byte first as the chain''s tools print it.';
comment on column chain.outputs.output_index is 'Which output of it.';
comment on column chain.outputs.amount is 'How much, in the network''s coin.';
comment on column chain.outputs.address_id is 'The deposit address that it pays.';
comment on column chain.outputs.wallet_id is 'The wallet that it pays.';
comment on column chain.outputs.block_hash is 'The active block that holds it; null: in the mempool, or gone from the chain.';
comment on column chain.outputs.block_height is 'Height of that block.';
comment on column chain.outputs.spent_txid is 'The transaction that spends it, in the mempool or in a block.';
comment on column chain.outputs.spent_height is 'Height of the active block that holds that.';
comment on column chain.outputs.payment_id is 'The payment that has reserved it: no other may spend it.';
comment on column chain.outputs.seen_at is 'When it was first seen.';

create table chain.fee_samples (
    network_id integer not null,
    sampled_at timestamptz not null,
    rate numeric not null,
    constraint fee_samples_pkey primary key (network_id, sampled_at),
    constraint fee_samples_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint fee_samples_rate_positive check (rate > 0 and rate < 'infinity')
);
comment on table chain.fee_samples is 'What the node said a unit of a block costs; kept 35 days, so that quiet hours can be told.';
comment on column chain.fee_samples.network_id is 'On which network.';
comment on column chain.fee_samples.sampled_at is 'When it was asked.';
comment on column chain.fee_samples.rate is 'Atoms a unit: satoshi a virtual byte, wei a gas.';

-- A coin has its asset's decimals on the chain too: nothing is ever rounded on the way.
create function chain.check_coin() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    of_asset smallint;
begin
    select scale into strict of_asset from exchange.assets where asset_id = new.asset_id;
    if (new.min_deposit, new.min_withdrawal, new.fee_floor, new.fee_ceiling)
        is distinct from (
            round(new.min_deposit, of_asset), round(new.min_withdrawal, of_asset), round(new.fee_floor, of_asset),
            round(new.fee_ceiling, of_asset)) then
        raise exception 'an amount is finer than the atom of asset %', new.asset_id
            using errcode = 'check_violation', constraint = 'coins_amounts_in_atoms', schema = 'chain', table = 'coins';
    end if;
    if tg_op = 'UPDATE' and (new.asset_id, new.network_id, new.contract) is distinct from (old.asset_id, old.network_id, old.contract) then
        raise exception 'asset, network and contract of a coin never change; list another'
            using errcode = 'check_violation', constraint = 'coins_identity_fixed', schema = 'chain', table = 'coins';
    end if;
    return new;
end $$;
comment on function chain.check_coin() is 'Refuses amounts that would need rounding, and a change of what a coin is.';
create trigger coins_check before insert or update on chain.coins
    for each row execute function chain.check_coin();
