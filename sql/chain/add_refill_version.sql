create function chain.add_refill_version(payment_id bigint, identity_hash bytea, plan jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from chain.payments p
    where p.payment_id = add_refill_version.payment_id and p.purpose = 'refill' and p.ended_at is null for no key update;
    -- What a block holds is done: nothing replaces it.
    if not found or exists (
        select from chain.attempts a where a.payment_id = add_refill_version.payment_id and a.state = 'mined') then
        return false;
    end if;
    insert into chain.refill_versions (payment_id, number, identity_hash, plan)
    select add_refill_version.payment_id, coalesce(max(v.number), 0) + 1, add_refill_version.identity_hash, add_refill_version.plan
    from chain.refill_versions v where v.payment_id = add_refill_version.payment_id;
    return true;
end $$;
comment on function chain.add_refill_version(bigint, bytea, jsonb) is 'Writes down what is exported for a refill, after chain.reserve_outputs. False: it has ended, or a block holds it. For the operator.';
