-- Who an account's owner is, and what that allows: levels, cases with their documents, findings and
-- history, the rules of the automatic review, and lists of names that are screened against.

create extension if not exists pg_trgm with schema public;

create table exchange.kyc_levels (
    level integer not null,
    name text not null,
    may_trade boolean not null,
    may_withdraw boolean not null,
    daily_withdrawal numeric not null,
    monthly_withdrawal numeric not null,
    needs_selfie boolean not null,
    is_automatic boolean not null,
    needs_two_reviewers boolean not null,
    constraint kyc_levels_pkey primary key (level),
    constraint kyc_levels_name_key unique (name),
    constraint kyc_levels_level_range check (level between 0 and 9),
    constraint kyc_levels_withdrawals_range check (
        daily_withdrawal >= 0 and daily_withdrawal <= monthly_withdrawal and monthly_withdrawal < 'infinity'),
    constraint kyc_levels_two_are_not_automatic check (not (is_automatic and needs_two_reviewers)),
    constraint kyc_levels_withdrawals_need_permission check (may_withdraw or monthly_withdrawal = 0)
);
comment on table exchange.kyc_levels is 'What an account may do, by how well its owner is known.';
comment on column exchange.kyc_levels.level is '0 is nobody known; higher is more.';
comment on column exchange.kyc_levels.name is 'The name people use.';
comment on column exchange.kyc_levels.may_trade is 'Whether orders may be placed; accounts.may_trade repeats it.';
comment on column exchange.kyc_levels.may_withdraw is 'Whether anything may be withdrawn.';
comment on column exchange.kyc_levels.daily_withdrawal is 'Most that may be withdrawn in 24 hours, valued in USDT.';
comment on column exchange.kyc_levels.monthly_withdrawal is 'Most that may be withdrawn in 30 days, valued in USDT.';
comment on column exchange.kyc_levels.needs_selfie is 'Whether a picture of the person is asked for.';
comment on column exchange.kyc_levels.is_automatic is 'Whether the automatic review may approve it.';
comment on column exchange.kyc_levels.needs_two_reviewers is 'Whether a second reviewer must agree.';

insert into exchange.kyc_levels (
    level, name, may_trade, may_withdraw, daily_withdrawal, monthly_withdrawal, needs_selfie, is_automatic, needs_two_reviewers)
values
    (0, 'unverified', true, false, 0, 0, false, true, false),
    (1, 'basic', true, true, 2000, 20000, false, true, false),
    (2, 'verified', true, true, 100000, 1000000, true, true, false),
    (3, 'professional', true, true, 2000000, 20000000, true, false, true);

alter table exchange.accounts
    add column kyc_level integer not null default 0,
    add column kyc_expires_on date,
    add column kyc_expiry_noticed_at timestamptz,
    add column may_trade boolean not null default true,
    add constraint accounts_kyc_level_fkey foreign key (kyc_level) references exchange.kyc_levels (level);
create index accounts_kyc_expires_on_idx on exchange.accounts (kyc_expires_on) where kyc_expires_on is not null;
comment on column exchange.accounts.kyc_level is 'How well the owner is known; see kyc_levels.';
comment on column exchange.accounts.kyc_expires_on is 'Last good day of the document that the level rests on; null at level 0.';
comment on column exchange.accounts.kyc_expiry_noticed_at is 'When the owner was told that it expires.';
comment on column exchange.accounts.may_trade is 'Whether the level allows to place orders; kept equal to kyc_levels.may_trade.';

create table exchange.kyc_rules (
    rule text not null,
    manual_at integer,
    reject_at integer,
    reason text,
    is_on boolean not null default true,
    meaning text not null,
    constraint kyc_rules_pkey primary key (rule),
    constraint kyc_rules_rule_form check (rule ~ '^[a-z_]{3,40}$'),
    constraint kyc_rules_thresholds_range check (
        coalesce(manual_at, 1) between 1 and 100 and coalesce(reject_at, 1) between 1 and 100),
    constraint kyc_rules_reject_has_reason check (reject_at is null or reason is not null)
);
comment on table exchange.kyc_rules is 'Rules of the automatic review: from which score on a case goes to a person, or is rejected.';
comment on column exchange.kyc_rules.rule is 'Its name.';
comment on column exchange.kyc_rules.manual_at is 'From this score on a reviewer decides; null: never for this.';
comment on column exchange.kyc_rules.reject_at is 'From this score on it is rejected; null: never for this.';
comment on column exchange.kyc_rules.reason is 'What the owner is told where it is rejected.';
comment on column exchange.kyc_rules.is_on is 'Whether it counts.';
comment on column exchange.kyc_rules.meaning is 'What it looks at; 0 is no doubt, 100 is certainty.';

