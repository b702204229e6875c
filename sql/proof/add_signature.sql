create function proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if session_user <> 'exchange_signer_' || add_signature.signer then
        raise exception 'signer % signs as its own role', add_signature.signer using errcode = 'insufficient_privilege';
    end if;
    insert into proof.signatures (proof_id, network_id, signer, holder, public_key, signature)
    values (
        add_signature.proof_id, add_signature.network_id, add_signature.signer, add_signature.holder, add_signature.public_key,
        add_signature.signature)
    on conflict do nothing;
end $$;
comment on function proof.add_signature(text, bigint, integer, text, bytea, bytea) is 'Stores a signer''s signature over a statement; a second one is ignored. Whether it is right everybody can verify.';
