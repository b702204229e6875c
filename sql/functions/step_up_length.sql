create function exchange.step_up_length() returns interval
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select interval '5 minutes'
$$;
comment on function exchange.step_up_length() is 'For how long what a session has proved is good for what needs more than a session. For other functions.';
