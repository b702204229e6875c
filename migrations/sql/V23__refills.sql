-- The cold wallet: its keys are offline. What leaves it is exported, signed elsewhere and imported.

alter table chain.payments drop constraint payments_purpose_known;
alter table chain.payments add constraint payments_purpose_known
    check (purpose in ('withdrawal', 'sweep', 'gas', 'cold', 'refund', 'cancel', 'refill'));
comment on column chain.payments.purpose is 'withdrawal; sweep: from deposit addresses to the hot wallet; gas: to a deposit address, so that it can pay for a sweep; cold: from the hot wallet to the cold one; refill: from the cold wallet to the hot one, signed offline; refund: of a suspicious deposit; cancel: uses up the nonce of a payment that shall not happen.';

alter table chain.payments add column owner_signatures bytea[];
comment on column chain.payments.owner_signatures is 'evm, refill: the signatures of two owners of the cold Safe, 65 bytes each, made offline; null until they are imported.';
alter table chain.payments add constraint payments_owner_signatures_of_refill
    check (owner_signatures is null or (purpose = 'refill' and cardinality(owner_signatures) = 2));

-- One at a time: the next one takes the outputs, or the Safe's number, that this one leaves.
create unique index payments_refill_key on chain.payments (network_id) where purpose = 'refill' and ended_at is null;
