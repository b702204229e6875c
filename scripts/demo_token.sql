-- The demo's USDT, once its contract is on the chain. Repeatable.

select chain.create_coin(
    'USDT', 'ethereum', decode(:'contract', 'hex'), confirmations => 3, large_amount => 100000, large_confirmations => 12,
    min_deposit => 1, min_withdrawal => 5, review_above => 10000, second_review_above => 100000, fee_units => 150000,
    fee_floor => 0.1, fee_ceiling => 50, sweep_above => 10, hot_floor => 1000, hot_ceiling => 100000000)
where not exists (
    select from chain.coins c join exchange.assets a on a.asset_id = c.asset_id where a.symbol = 'USDT');
