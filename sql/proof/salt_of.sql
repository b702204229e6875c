create function proof.salt_of(secret bytea, account_id bigint) returns bytea
language sql immutable as $$ select sha256(secret || int8send(account_id)) $$;
comment on function proof.salt_of(bytea, bigint) is 'The salt of an account''s leaf, from the secret of its tree.';
