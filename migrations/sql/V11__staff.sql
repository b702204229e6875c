-- The people who run the exchange, apart from its users: their logins, what takes two of them, and
-- the log of what they do.

create schema staff;
comment on schema staff is 'Who runs the exchange: members, their sessions, and proposals that need a second person.';
create schema audit;
comment on schema audit is 'What staff did: entries are only ever added, and chained by hashes.';

create table staff.members (
    staff_id bigint not null generated always as identity,
    email text not null,
    name text not null,
    roles text[] not null default '{}',
    status text not null default 'active',
    password_hash text,
    totp_secret bytea,
    totp_step bigint,
    enrolled_at timestamptz,
    failed_passwords integer not null default 0,
    failed_codes integer not null default 0,
    locked_until timestamptz,
    invitation_hash bytea,
    invited_until timestamptz,
    request_key text,
    created_by bigint,
    created_at timestamptz not null default now(),
    constraint members_pkey primary key (staff_id),
    constraint members_email_key unique (email),
    constraint members_invitation_hash_key unique (invitation_hash),
    constraint members_request_key_key unique (created_by, request_key),
    constraint members_created_by_fkey foreign key (created_by) references staff.members (staff_id),
    constraint members_email_lower check (email = lower(email)),
    constraint members_name_length check (length(name) between 1 and 100),
    constraint members_roles_known check (roles <@ array['reviewer', 'risk', 'finance', 'support', 'administrator']),
    constraint members_status_known check (status in ('active', 'disabled')),
    constraint members_credentials_together check ((password_hash is null) = (totp_secret is null)),
    constraint members_enrolled_has_credentials check (enrolled_at is null or password_hash is not null),
    constraint members_invitation_has_end check ((invitation_hash is null) = (invited_until is null)),
    constraint members_invitation_hash_length check (octet_length(invitation_hash) = 32),
    constraint members_failed_passwords_not_negative check (failed_passwords >= 0),
    constraint members_failed_codes_not_negative check (failed_codes >= 0)
);
comment on table staff.members is 'People of the exchange. Never deleted, because the audit log names them.';
comment on column staff.members.staff_id is 'Names the member everywhere; no account has anything to do with it.';
comment on column staff.members.email is 'Login name, lower case.';
comment on column staff.members.name is 'Who it is.';
comment on column staff.members.roles is 'What the member may do: reviewer, risk, finance, support, administrator.';
comment on column staff.members.status is 'active, or disabled: no login, no session.';
comment on column staff.members.password_hash is 'bcrypt; null until the invitation is accepted.';
comment on column staff.members.totp_secret is 'Secret of the one-time codes, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';
comment on column staff.members.totp_step is 'Time step of the last code that was taken: that code and earlier ones are refused.';
comment on column staff.members.enrolled_at is 'First login with a code; roles are given only after it.';
comment on column staff.members.failed_passwords is 'Wrong passwords since the last good login.';
comment on column staff.members.failed_codes is 'Wrong codes with the right password since the last good login; many lock.';
comment on column staff.members.locked_until is 'No login is good before.';
comment on column staff.members.invitation_hash is 'SHA-256 of the one-time token that sets password and code; the token is nowhere stored.';
comment on column staff.members.invited_until is 'From when on the invitation is refused.';
comment on column staff.members.request_key is 'The idempotency key under which the member was made.';
comment on column staff.members.created_by is 'Who made the member; null for the first administrator.';
comment on column staff.members.created_at is 'When the member was made.';

create table staff.foundation (
    foundation_id integer not null default 1,
    founder_id bigint not null,
    founded_at timestamptz not null default now(),
    completed_at timestamptz,
    constraint foundation_pkey primary key (foundation_id),
    constraint foundation_founder_id_fkey foreign key (founder_id) references staff.members (staff_id),
    constraint foundation_foundation_id_single check (foundation_id = 1)
);
comment on table staff.foundation is 'One row: who was made first administrator by the bootstrap command, which works once.';
comment on column staff.foundation.foundation_id is 'Always 1.';
comment on column staff.foundation.founder_id is 'The first administrator.';
comment on column staff.foundation.founded_at is 'When.';
comment on column staff.foundation.completed_at is 'When a second administrator was made. Until then, and never again, the founder may make one alone.';

