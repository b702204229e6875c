-- What is known of a person, devices, pauses after wrong passwords, what was asked of us by mail,
-- and mails of every kind.

alter table exchange.accounts
    add column full_name text,
    add column country text collate "C",
    add column birth_date date,
    add column phone text,
    add column anti_phishing_code text,
    add column first_login_at timestamptz,
    add column withdrawals_blocked_until timestamptz,
    add constraint accounts_full_name_length check (length(full_name) between 1 and 100),
    add constraint accounts_country_form check (country ~ '^[A-Z]{2}$'),
    add constraint accounts_birth_date_range check (birth_date >= '1900-01-01'),
    add constraint accounts_phone_form check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    add constraint accounts_anti_phishing_code_form check (anti_phishing_code ~ '^[A-Za-z0-9 _-]{4,20}$');
comment on column exchange.accounts.full_name is 'As its owner wrote it at registration.';
comment on column exchange.accounts.country is 'Where its owner lives, by ISO 3166-1 alpha-2.';
comment on column exchange.accounts.birth_date is 'When its owner was born, by the owner''s word.';
comment on column exchange.accounts.phone is 'E.164, such as +4930123456; null where none was given.';
comment on column exchange.accounts.anti_phishing_code is 'Words of the owner''s choice that every mail of ours repeats and no forger knows.';
comment on column exchange.accounts.first_login_at is 'When somebody first logged in; from then on a new device is worth a mail.';
comment on column exchange.accounts.withdrawals_blocked_until is 'Before this time nothing is withdrawn, because the password or the address was changed.';
comment on column exchange.accounts.status is 'active, or frozen by its owner or by us: may cancel and reduce, not place.';

-- Who has a password may have logged in: no device of theirs passes as the first.
update exchange.accounts set first_login_at = created_at where password_hash is not null;

create table exchange.devices (
    device_id bigint not null generated always as identity,
    account_id bigint not null,
    token_hash bytea not null,
    address inet,
    user_agent text,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    constraint devices_pkey primary key (device_id),
    constraint devices_token_hash_key unique (token_hash),
    constraint devices_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint devices_token_hash_length check (octet_length(token_hash) = 32),
    constraint devices_user_agent_length check (length(user_agent) <= 200)
);
create index devices_account_id_idx on exchange.devices (account_id, last_seen_at);
comment on table exchange.devices is 'What an account was logged in from. Pauses after wrong passwords elsewhere do not concern them.';
comment on column exchange.devices.device_id is 'Names the device in lists.';
comment on column exchange.devices.account_id is 'Whose device it is.';
comment on column exchange.devices.token_hash is 'SHA-256 of the token that the device keeps.';
comment on column exchange.devices.address is 'From where it came last.';
comment on column exchange.devices.user_agent is 'Which program it was last, as it said itself.';
comment on column exchange.devices.first_seen_at is 'Its first login.';
comment on column exchange.devices.last_seen_at is 'Its last login.';

alter table exchange.sessions
    add column device_id bigint,
    add constraint sessions_device_id_fkey foreign key (device_id) references exchange.devices (device_id) on delete set null;
create index sessions_device_id_idx on exchange.sessions (device_id) where device_id is not null;
comment on column exchange.sessions.device_id is 'The device that logged in, while it is known.';

create table exchange.login_pauses (
    subject text collate "C" not null,
    failures integer not null,
    last_attempt_at timestamptz not null,
    paused_until timestamptz not null,
    constraint login_pauses_pkey primary key (subject),
    constraint login_pauses_failures_not_negative check (failures >= 0)
) with (fillfactor = 50);
create index login_pauses_last_attempt_at_idx on exchange.login_pauses (last_attempt_at);
comment on table exchange.login_pauses is 'Attempts to log in that were not proved right, and the pauses that follow from them, over all servers.';
comment on column exchange.login_pauses.subject is 'account: and the hash of the e-mail address that was tried, whether anybody has it or not; device: and its number; network: from where.';
comment on column exchange.login_pauses.failures is 'Attempts in a row; one counts as wrong until it proves right.';
comment on column exchange.login_pauses.last_attempt_at is 'When the last one was taken; after a day of quiet they are forgotten.';
comment on column exchange.login_pauses.paused_until is 'Before this time none is taken.';

