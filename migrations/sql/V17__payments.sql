-- Payments: what the exchange itself sends on chains. Written down and committed before it is sent.

create table chain.payments (
    payment_id bigint not null generated always as identity,
    network_id integer not null,
    purpose text not null,
    state text not null default 'planned',
    asset_id integer not null,
    amount numeric not null,
    from_wallet_id integer,
    from_address_id bigint,
    safe_nonce bigint,
    identity_hash bytea,
    plan jsonb not null,
    end_reason text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint payments_pkey primary key (payment_id),
    constraint payments_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint payments_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint payments_from_wallet_id_fkey foreign key (from_wallet_id) references chain.wallets (wallet_id),
    constraint payments_from_address_id_fkey foreign key (from_address_id) references chain.addresses (address_id),
    constraint payments_purpose_known check (purpose in ('withdrawal', 'sweep', 'gas', 'cold', 'refund', 'cancel')),
    constraint payments_state_known check (state in ('planned', 'signed', 'broadcast', 'confirmed', 'failed')),
    constraint payments_amount_not_negative check (amount >= 0 and amount < 'infinity'),
    constraint payments_safe_nonce_not_negative check (safe_nonce >= 0),
    constraint payments_identity_hash_length check (octet_length(identity_hash) = 32),
    constraint payments_ended_when check ((ended_at is not null) = (state in ('confirmed', 'failed')))
);
create index payments_open_idx on chain.payments (network_id, payment_id) where ended_at is null;
create unique index payments_safe_nonce_key on chain.payments (network_id, safe_nonce) where safe_nonce is not null and purpose <> 'cancel';
comment on table chain.payments is 'One intention to send each. It can be carried by several attempts, of which the chain accepts one at most: they spend the same outputs, or use the same nonces.';
comment on column chain.payments.payment_id is 'Number of the payment.';
comment on column chain.payments.network_id is 'On which network.';
comment on column chain.payments.purpose is 'withdrawal; sweep: from deposit addresses to the hot wallet; gas: to a deposit address, so that it can pay for a sweep; cold: from the hot wallet to the cold one; refund: of a suspicious deposit; cancel: uses up the nonce of a payment that shall not happen.';
comment on column chain.payments.state is 'planned: being signed; signed: its bytes are stored; broadcast: a node has them; confirmed: final; failed: provably never happens.';
comment on column chain.payments.asset_id is 'What is sent.';
comment on column chain.payments.amount is 'How much leaves the wallet or address, the network''s fee aside.';
comment on column chain.payments.from_wallet_id is 'The wallet that pays.';
comment on column chain.payments.from_address_id is 'evm: the deposit address that pays, of a sweep.';
comment on column chain.payments.safe_nonce is 'evm: the nonce of the Safe that it uses. The Safe executes one transaction a nonce.';
comment on column chain.payments.identity_hash is 'evm: the hash that the Safe''s owners sign, and by which its outcome is found on the chain.';
comment on column chain.payments.plan is 'What was planned, for people and signers.';
comment on column chain.payments.end_reason is 'Why it failed.';
comment on column chain.payments.created_at is 'When it was planned.';
comment on column chain.payments.ended_at is 'When it became final.';

alter table chain.outputs add constraint outputs_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id);
alter table exchange.withdrawals add constraint withdrawals_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id);

create table chain.payment_items (
    payment_id bigint not null,
    item integer not null,
    withdrawal_id bigint,
    deposit_id bigint,
    address text not null,
    script bytea not null,
    amount numeric not null,
    constraint payment_items_pkey primary key (payment_id, item),
    constraint payment_items_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id),
    constraint payment_items_withdrawal_id_fkey foreign key (withdrawal_id) references exchange.withdrawals (withdrawal_id),
    constraint payment_items_deposit_id_fkey foreign key (deposit_id) references exchange.deposits (deposit_id),
    constraint payment_items_item_not_negative check (item >= 0),
    constraint payment_items_amount_positive check (amount > 0 and amount < 'infinity'),
    constraint payment_items_script_length check (octet_length(script) between 20 and 42)
);
create index payment_items_withdrawal_id_idx on chain.payment_items (withdrawal_id) where withdrawal_id is not null;
create index payment_items_deposit_id_idx on chain.payment_items (deposit_id) where deposit_id is not null;
comment on table chain.payment_items is 'Whom a payment pays; change is not here.';
comment on column chain.payment_items.payment_id is 'The payment.';
comment on column chain.payment_items.item is 'Counts from 0.';
comment on column chain.payment_items.withdrawal_id is 'The withdrawal that it carries out.';
comment on column chain.payment_items.deposit_id is 'The deposit that it gives back.';
comment on column chain.payment_items.address is 'To where.';
comment on column chain.payment_items.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column chain.payment_items.amount is 'How much.';

