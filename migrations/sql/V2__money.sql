-- Balances (derived, watched) and adjustments (facts).

create table exchange.balances (
    account_id bigint not null,
    asset_id integer not null,
    available numeric not null default 0,
    held numeric not null default 0,
    constraint balances_pkey primary key (account_id, asset_id),
    constraint balances_available_not_negative check (available >= 0 and available < 'infinity'),
    constraint balances_held_not_negative check (held >= 0 and held < 'infinity')
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
comment on table exchange.balances is 'What each account has; the one derived table, compared with the ledger by checks. Rows are locked in key order.';
comment on column exchange.balances.account_id is 'Owner. No foreign key: the engine writes these rows directly; a check finds orphans.';
comment on column exchange.balances.asset_id is 'Asset.';
comment on column exchange.balances.available is 'Free to use.';
comment on column exchange.balances.held is 'Frozen by open orders (and later by withdrawals).';

create table exchange.adjustments (
    adjustment_id bigint not null generated always as identity,
    account_id bigint not null,
    asset_id integer not null,
    amount numeric not null,
    counter_account_id bigint not null,
    reason text not null,
    idempotency_key text not null,
    adjusted_at timestamptz not null default now(),
    constraint adjustments_pkey primary key (adjustment_id),
    constraint adjustments_idempotency_key_key unique (idempotency_key),
    constraint adjustments_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint adjustments_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint adjustments_counter_account_id_fkey foreign key (counter_account_id) references exchange.accounts (account_id),
    constraint adjustments_amount_not_zero check (amount <> 0 and amount > '-infinity' and amount < 'infinity'),
    constraint adjustments_accounts_differ check (account_id <> counter_account_id),
    constraint adjustments_reason_given check (reason <> '')
);
create index adjustments_account_id_idx on exchange.adjustments (account_id, asset_id, adjusted_at);
create index adjustments_counter_account_id_idx on exchange.adjustments (counter_account_id, asset_id, adjusted_at);
comment on table exchange.adjustments is 'Money moved by hand: funding of demo accounts, corrections.';
comment on column exchange.adjustments.adjustment_id is 'Number of the fact.';
comment on column exchange.adjustments.account_id is 'Whose balance changes.';
comment on column exchange.adjustments.asset_id is 'In which asset.';
comment on column exchange.adjustments.amount is 'Added to the account, taken from the counter account; may be negative.';
comment on column exchange.adjustments.counter_account_id is 'The other side, an account of role external.';
comment on column exchange.adjustments.reason is 'Why, in words.';
comment on column exchange.adjustments.idempotency_key is 'A repeat of the same key changes nothing.';
comment on column exchange.adjustments.adjusted_at is 'When.';
