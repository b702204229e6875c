-- Payments on EVM networks: every transaction of ours is watched until its number is used for good;
-- outcomes that a person decides; sweeps that fail pause; fees of withdrawals that a chain refuses.

alter table chain.attempts add column is_disputed boolean not null default false;
comment on column chain.attempts.is_disputed is 'evm: a block holds it and tokens left, though not as planned: a person decides whether that paid (chain.decide_payment). Then is_success is null.';
alter table chain.attempts add constraint attempts_disputed_has_no_outcome
    check (not is_disputed or (state = 'mined' and is_success is null and not is_reverted));

alter table chain.attempts add column closed_at timestamptz;
comment on column chain.attempts.closed_at is 'evm: when its number was used for good, by this or another transaction: its receipt is not asked for any more.';
update chain.attempts a set closed_at = now()
from chain.payments p where p.payment_id = a.payment_id and p.ended_at is not null and a.from_script is not null;
create index attempts_watched_idx on chain.attempts (network_id, attempt_id) where closed_at is null and from_script is not null;

-- What an account of ours sent has cost something.
alter table chain.attempts add constraint attempts_mined_has_fee
    check (state <> 'mined' or from_script is null or fee is not null) not valid;

-- Somebody else's transaction may carry several payments; one of ours carries one.
alter table chain.attempts drop constraint attempts_txid_key;
alter table chain.attempts add constraint attempts_payment_txid_key unique (payment_id, txid);
create unique index attempts_own_txid_key on chain.attempts (network_id, txid) where octet_length(unsigned) > 0;
create index attempts_txid_idx on chain.attempts (network_id, txid);

-- One at a time, but for those that a reorganisation has opened again: the next may be under way.
alter table chain.payments add column is_reopened boolean not null default false;
comment on column chain.payments.is_reopened is 'It had ended, and its block has gone: it is sent again, beside what came after it.';
drop index chain.payments_cold_key;
create unique index payments_cold_key on chain.payments (network_id, asset_id)
    where purpose = 'cold' and ended_at is null and not is_reopened;
drop index chain.payments_from_address_key;
create unique index payments_from_address_key on chain.payments (from_address_id)
    where ended_at is null and from_address_id is not null and not is_reopened;
drop index chain.payments_refill_key;
create unique index payments_refill_key on chain.payments (network_id)
    where purpose = 'refill' and ended_at is null and not is_reopened;
create index payments_from_address_id_idx on chain.payments (from_address_id) where from_address_id is not null;

create index signings_signed_idx on chain.signings (signer, ended_at) where state = 'signed';
create index deposits_activity_id_idx on exchange.deposits (activity_id) where activity_id is not null;

create table chain.sweep_pauses (
    address_id bigint not null,
    asset_id integer not null,
    failures integer not null,
    retry_at timestamptz,
    words text not null,
    changed_at timestamptz not null default now(),
    constraint sweep_pauses_pkey primary key (address_id, asset_id),
    constraint sweep_pauses_address_id_fkey foreign key (address_id) references chain.addresses (address_id),
    constraint sweep_pauses_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint sweep_pauses_failures_positive check (failures > 0),
    constraint sweep_pauses_words_length check (length(words) between 1 and 500)
);
comment on table chain.sweep_pauses is 'evm: coins of deposit addresses that could not be gathered: they wait, twice as long each time, and at last for a person.';
comment on column chain.sweep_pauses.address_id is 'The deposit address.';
comment on column chain.sweep_pauses.asset_id is 'What lies there.';
comment on column chain.sweep_pauses.failures is 'How often in a row.';
comment on column chain.sweep_pauses.retry_at is 'When it is tried again; null: once a person has called chain.resume_sweep.';
comment on column chain.sweep_pauses.words is 'What was wrong the last time.';
comment on column chain.sweep_pauses.changed_at is 'When that was.';

-- A refund may fail, and staff choose another address: the old ones stay, ended.
alter table exchange.deposit_refunds add column refund_id bigint not null generated always as identity;
alter table exchange.deposit_refunds drop constraint deposit_refunds_pkey;
alter table exchange.deposit_refunds add constraint deposit_refunds_pkey primary key (refund_id);
alter table exchange.deposit_refunds add column ended_at timestamptz;
alter table exchange.deposit_refunds add column end_reason text;
alter table exchange.deposit_refunds add constraint deposit_refunds_ended_when check ((ended_at is null) = (end_reason is null));
alter table exchange.deposit_refunds add constraint deposit_refunds_end_reason_length check (length(end_reason) between 1 and 500);
create unique index deposit_refunds_deposit_id_key on exchange.deposit_refunds (deposit_id) where ended_at is null;
comment on table exchange.deposit_refunds is 'Where deposits in state refunding or refunded go, and where others were to go and could not; a payment of purpose refund carries each.';
comment on column exchange.deposit_refunds.refund_id is 'Number of the decision.';
comment on column exchange.deposit_refunds.ended_at is 'When it failed: the deposit waits for staff again.';
comment on column exchange.deposit_refunds.end_reason is 'Why it failed.';

alter table exchange.withdrawals add column is_fee_kept boolean not null default false;
comment on column exchange.withdrawals.is_fee_kept is 'The chain refused it for good: the amount was given back, the fee was not, because the network was paid.';
alter table exchange.withdrawals add constraint withdrawals_fee_kept_when check (not is_fee_kept or (state = 'failed' and fee > 0));
create index withdrawals_fee_kept_idx on exchange.withdrawals (account_id, asset_id, ended_at, withdrawal_id) where is_fee_kept;
