-- Payments: outcomes that the first tables could not tell apart.

alter table chain.attempts add column is_reverted boolean not null default false;
comment on column chain.attempts.is_reverted is 'evm: it was mined and undone as a whole: what it carried is still to be carried, by another attempt. Then is_success is null.';
alter table chain.attempts add constraint attempts_reverted_has_no_outcome check (not is_reverted or is_success is null);

alter table chain.signings add column withdrawal_id bigint;
comment on column chain.signings.withdrawal_id is 'Because of which withdrawal it was refused; null: because of something else, which halts the network.';
alter table chain.signings add constraint signings_withdrawal_id_fkey foreign key (withdrawal_id) references exchange.withdrawals (withdrawal_id);
alter table chain.signings add constraint signings_withdrawal_of_refusal check (withdrawal_id is null or state = 'refused');

-- Whose turn it is: payments without a signed attempt, in the order of the Safe's nonces.
create index payments_planned_idx on chain.payments (network_id, safe_nonce, payment_id) where state = 'planned';
-- One cancelling payment for each of the Safe's nonces.
create unique index payments_cancel_key on chain.payments (network_id, safe_nonce) where purpose = 'cancel';
-- Two planners at once: one of them is told.
create unique index payments_cold_key on chain.payments (network_id, asset_id) where purpose = 'cold' and ended_at is null;
create unique index payments_from_address_key on chain.payments (from_address_id) where ended_at is null and from_address_id is not null;
-- Refilled while it is below the floor: told once, until it is above again.
alter table chain.coins add column is_refill_wanted boolean not null default false;
comment on column chain.coins.is_refill_wanted is 'The hot wallet was below its floor when it was last looked at, and this was told.';
