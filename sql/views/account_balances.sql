create view exchange.account_balances with (security_invoker = true) as
select b.account_id, a.symbol as asset, round(b.available, a.scale) as available,
    round(b.held, a.scale) as held, round(b.available + b.held, a.scale) as total
from exchange.balances b
join exchange.assets a on a.asset_id = b.asset_id;
comment on view exchange.account_balances is 'Balances with their asset''s name. Whoever reads it as exchange_api sees those of the account that it acts for.';
