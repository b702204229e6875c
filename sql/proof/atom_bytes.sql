create function proof.atom_bytes(atoms numeric) returns bytea
language sql immutable as $$
    select case
        when atoms < 9223372036854775808 then '\x0000000000000000'::bytea || int8send(atoms::bigint)
        else int8send((div(atoms, 18446744073709551616)
                - case when atoms >= 170141183460469231731687303715884105728 then 18446744073709551616 else 0 end)::bigint)
            || int8send((mod(atoms, 18446744073709551616)
                - case when mod(atoms, 18446744073709551616) >= 9223372036854775808 then 18446744073709551616 else 0 end)::bigint)
    end
$$;
comment on function proof.atom_bytes(numeric) is 'A whole number below 2^128 as 16 bytes, big-endian, as hashes have it.';
