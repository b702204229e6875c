-- The risk engine: versioned rules over a fixed list of conditions, the activities that they judge,
-- and what was found. Orders are judged by the extension by the same rules; their history is orders
-- and trades.

create schema risk;
comment on schema risk is 'Rules that guard registrations, logins, orders, deposits, withdrawals and security changes, and what they found.';

create table risk.kinds (
    kind text not null,
    points text[] not null,
    parameters jsonb not null,
    description text not null,
    constraint kinds_pkey primary key (kind),
    constraint kinds_kind_form check (kind ~ '^[a-z][a-z0-9_]{2,31}$'),
    constraint kinds_points_known check (
        cardinality(points) > 0
        and points <@ array['registration', 'login', 'order', 'deposit', 'withdrawal', 'security_change'])
);
comment on table risk.kinds is 'The conditions that rules are made of: each is a function of schema risk of the same name. A rule gives the parameters; nobody gives SQL.';
comment on column risk.kinds.kind is 'Name of the condition, and of its function.';
comment on column risk.kinds.points is 'Where it may be asked.';
comment on column risk.kinds.parameters is 'Its parameters, all required: name to type (integer with least and most; decimal; asset; name).';
comment on column risk.kinds.description is 'When the condition is met.';

insert into risk.kinds (kind, points, parameters, description) values
    ('registrations_per_address', '{registration}',
        '{"most": {"type": "integer", "least": 0, "most": 1000000}, "within_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'More registrations than most from the network of this address (an IPv6 network is a /64) within the time.'),
    ('registrations_per_device', '{registration}',
        '{"most": {"type": "integer", "least": 0, "most": 1000000}, "within_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'More registrations than most from this device within the time.'),
    ('disposable_mail_domain', '{registration,security_change}', '{}',
        'The mail domain, or one that it is below, is in mail_domains.'),
    ('impossible_travel', '{login,withdrawal,security_change}',
        '{"most_km_per_hour": {"type": "integer", "least": 1, "most": 100000}, "least_km": {"type": "integer", "least": 0, "most": 20038}}',
        'The account came from so far away so shortly before that nobody travels so fast. Only addresses that networks knows.'),
    ('frequent_activity', '{login,deposit,withdrawal,security_change}',
        '{"most": {"type": "integer", "least": 0, "most": 1000000}, "within_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'More activities of the account at this point than most within the time; for withdrawals: velocity.'),
    ('order_rate', '{order}',
        '{"most": {"type": "integer", "least": 0, "most": 1000000000}, "within_seconds": {"type": "integer", "least": 1, "most": 86400}}',
        'More orders accepted of the account, this one included, than most in the window: time since 1970 is cut into windows of this length.'),
    ('order_notional', '{order}',
        '{"asset": {"type": "asset"}, "most": {"type": "decimal"}, "within_seconds": {"type": "integer", "least": 1, "most": 86400}}',
        'A greater notional of accepted orders of the account, this one included, than most in the window, over all markets that are paid in the asset.'),
    ('price_distance', '{order}',
        '{"most_ppm": {"type": "integer", "least": 0, "most": 1000000}}',
        'A limit price that is worse for the order''s owner than the last price by more than so many millionths of it.'),
    ('linked_trades', '{order}',
        '{"most": {"type": "integer", "least": 0, "most": 1000000}, "within_seconds": {"type": "integer", "least": 1, "most": 604800}}',
        'The account has traded with accounts linked to it more often than most in this market in the window, which is as for order_rate.'),
    ('large_deposit', '{deposit}',
        '{"asset": {"type": "asset"}, "most": {"type": "decimal"}}',
        'A deposit of more than most of the asset.'),
    ('new_withdrawal_address', '{withdrawal}',
        '{"cool_down_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'The account first named this address less than so long ago, or names it now for the first time.'),
    ('withdrawn_amount', '{withdrawal}',
        '{"asset": {"type": "asset"}, "most": {"type": "decimal"}, "within_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'Withdrawals of the account, this one included, of more than most of the asset within the time.'),
    ('level_limits', '{withdrawal}', '{}',
        'Withdrawals of the account, this one included, beyond what its level in exchange.kyc_levels allows in 24 hours or 30 days, valued in USDT; or of an asset that has no price.'),
    ('blacklisted_address', '{deposit,withdrawal}', '{}',
        'The address on the other side is in blacklist.'),
    ('after_security_change', '{login,deposit,withdrawal,security_change}',
        '{"within_seconds": {"type": "integer", "least": 1, "most": 31622400}}',
        'The account''s security was changed less than so long ago.'),
    ('first_withdrawal', '{withdrawal}', '{}',
        'No withdrawal of the account was let through before.'),
    ('account_listed', '{login,order,deposit,withdrawal,security_change}',
        '{"list": {"type": "name"}}',
        'The account is in this list of account_lists. With action allow: nothing else is asked of it.');

create table risk.rules (
    rule text not null,
    version integer not null,
    point text not null,
    kind text not null,
    parameters jsonb not null,
    action text not null,
    reason_code text not null,
    published_by bigint,
    valid_from timestamptz not null default clock_timestamp(),
    valid_until timestamptz,
    constraint rules_pkey primary key (rule, version),
    constraint rules_kind_fkey foreign key (kind) references risk.kinds (kind),
    constraint rules_published_by_fkey foreign key (published_by) references staff.members (staff_id),
    constraint rules_rule_form check (rule ~ '^[a-z][a-z0-9_]{2,31}$'),
    constraint rules_version_positive check (version > 0),
    constraint rules_point_known check (point in ('registration', 'login', 'order', 'deposit', 'withdrawal', 'security_change')),
    constraint rules_action_known check (action in ('allow', 'review', 'deny', 'hold')),
    constraint rules_hold_is_for_money check (action <> 'hold' or point in ('deposit', 'withdrawal')),
    constraint rules_allow_is_for_lists check (action <> 'allow' or kind = 'account_listed'),
    constraint rules_reason_code_form check (reason_code ~ '^[A-Z][A-Z0-9_]{2,39}$'),
    constraint rules_valid_forward check (valid_until >= valid_from)
);
create unique index rules_current_key on risk.rules (rule) where valid_until is null;
create index rules_point_idx on risk.rules (point) where valid_until is null;
comment on table risk.rules is 'Every version of every rule. A version is never changed: the next one, or the end of the rule, ends its time.';
comment on column risk.rules.rule is 'Name of the rule.';
comment on column risk.rules.version is 'Counts from 1 for each rule.';
comment on column risk.rules.point is 'What it guards.';
comment on column risk.rules.kind is 'Its condition.';
comment on column risk.rules.parameters is 'What the condition is given; checked against kinds.';
comment on column risk.rules.action is 'What happens when it is met: allow (nothing else is asked), review (goes on, somebody looks), deny, hold (money waits until it is released). Of several the strictest counts: deny, hold, review.';
comment on column risk.rules.reason_code is 'Why, for events and staff; the customer hears RISK_DENIED only.';
comment on column risk.rules.published_by is 'Staff member who proposed it; null: an operator with SQL.';
comment on column risk.rules.valid_from is 'From when on it counts.';
comment on column risk.rules.valid_until is 'Until when; null: now.';

create table risk.order_rules_state (
    only_row boolean not null default true,
    change bigint not null,
    constraint order_rules_state_pkey primary key (only_row),
    constraint order_rules_state_one_row check (only_row)
) with (fillfactor = 10);
comment on table risk.order_rules_state is 'Which change of rules and lists was the last: servers keep the rules of orders in memory and read them anew when this number is another one.';
comment on column risk.order_rules_state.only_row is 'True: there is one row.';
comment on column risk.order_rules_state.change is 'Drawn by lot, so that a number of a change that was rolled back never means another one.';
insert into risk.order_rules_state (change) values (0);

create table risk.activities (
    activity_id bigint not null generated always as identity,
    point text not null,
    account_id bigint,
    occurred_at timestamptz not null,
    verdict text not null,
    network inet,
    device text,
    asset_id integer,
    amount numeric,
    wallet text,
    facts jsonb not null,
    constraint activities_pkey primary key (activity_id),
    constraint activities_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint activities_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint activities_point_known check (point in ('registration', 'login', 'deposit', 'withdrawal', 'security_change')),
    constraint activities_verdict_known check (verdict in ('allow', 'review', 'deny', 'hold')),
    constraint activities_account_given check (point = 'registration' or account_id is not null),
    constraint activities_money_is_whole check ((point in ('deposit', 'withdrawal')) = (asset_id is not null and amount is not null)),
    constraint activities_amount_positive check (amount > 0 and amount < 'infinity'),
    constraint activities_device_length check (length(device) between 1 and 200),
    constraint activities_wallet_length check (length(wallet) between 1 and 200),
    constraint activities_facts_length check (length(facts::text) <= 8000)
);
create index activities_account_id_idx on risk.activities (account_id, point, occurred_at);
create index activities_wallet_idx on risk.activities (account_id, wallet, occurred_at) where wallet is not null;
create index activities_network_idx on risk.activities (network, point, occurred_at) where network is not null;
create index activities_device_idx on risk.activities (device, point, occurred_at) where device is not null;
create index activities_point_idx on risk.activities (point, occurred_at);
comment on table risk.activities is 'What was judged, whatever the verdict, orders aside: what later rules count, and what backtests run on.';
comment on column risk.activities.activity_id is 'Number of the activity.';
comment on column risk.activities.point is 'What was done.';
comment on column risk.activities.account_id is 'By whom; null for a registration, which has no account yet.';
comment on column risk.activities.occurred_at is 'When, as the rules saw it.';
comment on column risk.activities.verdict is 'What the rules said: allow, review, deny or hold.';
comment on column risk.activities.network is 'The network of the address it came from: the address itself, or the /64 of an IPv6 address.';
comment on column risk.activities.device is 'The device as the API knows it; no secret.';
comment on column risk.activities.asset_id is 'Deposit, withdrawal: of which asset.';
comment on column risk.activities.amount is 'Deposit, withdrawal: how much.';
comment on column risk.activities.wallet is 'The address of a chain on the other side: where a deposit came from, where a withdrawal goes, or an address that was saved.';
comment on column risk.activities.facts is 'All facts that the rules were given.';

create table risk.events (
    event_id bigint not null generated always as identity,
    occurred_at timestamptz not null,
    point text not null,
    account_id bigint,
    activity_id bigint,
    order_id bigint,
    rule text not null,
    version integer not null,
    action text not null,
    reason_code text not null,
    facts jsonb not null,
    observed jsonb not null,
    constraint events_pkey primary key (event_id),
    constraint events_activity_id_fkey foreign key (activity_id) references risk.activities (activity_id),
    constraint events_rule_fkey foreign key (rule, version) references risk.rules (rule, version),
    constraint events_action_known check (action in ('review', 'deny', 'hold')),
    constraint events_order_has_no_activity check ((point = 'order') = (activity_id is null))
);
create index events_account_id_idx on risk.events (account_id, event_id);
create index events_rule_idx on risk.events (rule, event_id);
create index events_activity_id_idx on risk.events (activity_id) where activity_id is not null;
create index events_waiting_idx on risk.events (event_id) where action in ('review', 'hold');
comment on table risk.events is 'Every rule that was met and did not allow, with the facts it saw. Each is a message of the stream risk too.';
comment on column risk.events.event_id is 'Number of the event.';
comment on column risk.events.occurred_at is 'When.';
comment on column risk.events.point is 'What was judged.';
comment on column risk.events.account_id is 'Whose.';
comment on column risk.events.activity_id is 'The activity; null for orders.';
comment on column risk.events.order_id is 'The order that was accepted all the same, for review.';
comment on column risk.events.rule is 'The rule that was met.';
comment on column risk.events.version is 'Its version.';
comment on column risk.events.action is 'The rule''s action.';
comment on column risk.events.reason_code is 'The rule''s reason.';
comment on column risk.events.facts is 'The facts that the rule was given.';
comment on column risk.events.observed is 'What its condition found: counts, sums, distances.';

create table risk.reviews (
    event_id bigint not null,
    decision text not null,
    note text not null,
    decided_by bigint,
    decided_at timestamptz not null default now(),
    constraint reviews_pkey primary key (event_id),
    constraint reviews_event_id_fkey foreign key (event_id) references risk.events (event_id),
    constraint reviews_decided_by_fkey foreign key (decided_by) references staff.members (staff_id),
    constraint reviews_decision_known check (decision in ('released', 'upheld')),
    constraint reviews_note_length check (length(note) between 1 and 1000)
);
comment on table risk.reviews is 'What somebody decided about an event of action review or hold; what is not here still waits.';
comment on column risk.reviews.event_id is 'The event.';
comment on column risk.reviews.decision is 'released: it was all right, held money goes on; upheld: it was not.';
comment on column risk.reviews.note is 'Why, in words.';
comment on column risk.reviews.decided_by is 'Staff member; null: an operator with SQL.';
comment on column risk.reviews.decided_at is 'When.';

create table risk.links (
    account_id bigint not null,
    linked_account_id bigint not null,
    because text not null,
    linked_at timestamptz not null default now(),
    constraint links_pkey primary key (account_id, linked_account_id),
    constraint links_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint links_linked_account_id_fkey foreign key (linked_account_id) references exchange.accounts (account_id),
    constraint links_accounts_differ check (account_id <> linked_account_id),
    constraint links_because_length check (length(because) between 1 and 200)
);
create index links_linked_account_id_idx on risk.links (linked_account_id);
comment on table risk.links is 'Accounts that seem to be one person''s. Each link is there twice, once from each side.';
comment on column risk.links.account_id is 'One account.';
comment on column risk.links.linked_account_id is 'The other.';
comment on column risk.links.because is 'Why: same device, or what somebody found out.';
comment on column risk.links.linked_at is 'Since when it is known.';

alter table exchange.accounts add column is_linked boolean not null default false;
comment on column exchange.accounts.is_linked is 'Whether risk.links knows the account: only then are its orders looked at for trades with linked accounts.';

alter table exchange.mail_requests
    add column device text,
    add constraint mail_requests_device_length check (length(device) between 1 and 200);
comment on column exchange.mail_requests.device is 'From which device it was asked, where it has a token of an earlier login: hash of that.';

create table risk.account_lists (
    list text not null,
    account_id bigint not null,
    added_at timestamptz not null default now(),
    constraint account_lists_pkey primary key (list, account_id),
    constraint account_lists_account_id_fkey foreign key (account_id) references exchange.accounts (account_id),
    constraint account_lists_list_form check (list ~ '^[a-z][a-z0-9_]{2,31}$')
);
comment on table risk.account_lists is 'Named lists of accounts, such as market makers, for rules of kind account_listed. Short: servers keep them in memory.';
comment on column risk.account_lists.list is 'Name of the list.';
comment on column risk.account_lists.account_id is 'Account in it.';
comment on column risk.account_lists.added_at is 'Since when.';

create table risk.mail_domains (
    domain text not null,
    constraint mail_domains_pkey primary key (domain),
    constraint mail_domains_domain_form check (domain = lower(domain) and domain ~ '^[^@\s.]+(\.[^@\s.]+)+$')
);
comment on table risk.mail_domains is 'Domains of disposable mail addresses; loaded by the operator (copy). What is below a domain counts as well.';
comment on column risk.mail_domains.domain is 'In lower case, such as mailinator.com.';

create table risk.networks (
    network cidr not null,
    country text,
    latitude numeric(8, 5) not null,
    longitude numeric(8, 5) not null,
    constraint networks_pkey primary key (network),
    constraint networks_country_form check (country ~ '^[A-Z]{2}$'),
    constraint networks_latitude_range check (latitude between -90 and 90),
    constraint networks_longitude_range check (longitude between -180 and 180)
);
create index networks_network_idx on risk.networks using gist (network inet_ops);
comment on table risk.networks is 'Where networks are; loaded by the operator (copy) from a geo database. Empty: no rule of places is ever met.';
comment on column risk.networks.network is 'The network; of several the smallest counts.';
comment on column risk.networks.country is 'ISO 3166-1 alpha-2.';
comment on column risk.networks.latitude is 'Degrees north.';
comment on column risk.networks.longitude is 'Degrees east.';

create table risk.blacklist (
    wallet text not null,
    because text not null,
    added_at timestamptz not null default now(),
    constraint blacklist_pkey primary key (wallet),
    constraint blacklist_wallet_length check (length(wallet) between 1 and 200)
);
comment on table risk.blacklist is 'Addresses of chains from which nothing is taken and to which nothing is sent; loaded by the operator (copy).';
comment on column risk.blacklist.wallet is 'Exactly as chains write it.';
comment on column risk.blacklist.because is 'Who says so, or why.';
comment on column risk.blacklist.added_at is 'Since when.';

insert into staff.actions (action, proposer_roles, decider_roles) values
    ('publish_risk_rule', '{risk}', '{risk,administrator}'),
    ('end_risk_rule', '{risk}', '{risk,administrator}');

-- A rule fits its kind, and a version never changes.
create function risk.check_rule() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        perform risk.require_sound_rule(new.point, new.kind, new.parameters, new.action);
        return new;
    end if;
    if tg_op = 'DELETE' or old.valid_until is not null
        or (to_jsonb(new) - 'valid_until') is distinct from (to_jsonb(old) - 'valid_until') then
        raise exception 'a version of a rule is never changed or removed; publish the next one'
            using errcode = 'check_violation', constraint = 'rules_only_end', schema = 'risk', table = 'rules';
    end if;
    return new;
end $$;
comment on function risk.check_rule() is 'Refuses a rule whose parameters do not fit its kind, and every change of a version but its end.';
create trigger rules_check before insert or update or delete on risk.rules
    for each row execute function risk.check_rule();

create function risk.tell_servers() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update risk.order_rules_state set change = hashtextextended(gen_random_uuid()::text, 0);
    return null;
end $$;
comment on function risk.tell_servers() is 'Makes the servers that judge orders read the rules anew.';
create trigger rules_tell after insert or update or delete on risk.rules
    for each statement execute function risk.tell_servers();
create trigger account_lists_tell after insert or update or delete or truncate on risk.account_lists
    for each statement execute function risk.tell_servers();

create function risk.mark_linked() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update exchange.accounts a set is_linked = true
    where a.account_id = new.account_id and not a.is_linked;
    return null;
end $$;
comment on function risk.mark_linked() is 'Says in accounts that risk.links knows the account.';
create trigger links_mark after insert on risk.links
    for each row execute function risk.mark_linked();

-- What was recorded before there were rules.
insert into risk.activities (point, occurred_at, verdict, facts)
select 'registration', a.created_at, 'allow', jsonb_build_object('mail_domain', split_part(a.email, '@', 2))
from exchange.accounts a where a.role = 'user' order by a.account_id;
insert into risk.activities (point, account_id, occurred_at, verdict, network, facts)
select 'login', s.account_id, s.created_at, 'allow',
    case when family(s.address) = 6 then network(set_masklen(s.address, 64))::inet else s.address end,
    jsonb_strip_nulls(jsonb_build_object('address', host(s.address)))
from exchange.sessions s order by s.session_id;
