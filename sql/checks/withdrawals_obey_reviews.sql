create view checks.withdrawals_obey_reviews as
select w.withdrawal_id, w.state, p.problem
from exchange.withdrawals w
cross join lateral (
    select count(*) filter (where r.is_approved) as approvals, count(*) filter (where not r.is_approved) as refusals
    from exchange.withdrawal_reviews r where r.withdrawal_id = w.withdrawal_id
) counted
left join exchange.withdrawal_approvals q on q.withdrawal_id = w.withdrawal_id
cross join lateral (values
    (w.state in ('approved', 'signed', 'broadcast', 'confirmed') and counted.approvals < w.required_reviews,
        'it goes on with fewer reviews than it needs'),
    (w.state in ('approved', 'signed', 'broadcast', 'confirmed') and counted.refusals > 0, 'it goes on after it was refused'),
    (w.state in ('approved', 'signed', 'broadcast', 'confirmed') and w.is_risk_held, 'it goes on while the risk rules hold it'),
    (w.state in ('approved', 'signed', 'broadcast', 'confirmed') and (w.approved_at is null or q.withdrawal_id is null),
        'it goes on and was never approved'),
    (counted.approvals < q.required_reviews, 'it was approved with fewer reviews than it needed then'),
    (w.state = 'requested' and not w.is_risk_held and counted.approvals >= w.required_reviews, 'it waits for nobody'),
    (w.state in ('requested', 'cancelled') and w.payment_id is not null, 'a payment carries it though it waits or was cancelled'),
    (w.internal_account_id is not null and w.payment_id is not null, 'a payment carries it though it stays in the house'),
    (w.internal_account_id = w.account_id, 'it pays itself')
) as p (is_met, problem)
where p.is_met;
comment on view checks.withdrawals_obey_reviews is 'Withdrawals that went on without the reviews or the release that they need, or wait for nothing, or are carried by a payment that should not.';
