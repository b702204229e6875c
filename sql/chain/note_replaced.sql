create function chain.note_replaced(attempt_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.payments;
begin
    select p.* into of from chain.payments p
    join chain.attempts a on a.payment_id = p.payment_id and a.attempt_id = note_replaced.attempt_id
    for no key update of p;
    update chain.attempts a set state = 'replaced', closed_at = clock_timestamp()
    where a.attempt_id = note_replaced.attempt_id and a.state in ('signed', 'broadcast', 'replaced') and a.closed_at is null;
    if not found then
        return false;
    end if;
    -- A Safe's transaction is carried anew; an account's own has one number only.
    if of.ended_at is null and of.identity_hash is null and not exists (
        select from chain.attempts a
        where a.payment_id = of.payment_id and (a.state in ('signed', 'broadcast') or (a.state = 'mined' and not a.is_reverted))) then
        perform chain.fail_payment(of.payment_id, 'its number was used by another transaction');
    end if;
    return true;
end $$;
comment on function chain.note_replaced(bigint) is 'Another transaction, of no payment of ours, used the attempt''s nonce, and that is final: a Safe''s payment is carried anew, an account''s own payment fails. For the follower.';
