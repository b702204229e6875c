-- A payment happens once: what has ended is signed no more, and what cancels may be tried again.

-- A cancelling payment that came to nothing does not stand in the way of another.
drop index chain.payments_cancel_key;
create unique index payments_cancel_key on chain.payments (network_id, safe_nonce) where purpose = 'cancel' and state <> 'failed';

update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
from chain.payments p where p.payment_id = s.payment_id and p.ended_at is not null and s.state = 'waiting';

-- A payment pays a withdrawal or gives a deposit back once.
create unique index payment_items_withdrawal_key on chain.payment_items (payment_id, withdrawal_id) where withdrawal_id is not null;
create unique index payment_items_deposit_key on chain.payment_items (payment_id, deposit_id) where deposit_id is not null;
