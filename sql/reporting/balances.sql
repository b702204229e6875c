create view reporting.balances as
select b.account_id, a.email, s.symbol as asset, b.available, b.held, b.available + b.held as total
from exchange.balances b
join exchange.accounts a on a.account_id = b.account_id
join exchange.assets s on s.asset_id = b.asset_id;
comment on view reporting.balances is 'Who has what.';
