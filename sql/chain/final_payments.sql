create function chain.final_payments(network_id integer) returns table (payment_id bigint, is_success boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.payment_id, a.is_success
    from chain.payments p
    join chain.attempts a on a.payment_id = p.payment_id and a.state = 'mined' and a.is_success is not null
    join chain.blocks b on b.network_id = a.network_id and b.hash = a.block_hash and b.is_active
    join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
    where p.network_id = final_payments.network_id and p.ended_at is null
        and a.block_height <= (
            select max(t.height) from chain.blocks t where t.network_id = final_payments.network_id and t.is_active
        ) - c.large_confirmations + 1
$$;
comment on function chain.final_payments(integer) is 'Open payments whose outcome has its coin''s large_confirmations, counted on the active blocks. For other functions.';
