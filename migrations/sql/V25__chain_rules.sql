-- Rules of chains: what an approval had to satisfy.

create table exchange.withdrawal_approvals (
    withdrawal_id bigint not null,
    required_reviews smallint not null,
    approved_at timestamptz not null default now(),
    constraint withdrawal_approvals_pkey primary key (withdrawal_id),
    constraint withdrawal_approvals_withdrawal_id_fkey foreign key (withdrawal_id) references exchange.withdrawals (withdrawal_id),
    constraint withdrawal_approvals_required_reviews_range check (required_reviews between 0 and 2)
);
comment on table exchange.withdrawal_approvals is 'What a withdrawal had to satisfy when it was approved. Only ever added to: later rules do not undo an approval, and nobody lowers what it needed.';
comment on column exchange.withdrawal_approvals.withdrawal_id is 'The withdrawal.';
comment on column exchange.withdrawal_approvals.required_reviews is 'How many reviewers had to approve it, by the rules of that moment.';
comment on column exchange.withdrawal_approvals.approved_at is 'When.';
insert into exchange.withdrawal_approvals (withdrawal_id, required_reviews, approved_at)
select w.withdrawal_id, w.required_reviews, w.approved_at from exchange.withdrawals w where w.approved_at is not null;
create trigger withdrawal_approvals_only_added before update or delete or truncate on exchange.withdrawal_approvals
    for each statement execute function audit.refuse_change();
alter table exchange.withdrawal_approvals enable always trigger withdrawal_approvals_only_added;

-- Withdrawals to new addresses go on as soon as their time has passed.
alter table exchange.withdrawals add column cool_down_ends_at timestamptz;
comment on column exchange.withdrawals.cool_down_ends_at is 'When the next hold of the risk rules ends by itself because the address is known long enough by then; null: none does.';
update exchange.withdrawals w set cool_down_ends_at = (
    select min((e.observed ->> 'known_since')::timestamptz + make_interval(secs => (l.parameters ->> 'cool_down_seconds')::integer))
    from risk.events e
    join risk.rules l on l.rule = e.rule and l.version = e.version and l.kind = 'new_withdrawal_address'
    where e.activity_id = w.activity_id and e.action = 'hold'
        and not exists (select from risk.reviews r where r.event_id = e.event_id))
where w.state = 'requested' and w.is_risk_held;
create index withdrawals_cool_down_idx on exchange.withdrawals (cool_down_ends_at)
    where state = 'requested' and is_risk_held and cool_down_ends_at is not null;

-- What another account of the exchange paid is listed among the receiver's deposits.
alter table exchange.withdrawals add column receipt_id bigint;
comment on column exchange.withdrawals.receipt_id is 'An internal one that was paid: its number in the receiver''s list of deposits, out of the same sequence as theirs.';
update exchange.withdrawals w set receipt_id = numbered.receipt_id
from (
    select paid.withdrawal_id, nextval(pg_get_serial_sequence('exchange.deposits', 'deposit_id')) as receipt_id
    from (
        select i.withdrawal_id from exchange.withdrawals i
        where i.internal_account_id is not null and i.state = 'confirmed'
        order by i.ended_at, i.withdrawal_id) paid) numbered
where numbered.withdrawal_id = w.withdrawal_id;
alter table exchange.withdrawals add constraint withdrawals_receipt_of_internal
    check ((receipt_id is not null) = (internal_account_id is not null and state = 'confirmed'));
create unique index withdrawals_receipt_id_key on exchange.withdrawals (internal_account_id, receipt_id) where receipt_id is not null;

-- What the comparison of chains and books adds up, kept as it comes: facts that are counted never need to be read again.
create table proof.fact_totals (
    network_id integer not null,
    asset_id integer not null,
    term text not null,
    amount numeric not null,
    constraint fact_totals_pkey primary key (network_id, asset_id, term),
    constraint fact_totals_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint fact_totals_asset_id_fkey foreign key (asset_id) references exchange.assets (asset_id),
    constraint fact_totals_term_known check (term in ('credited', 'not_credited', 'reserves', 'withdrawn', 'costs')),
    constraint fact_totals_amount_finite check (amount > '-infinity' and amount < 'infinity')
);
comment on table proof.fact_totals is 'Sums of the facts of a network, as they enter the comparison. A term is this and its rows in fact_changes.';
comment on column proof.fact_totals.network_id is 'Of which network.';
comment on column proof.fact_totals.asset_id is 'Of which asset.';
comment on column proof.fact_totals.term is 'Which of the comparison''s sums (decision 20).';
comment on column proof.fact_totals.amount is 'The sum, with its sign.';

