-- What validators take out of staking comes without a transaction.
alter table exchange.deposits drop constraint deposits_position_form;
alter table exchange.deposits add constraint deposits_position_form
    check (position ~ '^(output:[0-9]+|value|log:[0-9]+|trace:[0-9.]+|withdrawal:[0-9]+)$');
comment on column exchange.deposits.txid is 'Its transaction; of what validators take out, which has none, the hash of the block.';
comment on column exchange.deposits.position is 'Where in the transaction: output:n; value; log:n, counted inside the transaction; trace:a.b of a call inside it; withdrawal:n, the number of what a validator takes out. Together with network and transaction it is credited once.';

-- Since when an output is in no block.
alter table chain.outputs add column lost_height bigint;
comment on column chain.outputs.lost_height is 'Where its block left the chain and it is in none since: height of the highest block that stayed.';
alter table chain.outputs add constraint outputs_lost_has_no_block check (lost_height is null or block_hash is null);

-- Gains that nothing explains and that nobody loses by.
alter table chain.coins add column tolerated_gain numeric not null default 0;
comment on column chain.coins.tolerated_gain is 'How much more the chain holds than the books say, as it was told to finance: below it something is missing.';
alter table chain.coins add constraint coins_tolerated_gain_range check (tolerated_gain >= 0 and tolerated_gain < 'infinity');
