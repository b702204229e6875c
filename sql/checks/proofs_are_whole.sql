create view checks.proofs_are_whole as
select r.proof_id, r.asset_id, r.sum, r.leaves, g.sum as leaves_sum, g.leaves as leaves_found
from proof.roots r
join exchange.assets a on a.asset_id = r.asset_id
left join lateral (
    select chain.amount_of_atoms(sum(g.sum_atoms)::text, a.scale) as sum, sum(cardinality(g.account_ids)) as leaves
    from proof.pages g
    where g.proof_id = r.proof_id and g.asset_id = r.asset_id
) g on true
where r.proof_id = (select max(p.proof_id) from proof.proofs p)
    and (r.sum, r.leaves) is distinct from (coalesce(g.sum, 0), coalesce(g.leaves, 0));
comment on view checks.proofs_are_whole is 'Roots of the newest proof whose sum or number of leaves is not that of the leaves that are stored.';
