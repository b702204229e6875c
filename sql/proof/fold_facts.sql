create function proof.fold_facts(network_id integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Of each kind at a time; what is left waits for the next comparison, and is counted meanwhile too.
    at_most constant integer := 10000;
begin
    with folded as (
        delete from proof.fact_changes f
        where f.fact_change_id in (
            select c.fact_change_id from proof.fact_changes c
            where c.network_id = fold_facts.network_id
            order by c.fact_change_id limit at_most for update skip locked)
        returning f.asset_id, f.term, f.amount
    )
    insert into proof.fact_totals as t (network_id, asset_id, term, amount)
    select fold_facts.network_id, f.asset_id, f.term, sum(f.amount) from folded f group by f.asset_id, f.term
    on conflict (network_id, asset_id, term) do update set amount = t.amount + excluded.amount;

    -- Nobody is waited for: who holds a payment is about to change it.
    update chain.payments p set is_even = true
    where p.payment_id in (
        select e.payment_id from chain.payments e
        where e.network_id = fold_facts.network_id and not e.is_even and e.ended_at is not null
            and not exists (select from proof.uneven_attempts(e) u)
        order by e.payment_id limit at_most for no key update skip locked);
end $$;
comment on function proof.fold_facts(integer) is 'Adds what has changed to the totals of the comparison, and marks ended payments that have nothing to add to it. For proof.record_reconciliation.';
