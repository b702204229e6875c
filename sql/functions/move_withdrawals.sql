create function exchange.move_withdrawals(withdrawal_ids bigint[], state text, payment_id bigint default null) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moved record;
    comes_from text[];
    changed bigint[] := '{}';
begin
    comes_from := case move_withdrawals.state
        when 'approved' then case when move_withdrawals.payment_id is null
            then array['approved', 'signed', 'broadcast'] else array['approved'] end
        when 'signed' then array['approved', 'signed']
        when 'broadcast' then array['signed', 'broadcast']
    end;
    if comes_from is null or (move_withdrawals.payment_id is null and move_withdrawals.state <> 'approved') then
        raise exception 'a withdrawal does not become % with payment %', move_withdrawals.state, move_withdrawals.payment_id
            using errcode = 'invalid_parameter_value';
    end if;
    for moved in
        select * from exchange.withdrawals w
        where w.withdrawal_id = any (move_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update
    loop
        if moved.state <> all (comes_from) or moved.internal_account_id is not null
            or moved.payment_id <> move_withdrawals.payment_id then
            raise exception 'withdrawal % is % with payment %: it does not become %',
                moved.withdrawal_id, moved.state, moved.payment_id, move_withdrawals.state
                using errcode = 'object_not_in_prerequisite_state';
        end if;
        if moved.state <> move_withdrawals.state then
            changed := changed || moved.withdrawal_id;
        end if;
    end loop;
    update exchange.withdrawals w set state = move_withdrawals.state, payment_id = move_withdrawals.payment_id
    where w.withdrawal_id = any (move_withdrawals.withdrawal_ids)
        and (w.state, w.payment_id) is distinct from (move_withdrawals.state, move_withdrawals.payment_id);
    perform exchange.tell_withdrawals(changed);
    return cardinality(changed);
end $$;
comment on function exchange.move_withdrawals(bigint[], text, bigint) is 'Withdrawals go on with a payment: approved with it (planned: from now on they cannot be cancelled), signed, broadcast; approved without a payment gives them back to the planner, where that payment provably never happens. A repeat changes nothing. Returns how many states changed; an impossible step is an error. Call it after balances are done. For other functions.';