create table staff.sessions (
    staff_session_id bigint not null generated always as identity,
    staff_id bigint not null,
    token_hash bytea not null,
    address inet,
    user_agent text,
    created_at timestamptz not null default now(),
    used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint sessions_pkey primary key (staff_session_id),
    constraint sessions_token_hash_key unique (token_hash),
    constraint sessions_staff_id_fkey foreign key (staff_id) references staff.members (staff_id),
    constraint sessions_token_hash_length check (octet_length(token_hash) = 32),
    constraint sessions_user_agent_length check (length(user_agent) <= 200),
    constraint sessions_expires_later check (expires_at > created_at)
);
create index sessions_staff_id_idx on staff.sessions (staff_id) where ended_at is null;
comment on table staff.sessions is 'Logins of staff, by password and code. Ended ones stay: proposals name them.';
comment on column staff.sessions.staff_session_id is 'Names the session in functions; says nothing about the token.';
comment on column staff.sessions.staff_id is 'Whose login it is.';
comment on column staff.sessions.token_hash is 'SHA-256 of the token; the token itself is nowhere stored.';
comment on column staff.sessions.address is 'From where the login came.';
comment on column staff.sessions.user_agent is 'Which program logged in, as it said itself.';
comment on column staff.sessions.created_at is 'When the login happened.';
comment on column staff.sessions.used_at is 'When it was last used, to the minute: an idle session ends.';
comment on column staff.sessions.expires_at is 'From when on the token is refused however it is used.';
comment on column staff.sessions.ended_at is 'When it was ended before.';

create table staff.actions (
    action text not null,
    proposer_roles text[] not null,
    decider_roles text[] not null,
    constraint actions_pkey primary key (action),
    constraint actions_proposer_roles_known check (
        proposer_roles <@ array['reviewer', 'risk', 'finance', 'support', 'administrator'] and cardinality(proposer_roles) > 0),
    constraint actions_decider_roles_known check (
        decider_roles <@ array['reviewer', 'risk', 'finance', 'support', 'administrator'] and cardinality(decider_roles) > 0)
);
comment on table staff.actions is 'What needs a second person; staff.run_action knows how each is done.';
comment on column staff.actions.action is 'Names the action.';
comment on column staff.actions.proposer_roles is 'One of these roles proposes it.';
comment on column staff.actions.decider_roles is 'Another person with one of these roles decides it.';

insert into staff.actions (action, proposer_roles, decider_roles) values
    ('grant_role', '{administrator}', '{administrator}'),
    ('reset_member', '{administrator}', '{administrator}'),
    ('set_account_status', '{support,risk}', '{support,risk,administrator}'),
    ('set_fee_tier', '{finance}', '{finance,administrator}'),
    ('set_fee_rates', '{finance}', '{finance,administrator}'),
    ('adjust_balance', '{finance}', '{finance,administrator}'),
    ('set_market_status', '{risk,administrator}', '{risk,administrator}'),
    ('set_market_limits', '{risk}', '{risk,administrator}');

create table staff.proposals (
    proposal_id bigint not null generated always as identity,
    action text not null,
    arguments jsonb not null,
    reason text,
    proposed_by bigint not null,
    proposer_session_id bigint not null,
    request_key text,
    proposed_at timestamptz not null default now(),
    expires_at timestamptz not null,
    state text not null default 'pending',
    is_founding boolean not null default false,
    decided_by bigint,
    decider_session_id bigint,
    decider_request_key text,
    decided_at timestamptz,
    decision_reason text,
    outcome jsonb,
    constraint proposals_pkey primary key (proposal_id),
    constraint proposals_request_key_key unique (proposed_by, request_key),
    constraint proposals_action_fkey foreign key (action) references staff.actions (action),
    constraint proposals_proposed_by_fkey foreign key (proposed_by) references staff.members (staff_id),
    constraint proposals_proposer_session_id_fkey foreign key (proposer_session_id) references staff.sessions (staff_session_id),
    constraint proposals_decided_by_fkey foreign key (decided_by) references staff.members (staff_id),
    constraint proposals_decider_session_id_fkey foreign key (decider_session_id) references staff.sessions (staff_session_id),
    constraint proposals_arguments_object check (jsonb_typeof(arguments) = 'object'),
    constraint proposals_state_known check (state in ('pending', 'approved', 'rejected')),
    constraint proposals_second_person check (decided_by <> proposed_by),
    constraint proposals_decided_by_somebody check (
        (state = 'pending') = (decided_at is null) and (decided_at is null or is_founding) = (decided_by is null)),
    constraint proposals_expires_later check (expires_at > proposed_at)
);
create index proposals_pending_idx on staff.proposals (proposed_by) where state = 'pending';
comment on table staff.proposals is 'Sensitive actions: one person proposes, another decides, and the deciding transaction does it.';
comment on column staff.proposals.proposal_id is 'Number of the proposal.';
comment on column staff.proposals.action is 'What shall be done.';
comment on column staff.proposals.arguments is 'To what, and how.';
comment on column staff.proposals.reason is 'Why, in words.';
comment on column staff.proposals.proposed_by is 'Who proposes.';
comment on column staff.proposals.proposer_session_id is 'By which login.';
comment on column staff.proposals.request_key is 'The idempotency key under which it was made.';
comment on column staff.proposals.proposed_at is 'When it was proposed.';
comment on column staff.proposals.expires_at is 'From when on it cannot be approved.';
comment on column staff.proposals.state is 'pending, approved (and done), rejected. A pending one past its time is expired.';
comment on column staff.proposals.is_founding is 'The founder''s making of the second administrator, which nobody else could decide.';
comment on column staff.proposals.decided_by is 'Who decided: never who proposed.';
comment on column staff.proposals.decider_session_id is 'By which login.';
comment on column staff.proposals.decider_request_key is 'The idempotency key of the decision.';
comment on column staff.proposals.decided_at is 'When it was decided.';
comment on column staff.proposals.decision_reason is 'Why so, in words.';
comment on column staff.proposals.outcome is 'What the action gave.';

