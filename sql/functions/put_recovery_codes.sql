create function exchange.put_recovery_codes(account_id bigint, code_hashes bytea[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    codes_a_set constant integer := 10;
begin
    if coalesce(cardinality(put_recovery_codes.code_hashes), 0) <> codes_a_set then
        raise exception 'a set has % recovery codes', codes_a_set using errcode = 'invalid_parameter_value';
    end if;
    delete from exchange.recovery_codes where account_id = put_recovery_codes.account_id;
    insert into exchange.recovery_codes (account_id, code_hash)
    select put_recovery_codes.account_id, h from unnest(put_recovery_codes.code_hashes) h;
end $$;
comment on function exchange.put_recovery_codes(bigint, bytea[]) is 'Gives an account a new set of recovery codes, of which only hashes come here; the earlier ones are gone. For other functions.';
