create view checks.payments_happen_once as
select i.withdrawal_id, null::bigint as payment_id, 'two payments of it are signed' as problem
from chain.payment_items i
where i.withdrawal_id in (
        select t.withdrawal_id from chain.payment_items t
        where t.withdrawal_id is not null group by t.withdrawal_id having count(*) > 1)
    and chain.can_be_sent(i.payment_id)
group by i.withdrawal_id having count(*) > 1
union all
select null, p.payment_id, 'it has ended and is still to be signed'
from chain.payments p
where p.ended_at is not null and exists (select from chain.signings s where s.payment_id = p.payment_id and s.state = 'waiting')
union all
select null, a.payment_id, 'several of its attempts wait to be signed'
from chain.attempts a
where a.state = 'unsigned' and not exists (select from chain.signings s where s.attempt_id = a.attempt_id and s.state = 'refused')
group by a.payment_id having count(*) > 1;
comment on view checks.payments_happen_once is 'Withdrawals that two payments could carry, and payments that are signed beside another version or after their end.';
