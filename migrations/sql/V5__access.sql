-- How accounts are reached: verified addresses, sessions with a number, API keys, one-time tokens,
-- mails to send, and how much of its limit each caller has used.

alter table exchange.accounts add column email_verified_at timestamptz;
comment on column exchange.accounts.email_verified_at is 'When the owner proved to read the address; null where nobody did.';

alter table exchange.sessions
    add column session_id bigint not null generated always as identity,
    add column address inet,
    add column user_agent text,
    add constraint sessions_session_id_key unique (session_id),
    add constraint sessions_user_agent_length check (length(user_agent) <= 200);
comment on column exchange.sessions.session_id is 'Names the session in commands, lists and revocations; says nothing about the token.';
comment on column exchange.sessions.address is 'From where the login came.';
comment on column exchange.sessions.user_agent is 'Which program logged in, as it said itself.';

create table exchange.api_keys (
    api_key_id bigint not null generated always as identity,
    account_id bigint not null,
    public_id text not null,
    label text not null,
    scheme text not null,
    secret bytea,
    public_key bytea,
    permissions text[] not null,
    addresses cidr[] not null default '{}',
    request_key text,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (api_key_id),
    constraint api_keys_public_id_key unique (public_id),
    constraint api_keys_request_key_key unique (account_id, request_key),
    constraint api_keys_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint api_keys_public_id_form check (public_id ~ '^[0-9a-f]{32}$'),
    constraint api_keys_label_length check (length(label) between 1 and 64),
    constraint api_keys_scheme_known check (scheme in ('hmac_sha256', 'ed25519')),
    constraint api_keys_secret_fits_scheme check (
        (scheme = 'hmac_sha256') = (secret is not null) and (scheme = 'ed25519') = (public_key is not null)),
    constraint api_keys_public_key_length check (octet_length(public_key) = 32),
    constraint api_keys_permissions_known check (permissions <@ array['read', 'trade', 'withdraw'] and cardinality(permissions) > 0),
    constraint api_keys_addresses_limit check (cardinality(addresses) <= 32)
);
comment on table exchange.api_keys is 'Keys of programs. Never deleted, so that an audit finds them; revoked_at ends one.';
comment on column exchange.api_keys.api_key_id is 'Names the key in commands.';
comment on column exchange.api_keys.account_id is 'Whose key it is.';
comment on column exchange.api_keys.public_id is 'What the program sends to name its key.';
comment on column exchange.api_keys.label is 'The owner''s name for it.';
comment on column exchange.api_keys.scheme is 'hmac_sha256: a shared secret; ed25519: the program keeps the private half.';
comment on column exchange.api_keys.secret is 'The shared secret, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';
comment on column exchange.api_keys.public_key is 'Ed25519 public key.';
comment on column exchange.api_keys.permissions is 'read, trade, withdraw.';
comment on column exchange.api_keys.addresses is 'Networks from which it is taken; empty: from everywhere.';
comment on column exchange.api_keys.request_key is 'The idempotency key under which it was made.';
comment on column exchange.api_keys.created_at is 'When it was made.';
comment on column exchange.api_keys.revoked_at is 'From when on it is refused.';

create table exchange.account_tokens (
    token_hash bytea not null,
    account_id bigint not null,
    purpose text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint account_tokens_pkey primary key (token_hash),
    constraint account_tokens_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint account_tokens_token_hash_length check (octet_length(token_hash) = 32),
    constraint account_tokens_purpose_known check (purpose in ('verify_email', 'set_password')),
    constraint account_tokens_expires_later check (expires_at > created_at)
);
create index account_tokens_account_id_idx on exchange.account_tokens (account_id, created_at);
create index account_tokens_expires_at_idx on exchange.account_tokens (expires_at);
comment on table exchange.account_tokens is 'One-time tokens of links and next steps; the token itself is nowhere stored.';
comment on column exchange.account_tokens.token_hash is 'SHA-256 of the token.';
comment on column exchange.account_tokens.account_id is 'For whom.';
comment on column exchange.account_tokens.purpose is 'verify_email: came by mail; set_password: allows to set the password once.';
comment on column exchange.account_tokens.created_at is 'When it was made.';
comment on column exchange.account_tokens.expires_at is 'From when on it is refused.';
comment on column exchange.account_tokens.used_at is 'When it was used; it works once.';

create table exchange.mails (
    mail_id bigint not null generated always as identity,
    account_id bigint not null,
    kind text not null,
    requested_at timestamptz not null default now(),
    attempts integer not null default 0,
    next_attempt_at timestamptz default now(),
    sent_at timestamptz,
    last_error text,
    constraint mails_pkey primary key (mail_id),
    constraint mails_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint mails_kind_known check (kind in ('verify_email', 'already_registered')),
    constraint mails_attempts_not_negative check (attempts >= 0),
    constraint mails_sent_needs_no_attempt check (sent_at is null or next_attempt_at is null)
);
create index mails_next_attempt_at_idx on exchange.mails (next_attempt_at) where next_attempt_at is not null;
create index mails_account_id_idx on exchange.mails (account_id, requested_at);
comment on table exchange.mails is 'Mails to send, written in the transaction that causes them. No secret is stored: the worker that sends a mail makes its token.';
comment on column exchange.mails.mail_id is 'Number of the mail.';
comment on column exchange.mails.account_id is 'To whom.';
comment on column exchange.mails.kind is 'Which text.';
comment on column exchange.mails.requested_at is 'When it was caused.';
comment on column exchange.mails.attempts is 'How often it was tried.';
comment on column exchange.mails.next_attempt_at is 'When it is due; null once it was sent or given up.';
comment on column exchange.mails.sent_at is 'When the mail server took it.';
comment on column exchange.mails.last_error is 'Why the last attempt failed.';

-- Unlogged: losing it in a crash gives everybody a fresh window, which harms nobody.
create unlogged table exchange.rate_usage (
    subject text collate "C" not null,
    window_start timestamptz not null,
    allowed bigint not null,
    granted bigint not null,
    used bigint not null,
    constraint rate_usage_pkey primary key (subject),
    constraint rate_usage_used_within_limits check (granted >= 0 and used >= granted)
) with (fillfactor = 50);
comment on table exchange.rate_usage is 'What each caller has used of its limit in the current window, over all servers.';
comment on column exchange.rate_usage.subject is 'Kind and name: account:7, key:3, address:192.0.2.1.';
comment on column exchange.rate_usage.window_start is 'Beginning of the window.';
comment on column exchange.rate_usage.allowed is 'The limit, as the last server to ask has it.';
comment on column exchange.rate_usage.granted is 'What the last server to ask was given.';
comment on column exchange.rate_usage.used is 'Weight that servers have taken in it.';

insert into exchange.streams (stream_id, name) values (10003, 'access');
comment on column exchange.streams.name is 'Topic of the stream: asset, finance, risk or access.';
