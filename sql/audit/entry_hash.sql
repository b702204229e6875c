create function audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select sha256(entry_hash.previous || convert_to(jsonb_build_array(
        entry_hash.link_number, (entry_hash.entry).entry_id, (entry_hash.entry).staff_id, (entry_hash.entry).action,
        (entry_hash.entry).subject, (entry_hash.entry).detail,
        (extract(epoch from (entry_hash.entry).recorded_at) * 1000000)::bigint)::text, 'UTF8'))
$$;
comment on function audit.entry_hash(bytea, bigint, audit.entries) is 'Hash of a link: SHA-256 of the hash before it and a JSON array of the link''s number and everything that its entry says, the time in microseconds since 1970.';
