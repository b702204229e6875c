-- Withdrawals: what reviews, quiet hours and the address book need besides.

alter table exchange.kyc_levels
    add column review_ppm integer not null default 1000000,
    add constraint kyc_levels_review_ppm_range check (review_ppm between 0 and 100000000);
comment on column exchange.kyc_levels.review_ppm is 'Millionths of a coin''s review_above and second_review_above that count for the level: less for those who are known less.';
update exchange.kyc_levels set review_ppm = 250000 where level = 1;
update exchange.kyc_levels set review_ppm = 2000000 where level = 3;

alter table exchange.accounts
    add column book_only_ends_at timestamptz,
    add constraint accounts_book_only_ends_while_on check (book_only_ends_at is null or withdrawals_to_book_only);
comment on column exchange.accounts.book_only_ends_at is 'The owner has taken withdrawals_to_book_only back: it counts until then.';

alter table exchange.withdrawal_addresses
    drop constraint withdrawal_addresses_label_length,
    add constraint withdrawal_addresses_label_length check (length(label) between 1 and 64);

create index withdrawals_activity_id_idx on exchange.withdrawals (activity_id);
create index withdrawals_ledger_idx on exchange.withdrawals (account_id, asset_id, ended_at, withdrawal_id) where state = 'confirmed';
create index withdrawals_received_idx on exchange.withdrawals (internal_account_id, asset_id, ended_at, withdrawal_id)
    where state = 'confirmed' and internal_account_id is not null;

create table chain.fee_hours (
    network_id integer not null,
    hour smallint not null,
    rate numeric not null,
    usual_rate numeric not null,
    days integer not null,
    measured_at timestamptz not null default now(),
    constraint fee_hours_pkey primary key (network_id, hour),
    constraint fee_hours_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint fee_hours_hour_range check (hour between 0 and 23),
    constraint fee_hours_rates_positive check (rate > 0 and usual_rate > 0 and rate < 'infinity' and usual_rate < 'infinity'),
    constraint fee_hours_days_positive check (days > 0)
);
comment on table chain.fee_hours is 'What a unit of a block costs at each hour of the day, as measured over the last 28 days: tells quiet hours.';
comment on column chain.fee_hours.network_id is 'On which network.';
comment on column chain.fee_hours.hour is 'Hour of the day, UTC.';
comment on column chain.fee_hours.rate is 'Median of that hour, in atoms a unit.';
comment on column chain.fee_hours.usual_rate is 'Median of all hours.';
comment on column chain.fee_hours.days is 'On how many days that hour was measured.';
comment on column chain.fee_hours.measured_at is 'When it was computed.';

insert into staff.actions (action, proposer_roles, decider_roles) values
    ('lift_withdrawal_halt', '{risk,finance,administrator}', '{risk,finance,administrator}');