create table exchange.kyc_reasons (
    reason text not null,
    words text not null,
    constraint kyc_reasons_pkey primary key (reason),
    constraint kyc_reasons_reason_form check (reason ~ '^[A-Z_]{3,40}$')
);
comment on table exchange.kyc_reasons is 'Why a case can be rejected, as its owner is told.';
comment on column exchange.kyc_reasons.reason is 'For programs.';
comment on column exchange.kyc_reasons.words is 'For people.';
insert into exchange.kyc_reasons (reason, words) values
    ('MRZ_INVALID', 'The machine-readable zone has a wrong check digit: copy it character by character.'),
    ('FORM_DIFFERS', 'What you wrote differs from the machine-readable zone.'),
    ('NAME_DIFFERS', 'The name you wrote is not that of the document.'),
    ('DOCUMENT_EXPIRED', 'The document has expired.'),
    ('UNDER_AGE', 'You must be at least 18 years old.'),
    ('IMAGE_UNUSABLE', 'A picture shows nothing that can be read: take it in good light, the whole document in view.'),
    ('WRONG_DOCUMENT', 'The pictures do not show the document that you named.'),
    ('SELFIE_DIFFERS', 'The person in the picture is not that of the document.'),
    ('DOCUMENT_DOUBTFUL', 'The document could not be confirmed.'),
    ('REFUSED', 'We cannot open this level for you.');
alter table exchange.kyc_rules
    add constraint kyc_rules_reason_fkey foreign key (reason) references exchange.kyc_reasons (reason);

insert into exchange.kyc_rules (rule, manual_at, reject_at, reason, meaning) values
    ('mrz_missing', 50, null, null, 'There is no machine-readable zone to check.'),
    ('mrz_check_digits', 100, 100, 'MRZ_INVALID', 'Check digits of the zone, by ICAO Doc 9303.'),
    ('mrz_against_form', 100, 100, 'FORM_DIFFERS', 'Number, issuer, birth date and expiry of the zone against the form.'),
    ('name_on_document', 40, 75, 'NAME_DIFFERS', 'The name of the zone against the form.'),
    ('account_against_form', 40, null, null, 'Name and birth date of the registration against the form.'),
    ('document_expiry', 50, 100, 'DOCUMENT_EXPIRED', 'Whether the document is good, and for how long.'),
    ('age', 50, 100, 'UNDER_AGE', 'The owner is 18 at least, and not older than people get.'),
    ('same_document', 50, null, null, 'The same document on another account.'),
    ('same_picture', 50, null, null, 'The same picture on another account.'),
    ('sanctions', 50, null, null, 'The name against the loaded lists, by trigrams.'),
    ('picture_quality', 50, 100, 'IMAGE_UNUSABLE', 'Size, light and contrast of the pictures, and that they differ.'),
    ('provider', 50, 100, 'DOCUMENT_DOUBTFUL', 'What an outside provider says.');

