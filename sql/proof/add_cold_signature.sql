create function proof.add_cold_signature(proof_id bigint, network_id integer, public_key bytea, signature bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    insert into proof.signatures (proof_id, network_id, holder, public_key, signature)
    values (
        add_cold_signature.proof_id, add_cold_signature.network_id, 'cold', add_cold_signature.public_key,
        add_cold_signature.signature)
    on conflict do nothing;
    return found;
end $$;
comment on function proof.add_cold_signature(bigint, integer, bytea, bytea) is 'Stores what a key of the cold wallet has signed offline; false where it was stored before. Whether it is right everybody can verify. The operator''s alone.';
