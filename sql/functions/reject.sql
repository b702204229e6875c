create function exchange.reject(code text, message text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using errcode = 'RJECT', message = code || ': ' || message;
end $$;
comment on function exchange.reject(text, text) is 'Refuses the caller''s input: SQLSTATE RJECT, message "CODE: words". Nothing of the statement stays.';
