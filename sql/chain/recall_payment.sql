create function chain.recall_payment(payment_id bigint, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- Of two signatures one is missing for ever: what both have signed could be sent by whoever has read it.
    update chain.signings s set state = 'refused', refusal = recall_payment.reason, ended_at = clock_timestamp()
    where s.payment_id = recall_payment.payment_id and s.kind = 'safe' and s.state = 'waiting';
    return found;
end $$;
comment on function chain.recall_payment(bigint, text) is 'Asks signers no more for a payment of a Safe, so that another may use up its nonce, and its withdrawal is paid anew. False where nobody is asked for it: what both owners have signed cannot be recalled. For the planner.';
