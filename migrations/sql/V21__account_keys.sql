-- From which key a network's deposit addresses come, and deposits by state, for staff.

alter table chain.networks add column account_key text,
    add constraint networks_account_key_length check (length(account_key) between 1 and 200);
comment on column chain.networks.account_key is 'Extended public key that its deposit addresses are derived from: the first that was used. With another one no address is given out, because the signer could not spend from it.';

create index deposits_stopped_idx on exchange.deposits (state, deposit_id) where state in ('suspicious', 'refunding', 'refunded', 'orphaned');
