-- Second factors, step-up of a session, ceremonies of passkeys, sub-accounts, and transfers between
-- the accounts of one owner.

-- Sub-accounts: accounts without a login of their own.
alter table exchange.accounts
    add column parent_account_id bigint,
    add column label text,
    drop constraint accounts_user_has_email,
    add constraint accounts_user_has_email check (role <> 'user' or email is not null or parent_account_id is not null),
    add constraint accounts_parent_account_id_fkey foreign key (parent_account_id) references exchange.accounts (account_id),
    add constraint accounts_parent_is_another check (parent_account_id <> account_id),
    add constraint accounts_sub_account_has_no_login check (
        parent_account_id is null or (role = 'user' and email is null and password_hash is null and label is not null)),
    add constraint accounts_label_length check (length(label) between 1 and 64);
create unique index accounts_parent_account_id_label_key on exchange.accounts (parent_account_id, label)
    where parent_account_id is not null;
comment on column exchange.accounts.parent_account_id is 'Of a sub-account: whose it is. Who logs in as the parent owns both; a parent is never a sub-account.';
comment on column exchange.accounts.label is 'The owner''s name for a sub-account.';

create table exchange.transfers (
    transfer_id bigint not null generated always as identity,
    owner_account_id bigint not null,
    from_account_id bigint not null,
    to_account_id bigint not null,
    asset_id integer not null,
    amount numeric not null,
    request_key text collate "C",
    transferred_at timestamptz not null default now(),
    constraint transfers_pkey primary key (transfer_id),
    constraint transfers_request_key_key unique (owner_account_id, request_key),
    constraint transfers_owner_account_id_fkey foreign key (owner_account_id) references exchange.accounts (account_id),
    constraint transfers_from_account_id_fkey foreign key (from_account_id) references exchange.accounts (account_id),
    constraint transfers_to_account_id_fkey foreign key (to_account_id) references exchange.accounts (account_id),
    constraint transfers_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint transfers_amount_positive check (amount > 0 and amount < 'infinity'),
    constraint transfers_accounts_differ check (from_account_id <> to_account_id),
    constraint transfers_request_key_form check (request_key ~ '^[A-Za-z0-9_.:-]{1,64}$')
);
create index transfers_from_account_id_idx on exchange.transfers (from_account_id, asset_id, transferred_at);
create index transfers_to_account_id_idx on exchange.transfers (to_account_id, asset_id, transferred_at);
comment on table exchange.transfers is 'Money moved between the accounts of one owner: atomic and without a fee.';
comment on column exchange.transfers.transfer_id is 'Number of the fact.';
comment on column exchange.transfers.owner_account_id is 'Who moved it: the account itself or its sub-accounts are both sides.';
comment on column exchange.transfers.from_account_id is 'Whose balance it left.';
comment on column exchange.transfers.to_account_id is 'Whose balance it joined.';
comment on column exchange.transfers.asset_id is 'In which asset.';
comment on column exchange.transfers.amount is 'How much.';
comment on column exchange.transfers.request_key is 'A repeat of the owner''s same key changes nothing.';
comment on column exchange.transfers.transferred_at is 'When.';

alter table exchange.api_keys
    add column made_by_account_id bigint,
    add constraint api_keys_made_by_account_id_fkey foreign key (made_by_account_id) references exchange.accounts (account_id);
comment on column exchange.api_keys.made_by_account_id is 'Of a key of a sub-account: the parent that made it; else null.';

-- When a session last proved more than that it is one.
alter table exchange.sessions add column stepped_up_at timestamptz not null default now();
update exchange.sessions set stepped_up_at = created_at;
comment on column exchange.sessions.stepped_up_at is 'When it last proved all that the account asks for: a second factor, or the password where there is none. A login does; a step-up does again.';

create table exchange.totp_factors (
    account_id bigint not null,
    secret bytea not null,
    created_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step bigint not null default 0,
    constraint totp_factors_pkey primary key (account_id),
    constraint totp_factors_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint totp_factors_last_step_not_negative check (last_step >= 0)
);
comment on table exchange.totp_factors is 'Authenticator apps, one an account.';
comment on column exchange.totp_factors.account_id is 'Whose app it is.';
comment on column exchange.totp_factors.secret is 'The shared secret, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';
comment on column exchange.totp_factors.created_at is 'When the secret was made.';
comment on column exchange.totp_factors.confirmed_at is 'When the first right code came; until then it asks for nothing and proves nothing.';
comment on column exchange.totp_factors.last_step is 'The last half minute whose code was taken; only later ones are.';

