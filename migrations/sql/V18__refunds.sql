-- Suspicious deposits that go back: to where, as two people decided.

create table exchange.deposit_refunds (
    deposit_id bigint not null,
    address text not null,
    script bytea not null,
    requested_at timestamptz not null default now(),
    constraint deposit_refunds_pkey primary key (deposit_id),
    constraint deposit_refunds_deposit_id_fkey foreign key (deposit_id) references exchange.deposits (deposit_id),
    constraint deposit_refunds_address_length check (length(address) between 1 and 100),
    constraint deposit_refunds_script_length check (octet_length(script) between 20 and 42)
);
comment on table exchange.deposit_refunds is 'Deposits in state refunding or refunded, and to where they go; a payment of purpose refund carries each.';
comment on column exchange.deposit_refunds.deposit_id is 'The deposit; all of it goes back.';
comment on column exchange.deposit_refunds.address is 'To where, as the sender named it to staff: what a chain calls the source is often not the sender''s own.';
comment on column exchange.deposit_refunds.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column exchange.deposit_refunds.requested_at is 'When the second person agreed.';

insert into staff.actions (action, proposer_roles, decider_roles) values
    ('refund_deposit', '{risk}', '{risk,finance,administrator}');
