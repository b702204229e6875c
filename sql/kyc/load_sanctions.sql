create function exchange.load_sanctions(list text, entries jsonb, replaces boolean) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    loaded integer;
begin
    if load_sanctions.replaces then
        delete from exchange.sanctions s where s.list = load_sanctions.list;
    end if;
    insert into exchange.sanctions (list, name, birth_year, country)
    select load_sanctions.list, e.name, e.birth_year, e.country
    from jsonb_to_recordset(load_sanctions.entries) as e (name text, birth_year integer, country text);
    get diagnostics loaded = row_count;
    return loaded;
end $$;
comment on function exchange.load_sanctions(text, jsonb, boolean) is 'Loads names of a list, [{name, birth_year, country}], in the place of what the list had or beside it. Returns how many.';
