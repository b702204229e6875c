-- Proofs of liabilities and of reserves, and the comparison of what chains hold with what our facts say.

create schema proof;
comment on schema proof is 'Proofs of what accounts are owed and of what lies on chains, and whether the two kinds of facts agree.';

create table proof.proofs (
    proof_id bigint not null generated always as identity,
    taken_at timestamptz not null,
    made_at timestamptz not null default now(),
    constraint proofs_pkey primary key (proof_id)
);
comment on table proof.proofs is 'Snapshots of what accounts are owed. Their roots are kept for ever.';
comment on column proof.proofs.proof_id is 'Number of the proof.';
comment on column proof.proofs.taken_at is 'The moment whose balances it is about.';
comment on column proof.proofs.made_at is 'When it was made.';

create table proof.roots (
    proof_id bigint not null,
    asset_id integer not null,
    root bytea not null,
    sum numeric not null,
    leaves integer not null,
    house_amount numeric not null,
    secret bytea not null,
    constraint roots_pkey primary key (proof_id, asset_id),
    constraint roots_proof_id_fkey foreign key (proof_id) references proof.proofs (proof_id),
    constraint roots_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint roots_root_length check (octet_length(root) = 32),
    constraint roots_secret_length check (octet_length(secret) = 32),
    constraint roots_sum_not_negative check (sum >= 0 and sum < 'infinity'),
    constraint roots_house_amount_not_negative check (house_amount >= 0 and house_amount < 'infinity'),
    constraint roots_leaves_not_negative check (leaves >= 0)
);
comment on table proof.roots is 'What a proof publishes of an asset: the root of the Merkle-sum tree over all users'' balances.';
comment on column proof.roots.proof_id is 'The proof.';
comment on column proof.roots.asset_id is 'Of which asset.';
comment on column proof.roots.root is 'Hash of the tree''s root.';
comment on column proof.roots.sum is 'What all users are owed: the sum that the root carries.';
comment on column proof.roots.leaves is 'Accounts that are owed something.';
comment on column proof.roots.house_amount is 'What the house''s own accounts have besides, fees above all. It is owed to nobody and not in the tree.';
comment on column proof.roots.secret is 'Random; the salts of the leaves are made of it. Whoever knew it could look for anybody''s leaf.';

create table proof.pages (
    proof_id bigint not null,
    asset_id integer not null,
    page integer not null,
    first_salt bytea not null,
    account_ids bigint[] not null,
    atoms numeric[] not null,
    hash bytea not null,
    sum_atoms numeric not null,
    constraint pages_pkey primary key (proof_id, asset_id, page),
    constraint pages_root_fkey foreign key (proof_id, asset_id) references proof.roots (proof_id, asset_id),
    constraint pages_page_not_negative check (page >= 0),
    constraint pages_leaves_range check (cardinality(account_ids) between 1 and 1024 and cardinality(atoms) = cardinality(account_ids)),
    constraint pages_leaves_not_negative check (0 <= all (atoms)),
    constraint pages_hash_length check (octet_length(hash) = 32 and octet_length(first_salt) = 32),
    constraint pages_sum_atoms_range check (sum_atoms between 0 and 340282366920938463463374607431768211455)
);
create unique index pages_first_salt_key on proof.pages (proof_id, asset_id, first_salt);
comment on table proof.pages is 'The leaves of a tree, 1,024 a row, in the order of their salts. From the account''s own page and the hashes of all pages its path is made when it is asked for. Forgotten after a time; the roots stay.';
comment on column proof.pages.proof_id is 'The proof.';
comment on column proof.pages.asset_id is 'Of which asset.';
comment on column proof.pages.page is 'Counts from 0.';
comment on column proof.pages.first_salt is 'Salt of its first leaf; by it the page of an account is found.';
comment on column proof.pages.account_ids is 'Whose leaves.';
comment on column proof.pages.atoms is 'Their balances, available and held together, in atoms.';
comment on column proof.pages.hash is 'Hash of the node that stands over the page.';
comment on column proof.pages.sum_atoms is 'The sum that this node carries.';

create table proof.statements (
    proof_id bigint not null,
    network_id integer not null,
    block_height bigint not null,
    block_hash bytea not null,
    message text not null,
    constraint statements_pkey primary key (proof_id, network_id),
    constraint statements_proof_id_fkey foreign key (proof_id) references proof.proofs (proof_id),
    constraint statements_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint statements_block_hash_length check (octet_length(block_hash) = 32),
    constraint statements_message_length check (length(message) between 1 and 10000)
);
comment on table proof.statements is 'The reserves side of a proof: what we say lies on a network at a block. The keys of the wallets sign it.';
comment on column proof.statements.proof_id is 'The proof.';
comment on column proof.statements.network_id is 'On which network.';
comment on column proof.statements.block_height is 'Height of the block at which the node was asked.';
comment on column proof.statements.block_hash is 'Hash of that block.';
comment on column proof.statements.message is 'The text that is signed. It names the roots, so that it fits no other proof.';

