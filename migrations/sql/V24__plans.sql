-- Backtests read activities by time. Rows come in the order of time, so that a summary of pages finds
-- them; and no plan that was made while the table was empty takes this index instead of an account's.
drop index risk.activities_point_idx;
create index activities_occurred_at_idx on risk.activities using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);

-- The few accounts of the house are found without a walk over everybody's.
create index accounts_role_idx on exchange.accounts (role, account_id) where role <> 'user';
