-- Deposits: what arrived on a chain, and the ledger's facts of crediting and taking back.

create table exchange.deposits (
    deposit_id bigint not null generated always as identity,
    network_id integer not null,
    txid bytea not null,
    position text collate "C" not null,
    asset_id integer not null,
    account_id bigint not null,
    address_id bigint not null,
    amount numeric not null,
    from_address text,
    block_hash bytea,
    block_height bigint,
    required_confirmations integer not null,
    state text not null,
    activity_id bigint,
    seen_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    credited_at timestamptz,
    constraint deposits_pkey primary key (deposit_id),
    constraint deposits_position_key unique (network_id, txid, position),
    constraint deposits_coin_fkey foreign key (asset_id, network_id) references chain.coins (asset_id, network_id),
    constraint deposits_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint deposits_address_id_fkey foreign key (address_id) references chain.addresses (address_id),
    constraint deposits_activity_id_fkey foreign key (activity_id) references risk.activities (activity_id),
    constraint deposits_txid_length check (octet_length(txid) = 32),
    constraint deposits_position_form check (position ~ '^(output:[0-9]+|value|log:[0-9]+|trace:[0-9.]+)$'),
    constraint deposits_amount_positive check (amount > 0 and amount < 'infinity'),
    constraint deposits_from_address_length check (length(from_address) between 1 and 100),
    constraint deposits_block_whole check ((block_hash is null) = (block_height is null)),
    constraint deposits_required_confirmations_positive check (required_confirmations > 0),
    constraint deposits_state_known check (state in (
        'seen', 'pending', 'credited', 'suspicious', 'orphaned', 'below_minimum', 'refunding', 'refunded')),
    constraint deposits_seen_has_no_block check (state not in ('seen', 'orphaned') or block_hash is null),
    constraint deposits_pending_has_block check (state not in ('pending', 'credited') or block_hash is not null),
    constraint deposits_credited_when check (state <> 'credited' or credited_at is not null)
);
create index deposits_account_id_idx on exchange.deposits (account_id, deposit_id);
create index deposits_open_idx on exchange.deposits (network_id, block_height)
    where state in ('seen', 'pending', 'suspicious');
create index deposits_block_height_idx on exchange.deposits (network_id, block_height) where block_height is not null;
create index deposits_address_id_idx on exchange.deposits (address_id);
comment on table exchange.deposits is 'Every payment to a deposit address: an output, the value of a transaction, a log, a call inside one.';
comment on column exchange.deposits.deposit_id is 'Number of the deposit.';
comment on column exchange.deposits.network_id is 'On which network.';
comment on column exchange.deposits.txid is 'Its transaction.';
comment on column exchange.deposits.position is 'Where in the transaction: output:n; value; log:n, counted inside the transaction; trace:a.b of a call inside it. Together with network and transaction it is credited once.';
comment on column exchange.deposits.asset_id is 'What arrived.';
comment on column exchange.deposits.account_id is 'For whom.';
comment on column exchange.deposits.address_id is 'At which address.';
comment on column exchange.deposits.amount is 'How much.';
comment on column exchange.deposits.from_address is 'Where it came from, where the chain says so.';
comment on column exchange.deposits.block_hash is 'The active block that holds it; null: in the mempool, or gone.';
comment on column exchange.deposits.block_height is 'Height of that block; confirmations are counted from it to the highest block read.';
comment on column exchange.deposits.required_confirmations is 'How many it needs, by its coin and amount as they were when it was first seen.';
comment on column exchange.deposits.state is 'seen: in the mempool; pending: in a block; credited; suspicious: waits for staff; orphaned: gone from the chain; below_minimum: never credited; refunding, refunded: goes or went back.';
comment on column exchange.deposits.activity_id is 'What the risk rules judged, once it had its confirmations.';
comment on column exchange.deposits.seen_at is 'When it was first seen.';
comment on column exchange.deposits.changed_at is 'When its state last changed.';
comment on column exchange.deposits.credited_at is 'When it was last credited.';

create table exchange.deposit_entries (
    deposit_entry_id bigint not null generated always as identity,
    deposit_id bigint not null,
    account_id bigint not null,
    asset_id integer not null,
    amount numeric not null,
    debt_amount numeric not null default 0,
    external_account_id bigint not null,
    debts_account_id bigint not null,
    occurred_at timestamptz not null default now(),
    constraint deposit_entries_pkey primary key (deposit_entry_id),
    constraint deposit_entries_deposit_id_fkey foreign key (deposit_id) references exchange.deposits (deposit_id),
    constraint deposit_entries_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint deposit_entries_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint deposit_entries_external_account_id_fkey foreign key (external_account_id) references exchange.accounts (account_id),
    constraint deposit_entries_debts_account_id_fkey foreign key (debts_account_id) references exchange.accounts (account_id),
    constraint deposit_entries_amount_not_zero check (amount <> 0 and amount > '-infinity' and amount < 'infinity'),
    constraint deposit_entries_debt_within_amount check (
        case when amount > 0 then debt_amount between 0 and amount else debt_amount between amount and 0 end)
);
create index deposit_entries_deposit_id_idx on exchange.deposit_entries (deposit_id);
create index deposit_entries_account_id_idx on exchange.deposit_entries (account_id, asset_id, occurred_at);
create index deposit_entries_debts_idx on exchange.deposit_entries (account_id, asset_id) where debt_amount <> 0;
comment on table exchange.deposit_entries is 'The ledger''s facts of deposits: a credit, or its reversal after the deposit vanished from the chain. Those of one deposit sum to its amount while it is credited, else to zero.';
comment on column exchange.deposit_entries.deposit_entry_id is 'Number of the fact.';
comment on column exchange.deposit_entries.deposit_id is 'The deposit.';
comment on column exchange.deposit_entries.account_id is 'Whose.';
comment on column exchange.deposit_entries.asset_id is 'Of which asset.';
comment on column exchange.deposit_entries.amount is 'Positive for a credit, negative for a reversal; the other side is external.';
comment on column exchange.deposit_entries.debt_amount is 'The part that changes what the account owes and not its balance, with the sign of amount: negative where a reversal found less than it took, positive where a credit settles that.';
comment on column exchange.deposit_entries.external_account_id is 'The other side, of role external.';
comment on column exchange.deposit_entries.debts_account_id is 'The side of debts, of role debts.';
comment on column exchange.deposit_entries.occurred_at is 'When.';
