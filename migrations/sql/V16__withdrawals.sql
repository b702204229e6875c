-- Withdrawals: requests, their quotes, reviews and addresses.

create table exchange.withdrawal_quotes (
    quote_id bigint not null generated always as identity,
    account_id bigint not null,
    asset_id integer not null,
    network_id integer not null,
    fee numeric not null,
    quiet_ppm integer not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint withdrawal_quotes_pkey primary key (quote_id),
    constraint withdrawal_quotes_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint withdrawal_quotes_coin_fkey foreign key (asset_id, network_id) references chain.coins (asset_id, network_id),
    constraint withdrawal_quotes_fee_not_negative check (fee >= 0 and fee < 'infinity'),
    constraint withdrawal_quotes_quiet_ppm_range check (quiet_ppm between 0 and 1000000),
    constraint withdrawal_quotes_expires_later check (expires_at > created_at)
);
create index withdrawal_quotes_expires_at_idx on exchange.withdrawal_quotes (expires_at);
comment on table exchange.withdrawal_quotes is 'Fees that were promised; forgotten a day after their end.';
comment on column exchange.withdrawal_quotes.quote_id is 'Number of the quote.';
comment on column exchange.withdrawal_quotes.account_id is 'To whom it was promised.';
comment on column exchange.withdrawal_quotes.asset_id is 'For which asset.';
comment on column exchange.withdrawal_quotes.network_id is 'On which network.';
comment on column exchange.withdrawal_quotes.fee is 'The fee of a withdrawal of any amount, in the asset.';
comment on column exchange.withdrawal_quotes.quiet_ppm is 'By how many millionths the fee is less, because the hour is a quiet one.';
comment on column exchange.withdrawal_quotes.created_at is 'When it was given.';
comment on column exchange.withdrawal_quotes.expires_at is 'Until when it is kept.';

create table exchange.withdrawal_addresses (
    withdrawal_address_id bigint not null generated always as identity,
    account_id bigint not null,
    network_id integer not null,
    address text not null,
    script bytea not null,
    label text not null,
    created_at timestamptz not null default now(),
    usable_from timestamptz not null,
    removed_at timestamptz,
    constraint withdrawal_addresses_pkey primary key (withdrawal_address_id),
    constraint withdrawal_addresses_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint withdrawal_addresses_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint withdrawal_addresses_address_length check (length(address) between 1 and 100),
    constraint withdrawal_addresses_script_length check (octet_length(script) between 20 and 42),
    constraint withdrawal_addresses_label_length check (length(label) between 1 and 50)
);
create unique index withdrawal_addresses_script_key on exchange.withdrawal_addresses (account_id, network_id, script) where removed_at is null;
comment on table exchange.withdrawal_addresses is 'The address book of an account.';
comment on column exchange.withdrawal_addresses.withdrawal_address_id is 'Names it in lists.';
comment on column exchange.withdrawal_addresses.account_id is 'Whose book.';
comment on column exchange.withdrawal_addresses.network_id is 'On which network.';
comment on column exchange.withdrawal_addresses.address is 'As people write it, in its canonical form.';
comment on column exchange.withdrawal_addresses.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column exchange.withdrawal_addresses.label is 'A name of the owner''s choice.';
comment on column exchange.withdrawal_addresses.created_at is 'When it was added.';
comment on column exchange.withdrawal_addresses.usable_from is 'Nothing is sent there from the book before this time.';
comment on column exchange.withdrawal_addresses.removed_at is 'When it was taken out.';

alter table exchange.accounts add column withdrawals_to_book_only boolean not null default false;
comment on column exchange.accounts.withdrawals_to_book_only is 'Its owner wants withdrawals to addresses of the book alone.';