create table exchange.kyc_cases (
    case_id bigint not null generated always as identity,
    account_id bigint not null,
    level integer not null,
    state text not null default 'submitted',
    document_type text not null,
    issuer text not null,
    document_number text not null,
    full_name text not null,
    birth_date date not null,
    expires_on date not null,
    mrz text,
    mrz_name text,
    content_hash bytea not null,
    request_key text,
    submitted_at timestamptz not null default clock_timestamp(),
    reviews integer not null default 0,
    next_review_at timestamptz default now(),
    last_failure text,
    provider_reference text not null default replace(gen_random_uuid()::text, '-', ''),
    claimed_by bigint,
    claimed_until timestamptz,
    first_approved_by bigint,
    decided_at timestamptz,
    decided_by text,
    reasons text[] not null default '{}',
    constraint kyc_cases_pkey primary key (case_id),
    constraint kyc_cases_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint kyc_cases_claimed_by_fkey foreign key (claimed_by) references staff.members (staff_id),
    constraint kyc_cases_first_approved_by_fkey foreign key (first_approved_by) references staff.members (staff_id),
    constraint kyc_cases_level_fkey foreign key (level) references exchange.kyc_levels (level),
    constraint kyc_cases_request_key_key unique (account_id, request_key),
    constraint kyc_cases_provider_reference_key unique (provider_reference),
    constraint kyc_cases_state_known check (state in ('submitted', 'provider', 'manual', 'approved', 'rejected')),
    constraint kyc_cases_document_type_known check (
        document_type in ('passport', 'identity_card', 'residence_permit', 'driving_licence')),
    constraint kyc_cases_issuer_form check (issuer ~ '^[A-Z]{3}$'),
    constraint kyc_cases_document_number_form check (document_number ~ '^[A-Z0-9]{3,24}$'),
    constraint kyc_cases_full_name_length check (length(full_name) between 1 and 100),
    constraint kyc_cases_mrz_length check (length(mrz) <= 100 and length(mrz_name) <= 100),
    constraint kyc_cases_content_hash_length check (octet_length(content_hash) = 32),
    constraint kyc_cases_reviews_not_negative check (reviews >= 0),
    constraint kyc_cases_claim_whole check ((claimed_by is null) = (claimed_until is null)),
    constraint kyc_cases_decision_whole check (
        (state in ('approved', 'rejected')) = (decided_at is not null) and (decided_at is null) = (decided_by is null)),
    constraint kyc_cases_decider_known check (decided_by in ('automatic', 'provider', 'reviewer')),
    constraint kyc_cases_rejection_has_reason check ((state = 'rejected') = (cardinality(reasons) > 0)),
    constraint kyc_cases_review_is_due_while_open check (next_review_at is null or state in ('submitted', 'provider'))
);
-- One open case an account, whatever comes at once.
create unique index kyc_cases_open_idx on exchange.kyc_cases (account_id) where state in ('submitted', 'provider', 'manual');
create index kyc_cases_account_id_idx on exchange.kyc_cases (account_id, case_id);
create index kyc_cases_next_review_at_idx on exchange.kyc_cases (next_review_at) where next_review_at is not null;
create index kyc_cases_manual_idx on exchange.kyc_cases (case_id) where state = 'manual';
create index kyc_cases_document_idx on exchange.kyc_cases (issuer, document_number);
comment on table exchange.kyc_cases is 'What owners submitted to be known, and what became of it. Never deleted: a new submission is a new case.';
comment on column exchange.kyc_cases.case_id is 'Names the case.';
comment on column exchange.kyc_cases.account_id is 'Whose it is.';
comment on column exchange.kyc_cases.level is 'The level asked for.';
comment on column exchange.kyc_cases.state is 'submitted: the automatic review is due; provider: an outside provider''s answer is awaited; manual: in the queue of reviewers; approved; rejected.';
comment on column exchange.kyc_cases.document_type is 'passport, identity_card, residence_permit or driving_licence.';
comment on column exchange.kyc_cases.issuer is 'Who issued it: three letters as in a machine-readable zone, DEU for Germany.';
comment on column exchange.kyc_cases.document_number is 'Its number, letters and digits only.';
comment on column exchange.kyc_cases.full_name is 'As its owner wrote it.';
comment on column exchange.kyc_cases.birth_date is 'As its owner wrote it.';
comment on column exchange.kyc_cases.expires_on is 'Last good day of the document, as its owner wrote it.';
comment on column exchange.kyc_cases.mrz is 'The machine-readable zone, lines joined; null where none was given.';
comment on column exchange.kyc_cases.mrz_name is 'The name in it.';
comment on column exchange.kyc_cases.content_hash is 'SHA-256 of everything submitted: a repeat of the request key must have the same.';
comment on column exchange.kyc_cases.request_key is 'The idempotency key under which it was submitted.';
comment on column exchange.kyc_cases.submitted_at is 'When.';
comment on column exchange.kyc_cases.reviews is 'How often the automatic review took it up.';
comment on column exchange.kyc_cases.next_review_at is 'When that is due, or until when a provider may answer; null where neither.';
comment on column exchange.kyc_cases.last_failure is 'Why the last automatic review failed.';
comment on column exchange.kyc_cases.provider_reference is 'How an outside provider names it in its answer; it cannot be guessed.';
comment on column exchange.kyc_cases.claimed_by is 'The reviewer at work on it.';
comment on column exchange.kyc_cases.claimed_until is 'Until when nobody else may take it.';
comment on column exchange.kyc_cases.first_approved_by is 'The reviewer who approved first, where two are needed.';
comment on column exchange.kyc_cases.decided_at is 'When it was approved or rejected.';
comment on column exchange.kyc_cases.decided_by is 'automatic, provider or reviewer.';
comment on column exchange.kyc_cases.reasons is 'Why it was rejected; see kyc_reasons.';

