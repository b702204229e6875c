create view reporting.accounts as
select a.account_id, a.role, a.email, t.name as fee_tier, t.maker_rate, t.taker_rate, a.status, a.created_at,
    a.parent_account_id, a.label
from exchange.accounts a
join exchange.fee_tiers t on t.fee_tier_id = a.fee_tier_id;
comment on view reporting.accounts is 'Accounts with their fee rates; no secrets.';