create table exchange.recovery_codes (
    account_id bigint not null,
    code_hash bytea not null,
    created_at timestamptz not null default now(),
    used_at timestamptz,
    constraint recovery_codes_pkey primary key (account_id, code_hash),
    constraint recovery_codes_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint recovery_codes_code_hash_length check (octet_length(code_hash) = 32)
);
comment on table exchange.recovery_codes is 'Codes on paper that stand in for a lost phone; each works once.';
comment on column exchange.recovery_codes.account_id is 'Whose they are.';
comment on column exchange.recovery_codes.code_hash is 'SHA-256 of the code, which has 80 random bits and is nowhere stored.';
comment on column exchange.recovery_codes.created_at is 'When the set was made.';
comment on column exchange.recovery_codes.used_at is 'When it was used.';

create table exchange.passkeys (
    passkey_id bigint not null generated always as identity,
    account_id bigint not null,
    credential_id bytea not null,
    label text not null,
    credential jsonb not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    constraint passkeys_pkey primary key (passkey_id),
    constraint passkeys_credential_id_key unique (credential_id),
    constraint passkeys_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint passkeys_credential_id_length check (octet_length(credential_id) between 1 and 1023),
    constraint passkeys_label_length check (length(label) between 1 and 64)
);
create index passkeys_account_id_idx on exchange.passkeys (account_id);
comment on table exchange.passkeys is 'Public halves of passkeys (WebAuthn).';
comment on column exchange.passkeys.passkey_id is 'Names it in lists and commands.';
comment on column exchange.passkeys.account_id is 'Whose it is.';
comment on column exchange.passkeys.credential_id is 'Its name at the authenticator.';
comment on column exchange.passkeys.label is 'The owner''s name for it.';
comment on column exchange.passkeys.credential is 'Public key, signature counter and flags, as the API''s library writes them.';
comment on column exchange.passkeys.created_at is 'When it was added.';
comment on column exchange.passkeys.last_used_at is 'When it last proved its owner.';

create table exchange.ceremonies (
    token_hash bytea not null,
    kind text not null,
    account_id bigint,
    session_id bigint,
    state jsonb,
    password_hash text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint ceremonies_pkey primary key (token_hash),
    constraint ceremonies_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint ceremonies_token_hash_length check (octet_length(token_hash) = 32),
    constraint ceremonies_kind_known check (kind in ('add_passkey', 'step_up', 'second_factor', 'passkey_login')),
    constraint ceremonies_account_fits_kind check ((kind = 'passkey_login') = (account_id is null)),
    constraint ceremonies_session_fits_kind check ((kind in ('add_passkey', 'step_up')) = (session_id is not null)),
    constraint ceremonies_password_fits_kind check ((kind = 'second_factor') = (password_hash is not null)),
    constraint ceremonies_expires_later check (expires_at > created_at)
);
create index ceremonies_expires_at_idx on exchange.ceremonies (expires_at);
create index ceremonies_account_id_idx on exchange.ceremonies (account_id, created_at);
comment on table exchange.ceremonies is 'Proofs under way: what the server asked, kept until the answer comes. Each is answered once.';
comment on column exchange.ceremonies.token_hash is 'SHA-256 of the token that names it; the token itself is nowhere stored.';
comment on column exchange.ceremonies.kind is 'add_passkey: a new one; step_up: of a session; second_factor: of a login whose password was right; passkey_login: of a login without a name.';
comment on column exchange.ceremonies.account_id is 'Who is asked; null where the passkey itself says who it is.';
comment on column exchange.ceremonies.session_id is 'For which session.';
comment on column exchange.ceremonies.state is 'What the API''s library must remember of its challenge to a passkey; null where none was asked.';
comment on column exchange.ceremonies.password_hash is 'Of a login: the hash that the password fitted, so that no login outlives a new password.';
comment on column exchange.ceremonies.created_at is 'When it began.';
comment on column exchange.ceremonies.expires_at is 'From when on it is refused.';

create table exchange.factor_failures (
    account_id bigint not null,
    failures integer not null,
    last_failed_at timestamptz not null default now(),
    blocked_until timestamptz,
    constraint factor_failures_pkey primary key (account_id),
    constraint factor_failures_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint factor_failures_failures_positive check (failures > 0)
);
comment on table exchange.factor_failures is 'Wrong codes in a row, so that nobody tries a million. A right one deletes the row.';
comment on column exchange.factor_failures.account_id is 'Of which account.';
comment on column exchange.factor_failures.failures is 'How many since the last right one.';
comment on column exchange.factor_failures.last_failed_at is 'When the last one was.';
comment on column exchange.factor_failures.blocked_until is 'Until when no code is looked at.';
