-- What requests came to, so that a repeat does nothing, and switches that cancel an account's orders
-- when nobody puts them off.

create table exchange.request_keys (
    account_id bigint not null,
    request_key text collate "C" not null,
    content jsonb not null,
    answer jsonb,
    created_at timestamptz not null default now(),
    constraint request_keys_pkey primary key (account_id, request_key),
    constraint request_keys_request_key_form check (request_key ~ '^[A-Za-z0-9_.:-]{1,64}$')
) with (fillfactor = 80);
create index request_keys_created_at_idx on exchange.request_keys (created_at);
comment on table exchange.request_keys is 'First answers to requests that carry an idempotency key and place no order; placements have order_keys. Forgotten after a day.';
comment on column exchange.request_keys.account_id is 'Who asked.';
comment on column exchange.request_keys.request_key is 'The request''s idempotency key.';
comment on column exchange.request_keys.content is 'The commands without the right to give them: tells a repeat from another request.';
comment on column exchange.request_keys.answer is 'Their outcomes; null only within the transaction that runs them.';
comment on column exchange.request_keys.created_at is 'When it was asked first.';

create table exchange.cancel_deadlines (
    account_id bigint not null,
    holder text collate "C" not null,
    market_id integer not null,
    due_at timestamptz not null,
    constraint cancel_deadlines_pkey primary key (account_id, holder, market_id),
    constraint cancel_deadlines_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint cancel_deadlines_holder_length check (length(holder) between 1 and 64),
    constraint cancel_deadlines_market_id_not_negative check (market_id >= 0)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
create index cancel_deadlines_due_at_idx on exchange.cancel_deadlines (due_at);
comment on table exchange.cancel_deadlines is 'Dead man''s switches: when an account''s orders are cancelled unless the switch is put off before.';
comment on column exchange.cancel_deadlines.account_id is 'Whose orders.';
comment on column exchange.cancel_deadlines.holder is 'Who set it: the client itself, or one of its connections. Each has its own switch.';
comment on column exchange.cancel_deadlines.market_id is 'Only the orders of this market; 0: of all.';
comment on column exchange.cancel_deadlines.due_at is 'When.';
