create function chain.end_failed_payment(network_id integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended chain.payments;
    cancelled bigint;
    words text;
begin
    -- One a transaction: a refund locks balances in the order of their keys.
    select p.* into ended
    from chain.final_payments(end_failed_payment.network_id) f
    join chain.payments p on p.payment_id = f.payment_id and p.ended_at is null
    where not f.is_success or p.purpose = 'cancel'
    order by p.payment_id limit 1
    for no key update of p skip locked;
    if not found then
        return false;
    end if;
    if ended.purpose <> 'cancel' then
        -- The network was paid for it: the fee of a withdrawal is kept, so that asking again is not free.
        perform chain.end_payment(ended.payment_id, case ended.purpose
            when 'withdrawal' then 'the chain refused it: the receiver does not take it; the fee is kept, because the network was paid'
            else 'the chain refused it: the receiver does not take it' end, null, true);
        -- What was to use up the same nonce of the Safe has come too late.
        perform chain.end_payment(c.payment_id, 'the nonce was used by the payment itself', null)
        from chain.payments c
        where c.network_id = ended.network_id and c.safe_nonce = ended.safe_nonce and c.purpose = 'cancel';
        return true;
    end if;
    perform chain.book_costs(array[ended.payment_id]);
    update chain.payments p set state = 'confirmed', ended_at = clock_timestamp() where p.payment_id = ended.payment_id;
    update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
    where s.payment_id = ended.payment_id and s.state = 'waiting';
    select p.payment_id into cancelled from chain.payments p
    where p.network_id = ended.network_id and p.safe_nonce = ended.safe_nonce and p.purpose <> 'cancel';
    -- Of the payment itself: a carrier's number that something else has used is no refusal.
    select 'refused: ' || min(s.refusal) into words
    from chain.signings s where s.payment_id = cancelled and s.attempt_id is null and s.state = 'refused';
    perform chain.end_payment(cancelled, coalesce(words, 'cancelled'), (
        select coalesce(array_agg(distinct s.withdrawal_id) filter (where s.withdrawal_id is not null), '{}')
        from chain.signings s where s.payment_id = cancelled))
    where cancelled is not null;
    return true;
end $$;
comment on function chain.end_failed_payment(integer) is 'Ends one payment that the chain has finally refused, and refunds all but the fee; or one whose nonce a cancelling payment has used up: the withdrawal that a signer had refused is refunded, one whose payment was recalled waits to be paid anew. False where there is none. For the follower.';