create table proof.fact_changes (
    fact_change_id bigint not null generated always as identity,
    network_id integer not null,
    asset_id integer not null,
    term text not null,
    amount numeric not null,
    constraint fact_changes_pkey primary key (fact_change_id),
    constraint fact_changes_term_known check (term in ('credited', 'not_credited', 'reserves', 'withdrawn', 'costs')),
    constraint fact_changes_amount_not_zero check (amount <> 0 and amount > '-infinity' and amount < 'infinity')
);
create index fact_changes_network_id_idx on proof.fact_changes (network_id, fact_change_id);
comment on table proof.fact_changes is 'What statements changed of these sums, one row a statement, asset and term: nobody waits for a total. Added to the totals and deleted at each comparison.';
comment on column proof.fact_changes.fact_change_id is 'Number of the change.';
comment on column proof.fact_changes.network_id is 'Of which network.';
comment on column proof.fact_changes.asset_id is 'Of which asset.';
comment on column proof.fact_changes.term is 'Which sum.';
comment on column proof.fact_changes.amount is 'By how much.';

insert into proof.fact_totals (network_id, asset_id, term, amount)
select d.network_id, e.asset_id, 'credited', sum(e.amount)
from exchange.deposit_entries e join exchange.deposits d on d.deposit_id = e.deposit_id
group by d.network_id, e.asset_id
union all
select d.network_id, d.asset_id, 'not_credited', sum(d.amount)
from exchange.deposits d where d.block_hash is not null and d.state <> 'credited'
group by d.network_id, d.asset_id
union all
select r.network_id, r.asset_id, 'reserves', sum(r.amount) from exchange.reserve_entries r group by r.network_id, r.asset_id
union all
select w.network_id, w.asset_id, 'withdrawn', - sum(w.amount)
from exchange.withdrawals w where w.state = 'confirmed' and w.internal_account_id is null
group by w.network_id, w.asset_id
union all
select t.network_id, c.asset_id, 'costs', - sum(c.amount)
from exchange.network_costs c join chain.attempts t on t.attempt_id = c.attempt_id
group by t.network_id, c.asset_id;

create function proof.count_deposit_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into proof.fact_changes (network_id, asset_id, term, amount)
    select d.network_id, e.asset_id, 'credited', sum(e.amount)
    from added e join exchange.deposits d on d.deposit_id = e.deposit_id
    group by d.network_id, e.asset_id having sum(e.amount) <> 0;
    return null;
end $$;
comment on function proof.count_deposit_entries() is 'Counts credits and their reversals.';
create trigger deposit_entries_count after insert on exchange.deposit_entries
    referencing new table as added for each statement execute function proof.count_deposit_entries();

create function proof.count_reserve_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into proof.fact_changes (network_id, asset_id, term, amount)
    select r.network_id, r.asset_id, 'reserves', sum(r.amount)
    from added r group by r.network_id, r.asset_id having sum(r.amount) <> 0;
    return null;
end $$;
comment on function proof.count_reserve_entries() is 'Counts what came into wallets, and losses.';
create trigger reserve_entries_count after insert on exchange.reserve_entries
    referencing new table as added for each statement execute function proof.count_reserve_entries();

create function proof.count_network_costs() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select t.network_id, c.asset_id, 'costs', - sum(c.amount)
        from added c join chain.attempts t on t.attempt_id = c.attempt_id
        group by t.network_id, c.asset_id;
    else
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select t.network_id, c.asset_id, 'costs', sum(c.amount)
        from removed c join chain.attempts t on t.attempt_id = c.attempt_id
        group by t.network_id, c.asset_id;
    end if;
    return null;
end $$;
comment on function proof.count_network_costs() is 'Counts what networks were paid.';
create trigger network_costs_count after insert on exchange.network_costs
    referencing new table as added for each statement execute function proof.count_network_costs();
create trigger network_costs_uncount after delete on exchange.network_costs
    referencing old table as removed for each statement execute function proof.count_network_costs();

create function proof.count_withdrawals() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select w.network_id, w.asset_id, 'withdrawn', - sum(w.amount)
        from added w where w.state = 'confirmed' and w.internal_account_id is null
        group by w.network_id, w.asset_id;
    else
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select c.network_id, c.asset_id, 'withdrawn', sum(c.amount)
        from (
            select w.network_id, w.asset_id, w.state, w.internal_account_id, - w.amount as amount from added w
            union all
            select w.network_id, w.asset_id, w.state, w.internal_account_id, w.amount from removed w) c
        where c.state = 'confirmed' and c.internal_account_id is null
        group by c.network_id, c.asset_id having sum(c.amount) <> 0;
    end if;
    return null;
end $$;
comment on function proof.count_withdrawals() is 'Counts withdrawals that the ledger has.';
create trigger withdrawals_count after insert on exchange.withdrawals
    referencing new table as added for each statement execute function proof.count_withdrawals();
create trigger withdrawals_recount after update on exchange.withdrawals
    referencing old table as removed new table as added for each statement execute function proof.count_withdrawals();