create table proof.reserves (
    proof_id bigint not null,
    network_id integer not null,
    asset_id integer not null,
    holder text not null,
    address text,
    descriptor text,
    amount numeric not null,
    constraint reserves_pkey primary key (proof_id, network_id, asset_id, holder),
    constraint reserves_statement_fkey foreign key (proof_id, network_id) references proof.statements (proof_id, network_id),
    constraint reserves_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint reserves_holder_known check (holder in ('hot', 'cold', 'gas', 'deposits')),
    constraint reserves_address_of_wallets check ((address is null) = (holder = 'deposits')),
    constraint reserves_amount_not_negative check (amount >= 0 and amount < 'infinity')
);
comment on table proof.reserves is 'What the node said our wallets and deposit addresses hold.';
comment on column proof.reserves.proof_id is 'The proof.';
comment on column proof.reserves.network_id is 'On which network.';
comment on column proof.reserves.asset_id is 'Of which asset.';
comment on column proof.reserves.holder is 'The wallet''s role; deposits: all deposit addresses together, which are not named because each is somebody''s.';
comment on column proof.reserves.address is 'The wallet''s address.';
comment on column proof.reserves.descriptor is 'The wallet''s keys, as in chain.wallets.';
comment on column proof.reserves.amount is 'How much.';

create table proof.signatures (
    proof_id bigint not null,
    network_id integer not null,
    signer text not null,
    holder text not null,
    public_key bytea not null,
    signature bytea not null,
    signed_at timestamptz not null default now(),
    constraint signatures_pkey primary key (proof_id, network_id, signer, holder),
    constraint signatures_statement_fkey foreign key (proof_id, network_id) references proof.statements (proof_id, network_id),
    constraint signatures_signer_known check (signer in ('a', 'b')),
    constraint signatures_holder_known check (holder in ('hot', 'gas')),
    constraint signatures_public_key_length check (octet_length(public_key) = 33),
    constraint signatures_signature_length check (octet_length(signature) = 64)
);
comment on table proof.signatures is 'That the keys of wallets are ours: their signatures over the statement.';
comment on column proof.signatures.proof_id is 'The proof.';
comment on column proof.signatures.network_id is 'On which network.';
comment on column proof.signatures.signer is 'Which signer signed.';
comment on column proof.signatures.holder is 'For which wallet.';
comment on column proof.signatures.public_key is 'The key, compressed.';
comment on column proof.signatures.signature is 'r and s over the digest of the message: that of a signed message of Bitcoin (two times SHA-256), or of EIP-191.';
comment on column proof.signatures.signed_at is 'When.';

create table proof.reconciliations (
    reconciliation_id bigint not null generated always as identity,
    network_id integer not null,
    asset_id integer not null,
    block_height bigint not null,
    block_hash bytea not null,
    held numeric not null,
    expected numeric not null,
    difference numeric not null generated always as (held - expected) stored,
    parts jsonb not null,
    compared_at timestamptz not null default now(),
    constraint reconciliations_pkey primary key (reconciliation_id),
    constraint reconciliations_coin_fkey foreign key (asset_id, network_id) references chain.coins (asset_id, network_id),
    constraint reconciliations_block_hash_length check (octet_length(block_hash) = 32),
    constraint reconciliations_held_range check (held >= 0 and held < 'infinity'),
    constraint reconciliations_expected_finite check (expected > '-infinity' and expected < 'infinity')
);
create index reconciliations_coin_idx on proof.reconciliations (network_id, asset_id, reconciliation_id);
create index reconciliations_compared_at_idx on proof.reconciliations (compared_at);
comment on table proof.reconciliations is 'Comparisons of what a node says we hold with what our facts say, a coin and a run each; kept 400 days.';
comment on column proof.reconciliations.reconciliation_id is 'Number of the comparison.';
comment on column proof.reconciliations.network_id is 'On which network.';
comment on column proof.reconciliations.asset_id is 'Of which asset.';
comment on column proof.reconciliations.block_height is 'Height of the block at which both sides were read.';
comment on column proof.reconciliations.block_hash is 'Hash of that block.';
comment on column proof.reconciliations.held is 'What the node says.';
comment on column proof.reconciliations.expected is 'What the ledger and the facts of chains say.';
comment on column proof.reconciliations.difference is 'Held less expected: negative where something is missing.';
comment on column proof.reconciliations.parts is 'The sums that make up expected, by name.';
comment on column proof.reconciliations.compared_at is 'When.';
