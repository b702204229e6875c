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