create table exchange.kyc_documents (
    document_id bigint not null generated always as identity,
    case_id bigint not null,
    kind text not null,
    media_type text not null,
    seal_id bytea not null,
    key_label text not null,
    wrapped_key bytea not null,
    content bytea not null,
    facts jsonb,
    constraint kyc_documents_pkey primary key (document_id),
    constraint kyc_documents_kind_key unique (case_id, kind),
    constraint kyc_documents_seal_id_key unique (seal_id),
    constraint kyc_documents_case_id_fkey foreign key (case_id) references exchange.kyc_cases (case_id),
    constraint kyc_documents_kind_known check (kind in ('front', 'back', 'selfie')),
    constraint kyc_documents_media_type_known check (media_type in ('image/jpeg', 'application/pdf')),
    constraint kyc_documents_seal_id_length check (octet_length(seal_id) = 16),
    constraint kyc_documents_wrapped_key_length check (octet_length(wrapped_key) between 32 and 512),
    constraint kyc_documents_content_length check (octet_length(content) between 29 and 67108864)
);
create index kyc_documents_digest_idx on exchange.kyc_documents ((facts ->> 'digest'));
-- Ciphertext does not compress.
alter table exchange.kyc_documents alter column content set storage external;
comment on table exchange.kyc_documents is 'Files of a case, each encrypted with a key of its own that only the HSM unwraps.';
comment on column exchange.kyc_documents.document_id is 'Names the file.';
comment on column exchange.kyc_documents.case_id is 'What it belongs to.';
comment on column exchange.kyc_documents.kind is 'front, back or selfie.';
comment on column exchange.kyc_documents.media_type is 'image/jpeg or application/pdf.';
comment on column exchange.kyc_documents.seal_id is 'Random; with account and kind it is authenticated with the content, so that no row passes for another.';
comment on column exchange.kyc_documents.key_label is 'Which key of the HSM wrapped the data key.';
comment on column exchange.kyc_documents.wrapped_key is 'The data key, encrypted by the HSM (AES-256-GCM, nonce first).';
comment on column exchange.kyc_documents.content is 'The file, encrypted with the data key (AES-256-GCM, nonce first). Out of line and not compressed.';
comment on column exchange.kyc_documents.facts is 'Of a picture: width, height, brightness, contrast, and digest, the SHA-256 of its pixels.';

create table exchange.kyc_findings (
    case_id bigint not null,
    rule text not null,
    score integer not null,
    detail text not null default '',
    constraint kyc_findings_pkey primary key (case_id, rule),
    constraint kyc_findings_case_id_fkey foreign key (case_id) references exchange.kyc_cases (case_id),
    constraint kyc_findings_rule_fkey foreign key (rule) references exchange.kyc_rules (rule),
    constraint kyc_findings_score_range check (score between 0 and 100),
    constraint kyc_findings_detail_length check (length(detail) <= 500)
);
comment on table exchange.kyc_findings is 'What the automatic review found, a row a rule.';
comment on column exchange.kyc_findings.case_id is 'Of which case.';
comment on column exchange.kyc_findings.rule is 'By which rule.';
comment on column exchange.kyc_findings.score is '0 is no doubt, 100 is certainty that something is wrong.';
comment on column exchange.kyc_findings.detail is 'What it saw, for reviewers.';

