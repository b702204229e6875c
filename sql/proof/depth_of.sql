create function proof.depth_of(leaves bigint) returns integer
language sql immutable as $$ select length(ltrim((leaves - 1)::bit(63)::text, '0')) $$;
comment on function proof.depth_of(bigint) is 'Levels above so many leaves until one node is left: 0 for one leaf.';