create table exchange.mail_requests (
    mail_request_id bigint not null generated always as identity,
    kind text not null,
    email text not null,
    account_id bigint,
    full_name text,
    country text collate "C",
    birth_date date,
    phone text,
    address inet,
    user_agent text,
    requested_at timestamptz not null default now(),
    answered_at timestamptz,
    failure text,
    constraint mail_requests_pkey primary key (mail_request_id),
    constraint mail_requests_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint mail_requests_kind_known check (kind in ('register', 'reset_password', 'change_email')),
    constraint mail_requests_email_lower check (email = lower(email)),
    constraint mail_requests_change_has_account check (kind <> 'change_email' or account_id is not null),
    constraint mail_requests_full_name_length check (length(full_name) between 1 and 100),
    constraint mail_requests_country_form check (country ~ '^[A-Z]{2}$'),
    constraint mail_requests_birth_date_range check (birth_date >= '1900-01-01'),
    constraint mail_requests_phone_form check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    constraint mail_requests_user_agent_length check (length(user_agent) <= 200)
);
create index mail_requests_waiting_idx on exchange.mail_requests (mail_request_id) where answered_at is null;
create index mail_requests_account_id_idx on exchange.mail_requests (account_id, mail_request_id);
create index mail_requests_address_idx on exchange.mail_requests (address, requested_at);
create index mail_requests_requested_at_idx on exchange.mail_requests (requested_at);
comment on table exchange.mail_requests is 'What somebody asked for under an e-mail address. Asking only writes it down; what it means is found out later, so that an answer''s time tells nobody whether the address is known.';
comment on column exchange.mail_requests.mail_request_id is 'Its number.';
comment on column exchange.mail_requests.kind is 'register; reset_password; change_email: from the account''s address to this one.';
comment on column exchange.mail_requests.email is 'The address given, in lower case.';
comment on column exchange.mail_requests.account_id is 'Who asked for the change; otherwise the account found or opened once it was answered.';
comment on column exchange.mail_requests.full_name is 'Given at registration; goes into the account when the link in this request''s mail is followed.';
comment on column exchange.mail_requests.country is 'As full_name.';
comment on column exchange.mail_requests.birth_date is 'As full_name.';
comment on column exchange.mail_requests.phone is 'As full_name.';
comment on column exchange.mail_requests.address is 'From where it came.';
comment on column exchange.mail_requests.user_agent is 'Which program asked, as it said itself.';
comment on column exchange.mail_requests.requested_at is 'When.';
comment on column exchange.mail_requests.answered_at is 'When it was seen to, whether a mail followed or not.';
comment on column exchange.mail_requests.failure is 'Why it could not be seen to: a fault of ours.';

alter table exchange.mails
    add column facts jsonb not null default '{}',
    add column recipient text,
    drop constraint mails_kind_known,
    add constraint mails_kind_known check (kind in (
        'verify_email', 'already_registered', 'new_device', 'reset_password', 'password_changed',
        'confirm_email_change', 'email_change_asked', 'email_changed', 'account_frozen', 'anti_phishing_changed',
        'factor_changed', 'api_key_made', 'kyc_decided', 'document_expires', 'withdrawals_blocked')),
    add constraint mails_facts_are_an_object check (jsonb_typeof(facts) = 'object');
update exchange.mails m set recipient = a.email from exchange.accounts a where a.account_id = m.account_id;
alter table exchange.mails alter column recipient set not null;
create index mails_recipient_idx on exchange.mails (recipient, requested_at);
comment on column exchange.mails.account_id is 'Whom it concerns.';
comment on column exchange.mails.facts is 'What its text fills in, by kind; never a secret.';
comment on column exchange.mails.recipient is 'To which address: the account''s when the mail was caused, or one to be proved.';

alter table exchange.account_tokens
    add column facts jsonb not null default '{}',
    drop constraint account_tokens_purpose_known,
    add constraint account_tokens_purpose_known check (
        purpose in ('verify_email', 'set_password', 'reset_password', 'change_email', 'freeze'));
comment on column exchange.account_tokens.purpose is 'verify_email, reset_password, change_email, freeze: came by mail; set_password: the step after the first two.';
comment on column exchange.account_tokens.facts is 'The facts of the mail that it came by.';
