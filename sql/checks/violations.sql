-- Last of the checks: every view of this schema is listed here (a test of crate migrations holds
-- the list against the files).
create view checks.violations as
select 'assets_sum_to_zero' as check_name, to_jsonb(c) as violation from checks.assets_sum_to_zero c
union all
select 'balances_equal_ledger', to_jsonb(c) from checks.balances_equal_ledger c
union all
select 'holds_are_explained', to_jsonb(c) from checks.holds_are_explained c
union all
select 'no_crossed_book', to_jsonb(c) from checks.no_crossed_book c
union all
select 'book_equals_tables', to_jsonb(c) from checks.book_equals_tables c
union all
select 'filled_equals_trades', to_jsonb(c) from checks.filled_equals_trades c
union all
select 'sequences_gapless', to_jsonb(c) from checks.sequences_gapless c
union all
select 'rows_have_owners', to_jsonb(c) from checks.rows_have_owners c
union all
select 'closed_orders_explained', to_jsonb(c) from checks.closed_orders_explained c
union all
select 'trades_obey_orders', to_jsonb(c) from checks.trades_obey_orders c
union all
select 'amounts_on_grid', to_jsonb(c) from checks.amounts_on_grid c
union all
select 'candles_equal_trades', to_jsonb(c) from checks.candles_equal_trades c
union all
select 'partitions_made_ahead', to_jsonb(c) from checks.partitions_made_ahead c
union all
select 'audit_chain_is_whole', to_jsonb(c) from checks.audit_chain_is_whole c
union all
select 'withdrawals_obey_reviews', to_jsonb(c) from checks.withdrawals_obey_reviews c
union all
select 'deposits_equal_entries', to_jsonb(c) from checks.deposits_equal_entries c
union all
select 'blocks_are_one_chain', to_jsonb(c) from checks.blocks_are_one_chain c
union all
select 'deposits_lie_in_active_blocks', to_jsonb(c) from checks.deposits_lie_in_active_blocks c
union all
select 'deposits_have_outputs', to_jsonb(c) from checks.deposits_have_outputs c
union all
select 'debts_not_negative', to_jsonb(c) from checks.debts_not_negative c
union all
select 'proofs_are_whole', to_jsonb(c) from checks.proofs_are_whole c
union all
select 'fact_totals_equal_facts', to_jsonb(c) from checks.fact_totals_equal_facts c
union all
select 'coins_are_compared', to_jsonb(c) from checks.coins_are_compared c;
comment on view checks.violations is 'All checks in one statement, so in one snapshot: the check''s name and the offending row.';