create table chain.attempts (
    attempt_id bigint not null generated always as identity,
    payment_id bigint not null,
    network_id integer not null,
    number integer not null,
    state text not null default 'unsigned',
    from_script bytea,
    nonce bigint,
    unsigned bytea not null,
    raw bytea,
    txid bytea,
    fee_rate numeric not null,
    fee numeric,
    block_hash bytea,
    block_height bigint,
    is_success boolean,
    created_at timestamptz not null default now(),
    signed_at timestamptz,
    broadcast_at timestamptz,
    last_broadcast_at timestamptz,
    constraint attempts_pkey primary key (attempt_id),
    constraint attempts_number_key unique (payment_id, number),
    constraint attempts_txid_key unique (network_id, txid),
    constraint attempts_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id),
    constraint attempts_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint attempts_state_known check (state in ('unsigned', 'signed', 'broadcast', 'mined', 'replaced')),
    constraint attempts_number_positive check (number between 1 and 100),
    constraint attempts_nonce_whole check ((nonce is null) = (from_script is null) and nonce >= 0),
    constraint attempts_txid_length check (octet_length(txid) = 32),
    constraint attempts_raw_whole check ((raw is null) = (state = 'unsigned') and (raw is null) = (txid is null)),
    constraint attempts_fee_rate_positive check (fee_rate > 0 and fee_rate < 'infinity'),
    constraint attempts_fee_not_negative check (fee >= 0 and fee < 'infinity'),
    constraint attempts_block_whole check ((block_hash is null) = (block_height is null)),
    constraint attempts_mined_has_block check ((state = 'mined') = (block_hash is not null))
);
create index attempts_open_idx on chain.attempts (network_id, attempt_id) where state in ('unsigned', 'signed', 'broadcast');
create index attempts_block_height_idx on chain.attempts (network_id, block_height) where block_height is not null;
create index attempts_nonce_idx on chain.attempts (network_id, from_script, nonce) where nonce is not null;
comment on table chain.attempts is 'The transactions that may carry a payment, with the bytes that are sent, and sent again.';
comment on column chain.attempts.attempt_id is 'Number of the attempt.';
comment on column chain.attempts.payment_id is 'The payment.';
comment on column chain.attempts.network_id is 'On which network.';
comment on column chain.attempts.number is 'Counts from 1 for each payment; a later one pays a higher fee.';
comment on column chain.attempts.state is 'unsigned; signed: the bytes are stored, nobody has them; broadcast; mined: in the active block; replaced: another attempt, or another transaction of the same nonce or outputs, was mined.';
comment on column chain.attempts.from_script is 'evm: the 20 bytes of the account that sends it.';
comment on column chain.attempts.nonce is 'evm: the nonce of that account.';
comment on column chain.attempts.unsigned is 'What is signed: a PSBT, or the unsigned transaction.';
comment on column chain.attempts.raw is 'What is sent.';
comment on column chain.attempts.txid is 'Its hash.';
comment on column chain.attempts.fee_rate is 'Atoms a unit: satoshi a virtual byte, or the most wei a gas.';
comment on column chain.attempts.fee is 'bitcoin: what it pays, known before; evm: what it has paid, known when mined. In the network''s coin.';
comment on column chain.attempts.block_hash is 'The active block that holds it.';
comment on column chain.attempts.block_height is 'Height of that block.';
comment on column chain.attempts.is_success is 'evm: whether it went through; null until mined.';
comment on column chain.attempts.created_at is 'When it was made.';
comment on column chain.attempts.signed_at is 'When its bytes were stored.';
comment on column chain.attempts.broadcast_at is 'When a node first took it.';
comment on column chain.attempts.last_broadcast_at is 'When it was last sent.';

create table chain.signings (
    signing_id bigint not null generated always as identity,
    payment_id bigint not null,
    attempt_id bigint,
    signer text not null,
    kind text not null,
    state text not null default 'waiting',
    signature bytea,
    refusal text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint signings_pkey primary key (signing_id),
    constraint signings_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id),
    constraint signings_attempt_id_fkey foreign key (attempt_id) references chain.attempts (attempt_id),
    constraint signings_signer_known check (signer in ('a', 'b')),
    constraint signings_kind_known check (kind in ('hot_outputs', 'safe', 'gas_account', 'deposit_keys')),
    constraint signings_state_known check (state in ('waiting', 'signed', 'refused')),
    constraint signings_signed_whole check ((state = 'signed') = (signature is not null)),
    constraint signings_refused_whole check ((state = 'refused') = (refusal is not null)),
    constraint signings_ended_when check ((state = 'waiting') = (ended_at is null)),
    constraint signings_refusal_length check (length(refusal) between 1 and 500)
);
create unique index signings_once_key on chain.signings (payment_id, coalesce(attempt_id, 0), signer, kind);
create index signings_waiting_idx on chain.signings (signer, signing_id) where state = 'waiting';
comment on table chain.signings is 'What signers are asked to sign. A signer reads what it needs from the other tables and judges for itself.';
comment on column chain.signings.signing_id is 'Number of the request.';
comment on column chain.signings.payment_id is 'The payment.';
comment on column chain.signings.attempt_id is 'The attempt; null for what holds for all attempts, the owners'' signature of a Safe.';
comment on column chain.signings.signer is 'a or b: which process, with its own role and token.';
comment on column chain.signings.kind is 'hot_outputs: inputs of the hot Bitcoin wallet; safe: the hash of a Safe''s transaction; gas_account: a transaction of the gas account; deposit_keys: inputs or a transaction of deposit addresses.';
comment on column chain.signings.state is 'waiting, signed or refused.';
comment on column chain.signings.signature is 'The signatures, one after the other in the order of the inputs, 64 bytes each (65 with recovery id for evm).';
comment on column chain.signings.refusal is 'Why it was refused: somebody has to look.';
comment on column chain.signings.created_at is 'When it was asked.';
comment on column chain.signings.ended_at is 'When it was signed or refused.';