create table exchange.kyc_events (
    kyc_event_id bigint not null generated always as identity,
    case_id bigint not null,
    happened_at timestamptz not null default clock_timestamp(),
    actor text not null,
    staff_id bigint,
    action text not null,
    detail jsonb not null default '{}',
    constraint kyc_events_pkey primary key (kyc_event_id),
    constraint kyc_events_case_id_fkey foreign key (case_id) references exchange.kyc_cases (case_id),
    constraint kyc_events_staff_id_fkey foreign key (staff_id) references staff.members (staff_id),
    constraint kyc_events_actor_known check (actor in ('owner', 'automatic', 'provider', 'reviewer', 'upkeep')),
    constraint kyc_events_reviewer_has_name check ((actor = 'reviewer') = (staff_id is not null))
);
create index kyc_events_case_id_idx on exchange.kyc_events (case_id, kyc_event_id);
comment on table exchange.kyc_events is 'The history of each case; only ever added to.';
comment on column exchange.kyc_events.kyc_event_id is 'Its number.';
comment on column exchange.kyc_events.case_id is 'Of which case.';
comment on column exchange.kyc_events.happened_at is 'When.';
comment on column exchange.kyc_events.actor is 'owner, automatic, provider, reviewer or upkeep.';
comment on column exchange.kyc_events.staff_id is 'Which reviewer.';
comment on column exchange.kyc_events.action is 'What was done.';
comment on column exchange.kyc_events.detail is 'What belongs to it.';

-- Latin letters in capitals, without marks and punctuation: how names are compared. Of the
-- migration, because the column below is made of it.
create function exchange.plain_name(name text) returns text
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select btrim(regexp_replace(
        regexp_replace(
            normalize(
                replace(replace(replace(replace(replace(
                    translate(upper(plain_name.name), 'ØŁĐÐı', 'OLDDI'),
                    'ß', 'SS'), 'ẞ', 'SS'), 'Æ', 'AE'), 'Œ', 'OE'), 'Þ', 'TH'),
                nfkd),
            '[\u0300-\u036f''`’]', '', 'g'),
        '[\s!-/:-@\[-_{-~]+', ' ', 'g'))
$$;
comment on function exchange.plain_name(text) is 'A name as names are compared: capitals, without marks and punctuation.';

create table exchange.sanctions (
    sanction_id bigint not null generated always as identity,
    list text not null,
    name text not null,
    birth_year integer,
    country text,
    loaded_at timestamptz not null default now(),
    plain_name text not null generated always as (exchange.plain_name(name)) stored,
    constraint sanctions_pkey primary key (sanction_id),
    constraint sanctions_list_form check (list ~ '^[A-Za-z0-9_.-]{1,40}$'),
    constraint sanctions_name_length check (length(name) between 2 and 300),
    constraint sanctions_birth_year_range check (birth_year between 1850 and 2100)
);
create index sanctions_plain_name_idx on exchange.sanctions using gin (plain_name public.gin_trgm_ops);
create index sanctions_list_idx on exchange.sanctions (list);
comment on table exchange.sanctions is 'Names that are screened against, loaded from lists: a name and each of its aliases is a row.';
comment on column exchange.sanctions.sanction_id is 'Names the row.';
comment on column exchange.sanctions.list is 'From which list; loading a list replaces it.';
comment on column exchange.sanctions.name is 'As the list has it.';
comment on column exchange.sanctions.birth_year is 'Where the list has one.';
comment on column exchange.sanctions.country is 'Where the list has one.';
comment on column exchange.sanctions.loaded_at is 'When.';
comment on column exchange.sanctions.plain_name is 'As names are compared.';

insert into exchange.streams (stream_id, name) values (10012, 'kyc');

insert into staff.actions (action, proposer_roles, decider_roles) values
    ('set_kyc_limits', '{risk}', '{risk,administrator}');
