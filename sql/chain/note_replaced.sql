create function chain.note_replaced(attempt_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update chain.attempts a set state = 'replaced'
    where a.attempt_id = note_replaced.attempt_id and a.state in ('signed', 'broadcast');
    return found;
end $$;
comment on function chain.note_replaced(bigint) is 'Another transaction, of no payment of ours, used the attempt''s nonce, and that is final. For the follower.';
