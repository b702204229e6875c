create function proof.forget_pages(age_days integer, limit_proofs integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    forgotten integer;
begin
    with old as (
        select p.proof_id from proof.proofs p
        where p.made_at < now() - make_interval(days => forget_pages.age_days)
            and exists (select from proof.pages g where g.proof_id = p.proof_id)
        order by p.proof_id
        limit greatest(forget_pages.limit_proofs, 0)
    ), gone as (
        delete from proof.pages g using old o where g.proof_id = o.proof_id
    )
    select count(*) into forgotten from old;
    delete from proof.reconciliations r where r.compared_at < now() - interval '400 days';
    return forgotten;
end $$;
comment on function proof.forget_pages(integer, integer) is 'Forgets the leaves of proofs older than so many days, so many proofs at most, and comparisons older than 400 days; returns of how many proofs. The roots stay.';
