create function proof.unsigned_statements(signer text)
returns table (proof_id bigint, network_id integer, family text, holder text, message text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.proof_id, s.network_id, n.family, w.role, s.message
    from proof.statements s
    join proof.proofs p on p.proof_id = s.proof_id and p.made_at > now() - interval '7 days'
    join chain.networks n on n.network_id = s.network_id
    join chain.wallets w on w.network_id = s.network_id and (w.role = 'hot' or w.role = 'gas' and unsigned_statements.signer = 'a')
    where not exists (
        select from proof.signatures g
        where g.proof_id = s.proof_id and g.network_id = s.network_id and g.signer = unsigned_statements.signer and g.holder = w.role)
    order by s.proof_id, s.network_id, w.role
$$;
comment on function proof.unsigned_statements(text) is 'Statements of the last week that a signer (a or b) has not signed: both sign for the hot wallet, a for the gas account too.';
