-- Makes the files of the write-ahead log that min_wal_size asks for, so that no order waits until one is
-- filled with zeros and flushed; from then on checkpoints use them again. Does nothing where they are
-- there. Run as superuser, after a cluster is made.
do $$
declare
    wanted constant integer :=
        pg_size_bytes(current_setting('min_wal_size')) / pg_size_bytes(current_setting('wal_segment_size'));
begin
    if (select count(*) from pg_ls_waldir()) >= wanted then
        return;
    end if;
    -- The first ones may be there already: they are used up, and all of them used again.
    for file in 1 .. wanted loop
        -- A file without anything in it is not ended.
        perform pg_logical_emit_message(false, 'exchange', 'ends a file');
        perform pg_switch_wal();
    end loop;
end $$;
checkpoint;