create table exchange.withdrawals (
    withdrawal_id bigint not null generated always as identity,
    account_id bigint not null,
    asset_id integer not null,
    network_id integer not null,
    address text not null,
    script bytea not null,
    internal_account_id bigint,
    amount numeric not null,
    fee numeric not null,
    quote_id bigint,
    state text not null,
    required_reviews smallint not null,
    is_risk_held boolean not null default false,
    activity_id bigint not null,
    payment_id bigint,
    fees_account_id bigint not null,
    external_account_id bigint not null,
    request_key text,
    end_reason text,
    requested_at timestamptz not null default now(),
    approved_at timestamptz,
    ended_at timestamptz,
    constraint withdrawals_pkey primary key (withdrawal_id),
    constraint withdrawals_request_key_key unique (account_id, request_key),
    constraint withdrawals_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint withdrawals_internal_account_id_fkey foreign key (internal_account_id) references exchange.accounts (account_id),
    constraint withdrawals_fees_account_id_fkey foreign key (fees_account_id) references exchange.accounts (account_id),
    constraint withdrawals_external_account_id_fkey foreign key (external_account_id) references exchange.accounts (account_id),
    constraint withdrawals_coin_fkey foreign key (asset_id, network_id) references chain.coins (asset_id, network_id),
    constraint withdrawals_quote_id_fkey foreign key (quote_id) references exchange.withdrawal_quotes (quote_id) on delete set null,
    constraint withdrawals_activity_id_fkey foreign key (activity_id) references risk.activities (activity_id),
    constraint withdrawals_address_length check (length(address) between 1 and 100),
    constraint withdrawals_script_length check (octet_length(script) between 20 and 42),
    constraint withdrawals_amount_positive check (amount > 0 and amount < 'infinity'),
    constraint withdrawals_fee_not_negative check (fee >= 0 and fee < 'infinity'),
    constraint withdrawals_internal_is_free check (internal_account_id is null or fee = 0),
    constraint withdrawals_state_known check (state in (
        'requested', 'approved', 'signed', 'broadcast', 'confirmed', 'rejected', 'cancelled', 'failed')),
    constraint withdrawals_required_reviews_range check (required_reviews between 0 and 2),
    constraint withdrawals_payment_when_sent check (internal_account_id is not null or state not in ('signed', 'broadcast', 'confirmed') or payment_id is not null),
    constraint withdrawals_ended_when check ((ended_at is not null) = (state in ('confirmed', 'rejected', 'cancelled', 'failed'))),
    constraint withdrawals_end_reason_length check (length(end_reason) between 1 and 500)
);
create index withdrawals_account_id_idx on exchange.withdrawals (account_id, withdrawal_id);
create index withdrawals_open_idx on exchange.withdrawals (state, withdrawal_id) where ended_at is null;
create index withdrawals_payment_id_idx on exchange.withdrawals (payment_id) where payment_id is not null;
create index withdrawals_internal_account_id_idx on exchange.withdrawals (internal_account_id, withdrawal_id) where internal_account_id is not null;
comment on table exchange.withdrawals is 'What accounts asked to be sent. Amount and fee are held from the request until the end.';
comment on column exchange.withdrawals.withdrawal_id is 'Number of the withdrawal.';
comment on column exchange.withdrawals.account_id is 'Who pays.';
comment on column exchange.withdrawals.asset_id is 'Of which asset.';
comment on column exchange.withdrawals.network_id is 'On which network.';
comment on column exchange.withdrawals.address is 'To where, in its canonical form.';
comment on column exchange.withdrawals.script is 'What the chain has: the output script, or the 20 bytes.';
comment on column exchange.withdrawals.internal_account_id is 'The address is a deposit address of this account: it was paid at once, without a chain.';
comment on column exchange.withdrawals.amount is 'What arrives.';
comment on column exchange.withdrawals.fee is 'What is taken besides.';
comment on column exchange.withdrawals.quote_id is 'The quote whose fee it is, while that is kept.';
comment on column exchange.withdrawals.state is 'requested: waits for people; approved: may be sent; signed; broadcast; and ended: confirmed, rejected, cancelled, failed (refunded).';
comment on column exchange.withdrawals.required_reviews is 'How many reviewers must approve it.';
comment on column exchange.withdrawals.is_risk_held is 'The risk rules hold it until a risk officer releases it.';
comment on column exchange.withdrawals.activity_id is 'What the risk rules judged.';
comment on column exchange.withdrawals.payment_id is 'The payment that carries it.';
comment on column exchange.withdrawals.fees_account_id is 'Who receives the fee.';
comment on column exchange.withdrawals.external_account_id is 'The ledger''s other side.';
comment on column exchange.withdrawals.request_key is 'Idempotency key: a repeat gives the first one.';
comment on column exchange.withdrawals.end_reason is 'Why it was rejected or failed.';
comment on column exchange.withdrawals.requested_at is 'When it was asked for.';
comment on column exchange.withdrawals.approved_at is 'When the last approval came.';
comment on column exchange.withdrawals.ended_at is 'When it ended.';

create table exchange.withdrawal_reviews (
    withdrawal_id bigint not null,
    staff_id bigint not null,
    is_approved boolean not null,
    note text not null,
    decided_at timestamptz not null default now(),
    constraint withdrawal_reviews_pkey primary key (withdrawal_id, staff_id),
    constraint withdrawal_reviews_withdrawal_id_fkey foreign key (withdrawal_id) references exchange.withdrawals (withdrawal_id),
    constraint withdrawal_reviews_staff_id_fkey foreign key (staff_id) references staff.members (staff_id),
    constraint withdrawal_reviews_note_length check (length(note) between 1 and 1000)
);
comment on table exchange.withdrawal_reviews is 'Decisions of people about withdrawals: each reviewer decides once.';
comment on column exchange.withdrawal_reviews.withdrawal_id is 'The withdrawal.';
comment on column exchange.withdrawal_reviews.staff_id is 'Who decided.';
comment on column exchange.withdrawal_reviews.is_approved is 'Whether it may be sent.';
comment on column exchange.withdrawal_reviews.note is 'Why, in words.';
comment on column exchange.withdrawal_reviews.decided_at is 'When.';

alter table exchange.mails drop constraint mails_kind_known;
alter table exchange.mails add constraint mails_kind_known check (kind in (
    'verify_email', 'already_registered', 'new_device', 'reset_password', 'password_changed',
        'confirm_email_change', 'email_change_asked', 'email_changed', 'account_frozen', 'anti_phishing_changed',
        'factor_changed', 'api_key_made', 'kyc_decided', 'document_expires', 'withdrawals_blocked',
    'deposit_credited', 'deposit_reversed', 'withdrawal_requested', 'withdrawal_ended', 'withdrawal_address_added'));