create table chain.nonces (
    network_id integer not null,
    script bytea not null,
    next_nonce bigint not null,
    constraint nonces_pkey primary key (network_id, script),
    constraint nonces_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint nonces_script_length check (octet_length(script) = 20),
    constraint nonces_next_nonce_not_negative check (next_nonce >= 0)
);
comment on table chain.nonces is 'The next nonce of each account that sends, and of the Safe. The row''s lock makes numbers gapless.';
comment on column chain.nonces.network_id is 'On which network.';
comment on column chain.nonces.script is 'The account''s 20 bytes.';
comment on column chain.nonces.next_nonce is 'What the next transaction of it gets.';

create table exchange.network_costs (
    network_cost_id bigint not null generated always as identity,
    attempt_id bigint not null,
    asset_id integer not null,
    amount numeric not null,
    costs_account_id bigint not null,
    external_account_id bigint not null,
    occurred_at timestamptz not null default now(),
    constraint network_costs_pkey primary key (network_cost_id),
    constraint network_costs_attempt_id_key unique (attempt_id),
    constraint network_costs_attempt_id_fkey foreign key (attempt_id) references chain.attempts (attempt_id),
    constraint network_costs_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint network_costs_costs_account_id_fkey foreign key (costs_account_id) references exchange.accounts (account_id),
    constraint network_costs_external_account_id_fkey foreign key (external_account_id) references exchange.accounts (account_id),
    constraint network_costs_amount_positive check (amount > 0 and amount < 'infinity')
);
comment on table exchange.network_costs is 'The ledger''s facts of what networks were paid for transactions of ours, once those are final.';
comment on column exchange.network_costs.network_cost_id is 'Number of the fact.';
comment on column exchange.network_costs.attempt_id is 'The transaction.';
comment on column exchange.network_costs.asset_id is 'The network''s coin.';
comment on column exchange.network_costs.amount is 'How much.';
comment on column exchange.network_costs.costs_account_id is 'Who bears it, of role costs.';
comment on column exchange.network_costs.external_account_id is 'The other side, of role external.';
comment on column exchange.network_costs.occurred_at is 'When it became final.';

create table exchange.reserve_entries (
    reserve_entry_id bigint not null generated always as identity,
    network_id integer not null,
    txid bytea not null,
    position text collate "C" not null,
    asset_id integer not null,
    wallet_id integer not null,
    amount numeric not null,
    block_height bigint not null,
    capital_account_id bigint not null,
    external_account_id bigint not null,
    occurred_at timestamptz not null default now(),
    constraint reserve_entries_pkey primary key (reserve_entry_id),
    constraint reserve_entries_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint reserve_entries_wallet_id_fkey foreign key (wallet_id) references chain.wallets (wallet_id),
    constraint reserve_entries_capital_account_id_fkey foreign key (capital_account_id) references exchange.accounts (account_id),
    constraint reserve_entries_external_account_id_fkey foreign key (external_account_id) references exchange.accounts (account_id),
    constraint reserve_entries_txid_length check (octet_length(txid) = 32),
    constraint reserve_entries_amount_not_zero check (amount <> 0 and amount > '-infinity' and amount < 'infinity')
);
create index reserve_entries_txid_idx on exchange.reserve_entries (network_id, txid, position);
create index reserve_entries_block_height_idx on exchange.reserve_entries (network_id, block_height);
comment on table exchange.reserve_entries is 'The ledger''s facts of what came into the house''s own wallets from outside, such as a refill; negative where that vanished from the chain.';
comment on column exchange.reserve_entries.reserve_entry_id is 'Number of the fact.';
comment on column exchange.reserve_entries.network_id is 'On which network.';
comment on column exchange.reserve_entries.txid is 'Its transaction.';
comment on column exchange.reserve_entries.position is 'Where in the transaction, as in deposits.';
comment on column exchange.reserve_entries.asset_id is 'Of which asset.';
comment on column exchange.reserve_entries.wallet_id is 'Into which wallet.';
comment on column exchange.reserve_entries.amount is 'How much.';
comment on column exchange.reserve_entries.block_height is 'Height of the block that holds or held it.';
comment on column exchange.reserve_entries.capital_account_id is 'The house, of role capital.';
comment on column exchange.reserve_entries.external_account_id is 'The other side, of role external.';
comment on column exchange.reserve_entries.occurred_at is 'When it was read.';
