create function chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reserved integer;
begin
    update chain.outputs o set payment_id = p.payment_id
    from chain.payments p, unnest(reserve_outputs.txids, reserve_outputs.output_indexes) as wanted (txid, output_index)
    where p.payment_id = reserve_outputs.payment_id and o.network_id = p.network_id
        and o.txid = wanted.txid and o.output_index = wanted.output_index
        and o.spent_txid is null and o.block_hash is not null
        and (o.payment_id is null or o.payment_id = p.payment_id);
    get diagnostics reserved = row_count;
    if reserved <> cardinality(reserve_outputs.txids) then
        raise exception 'an output is spent or reserved meanwhile' using errcode = 'serialization_failure';
    end if;
end $$;
comment on function chain.reserve_outputs(bigint, bytea[], integer[]) is 'Gives outputs to a payment: no other may spend them. For the planner.';