create table audit.entries (
    entry_id bigint not null generated always as identity,
    staff_id bigint,
    action text not null,
    subject text not null,
    detail jsonb not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint entries_pkey primary key (entry_id),
    constraint entries_staff_id_fkey foreign key (staff_id) references staff.members (staff_id),
    constraint entries_action_form check (action ~ '^[a-z][a-z0-9_]{0,63}$'),
    constraint entries_subject_length check (length(subject) between 1 and 200)
);
create index entries_staff_id_idx on audit.entries (staff_id, entry_id);
create index entries_action_idx on audit.entries (action, entry_id);
create index entries_subject_idx on audit.entries (subject, entry_id);
comment on table audit.entries is 'What staff did. Rows are only ever added; audit.links chains them.';
comment on column audit.entries.entry_id is 'Number of the entry; gaps are transactions that came to nothing.';
comment on column audit.entries.staff_id is 'Who; null for the operator''s own commands.';
comment on column audit.entries.action is 'What.';
comment on column audit.entries.subject is 'To what: kind and number, such as account:7.';
comment on column audit.entries.detail is 'How; no secrets.';
comment on column audit.entries.recorded_at is 'When.';

create table audit.links (
    link_number bigint not null,
    entry_id bigint not null,
    hash bytea not null,
    linked_at timestamptz not null default now(),
    constraint links_pkey primary key (link_number),
    constraint links_entry_id_key unique (entry_id),
    constraint links_link_number_positive check (link_number > 0),
    constraint links_hash_length check (octet_length(hash) = 32)
);
comment on table audit.links is 'The chain: each link''s hash covers the hash before it and one entry. Made by the worker audit, in the order in which it met the entries.';
comment on column audit.links.link_number is 'Counts from 1 without gap.';
comment on column audit.links.entry_id is 'Which entry.';
comment on column audit.links.hash is 'SHA-256 of the hash before it (32 zero bytes at first) and the entry; see audit.entry_hash.';
comment on column audit.links.linked_at is 'When it was linked.';

create table audit.unlinked (
    entry_id bigint not null,
    constraint unlinked_pkey primary key (entry_id)
);
comment on table audit.unlinked is 'Entries that wait for their link.';
comment on column audit.unlinked.entry_id is 'Which entry.';

create table audit.head (
    head_id integer not null default 1,
    link_number bigint not null default 0,
    hash bytea not null default decode(repeat('00', 32), 'hex'),
    constraint head_pkey primary key (head_id),
    constraint head_head_id_single check (head_id = 1),
    constraint head_hash_length check (octet_length(hash) = 32)
);
comment on table audit.head is 'One row: where the chain ends. Whoever makes links locks it.';
comment on column audit.head.head_id is 'Always 1.';
comment on column audit.head.link_number is 'The last link; 0 before the first.';
comment on column audit.head.hash is 'Its hash.';
insert into audit.head default values;

create function audit.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%.% is only ever added to: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end $$;
comment on function audit.refuse_change() is 'Refuses to change or remove what was logged, whoever asks.';

-- Always: also where a session has switched ordinary triggers off.
create trigger entries_only_added before update or delete or truncate on audit.entries
    for each statement execute function audit.refuse_change();
alter table audit.entries enable always trigger entries_only_added;
create trigger links_only_added before update or delete or truncate on audit.links
    for each statement execute function audit.refuse_change();
alter table audit.links enable always trigger links_only_added;

-- Staff find accounts by the beginning of an address.
create index accounts_email_prefix_idx on exchange.accounts (email collate "C");
