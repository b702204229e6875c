create function chain.begin_attempt(payment_id bigint, number integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from chain.payments p where p.payment_id = begin_attempt.payment_id and p.ended_at is null for no key update;
    return found
        and begin_attempt.number = (select coalesce(max(a.number), 0) + 1 from chain.attempts a where a.payment_id = begin_attempt.payment_id)
        and not exists (
            select from chain.attempts a
            where a.payment_id = begin_attempt.payment_id
                and ((a.state = 'mined' and not a.is_reverted) or (a.state = 'unsigned' and a.closed_at is null and not exists (
                    select from chain.signings s
                    where s.payment_id = a.payment_id and s.attempt_id = a.attempt_id and s.state = 'refused'))));
end $$;
comment on function chain.begin_attempt(bigint, integer) is 'Locks a payment until the transaction ends: whether an attempt of this number is the next one, none waits to be signed and none has done or ended it. For the planner.';