create function proof.count_deposits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select d.network_id, d.asset_id, 'not_credited', sum(d.amount)
        from added d where d.block_hash is not null and d.state <> 'credited'
        group by d.network_id, d.asset_id;
    else
        insert into proof.fact_changes (network_id, asset_id, term, amount)
        select c.network_id, c.asset_id, 'not_credited', sum(c.amount)
        from (
            select d.network_id, d.asset_id, d.block_hash, d.state, d.amount from added d
            union all
            select d.network_id, d.asset_id, d.block_hash, d.state, - d.amount from removed d) c
        where c.block_hash is not null and c.state <> 'credited'
        group by c.network_id, c.asset_id having sum(c.amount) <> 0;
    end if;
    return null;
end $$;
comment on function proof.count_deposits() is 'Counts deposits that a block holds and the ledger has not.';
create trigger deposits_count after insert on exchange.deposits
    referencing new table as added for each statement execute function proof.count_deposits();
create trigger deposits_recount after update on exchange.deposits
    referencing old table as removed new table as added for each statement execute function proof.count_deposits();

alter table chain.payments add column is_even boolean not null default false,
    add constraint payments_even_when_ended check (not is_even or ended_at is not null);
comment on column chain.payments.is_even is 'It has ended, and all of it is in the ledger: the comparison need not look at it.';
create index payments_uneven_idx on chain.payments (network_id, payment_id) where not is_even;

-- Where a Bitcoin deposit comes from: every output that its transaction spends, as a node tells.
alter table exchange.deposits add column are_sources_known boolean not null default false;
comment on column exchange.deposits.are_sources_known is 'bitcoin: where it comes from was asked and is in deposit_sources; it is judged after that. Other families say it at once.';
create index deposits_unsourced_idx on exchange.deposits (network_id, deposit_id) where state = 'pending' and not are_sources_known;
create table exchange.deposit_sources (
    network_id integer not null,
    txid bytea not null,
    address text not null,
    constraint deposit_sources_pkey primary key (network_id, txid, address),
    constraint deposit_sources_network_id_fkey foreign key (network_id) references chain.networks (network_id),
    constraint deposit_sources_txid_length check (octet_length(txid) = 32),
    constraint deposit_sources_address_length check (length(address) between 1 and 100)
);
comment on table exchange.deposit_sources is 'Whose outputs the transaction of a deposit spends: each is asked of the blacklist.';
comment on column exchange.deposit_sources.network_id is 'On which network.';
comment on column exchange.deposit_sources.txid is 'The transaction.';
comment on column exchange.deposit_sources.address is 'Owner of an output that it spends: its address; of a bare key the address of the key''s hash.';

-- Files that a refill was exported as: a later one pays a higher fee, and spends what the earlier one spends.
create table chain.refill_versions (
    payment_id bigint not null,
    number integer not null,
    identity_hash bytea not null,
    plan jsonb not null,
    exported_at timestamptz not null default now(),
    constraint refill_versions_pkey primary key (payment_id, number),
    constraint refill_versions_identity_hash_key unique (payment_id, identity_hash),
    constraint refill_versions_payment_id_fkey foreign key (payment_id) references chain.payments (payment_id),
    constraint refill_versions_number_positive check (number between 1 and 100),
    constraint refill_versions_identity_hash_length check (octet_length(identity_hash) = 32)
);
create index refill_versions_identity_hash_idx on chain.refill_versions (identity_hash);
comment on table chain.refill_versions is 'What was exported to be signed offline for a refill. All versions use up the same outputs, or the same number of the Safe: one at most can be mined.';
comment on column chain.refill_versions.payment_id is 'The refill.';
comment on column chain.refill_versions.number is 'Counts from 1.';
comment on column chain.refill_versions.identity_hash is 'The hash that the file is known by when it comes back.';
comment on column chain.refill_versions.plan is 'What was exported.';
comment on column chain.refill_versions.exported_at is 'When.';
insert into chain.refill_versions (payment_id, number, identity_hash, plan, exported_at)
select p.payment_id, 1, p.identity_hash, p.plan, p.created_at from chain.payments p where p.purpose = 'refill';

-- Statements of reserves are signed by the keys of the cold wallet too, offline: by key, because they are no signer's.
alter table proof.signatures
    drop constraint signatures_pkey,
    drop constraint signatures_holder_known,
    alter column signer drop not null,
    add constraint signatures_pkey primary key (proof_id, network_id, holder, public_key),
    add constraint signatures_holder_known check (holder in ('hot', 'gas', 'cold')),
    add constraint signatures_signer_of_holder check ((signer is null) = (holder = 'cold'));
create unique index signatures_signer_key on proof.signatures (proof_id, network_id, signer, holder) where signer is not null;
comment on column proof.signatures.signer is 'Which signer signed; null: an owner of the cold wallet, offline.';
