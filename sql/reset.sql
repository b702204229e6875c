-- Removes the repeatable contract before it is made anew, so that what is no longer in a file is no
-- longer in the database either. What belongs to a migration stays: tables, trigger functions,
-- make_partitions, plain_name; and so do the extension's functions. Checks and reports go first,
-- because some call functions; then functions, because some return a view's rows; then the views.
-- No cascade: a view that somebody built on ours is an error
-- that names it, not a loss.

do $$
declare
    doomed text;
begin
    for doomed in
        select format('drop policy %I on %I.%I', policyname, schemaname, tablename)
        from pg_policies where schemaname in ('exchange', 'chain')
    loop
        execute doomed;
    end loop;

    select 'drop view ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') into doomed
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('checks', 'reporting') and c.relkind = 'v';
    if doomed is not null then
        execute doomed;
    end if;

    select 'drop function ' || string_agg(p.oid::regprocedure::text, ', ') into doomed
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof') and p.prorettype <> 'trigger'::regtype
        and p.oid not in ('exchange.make_partitions(integer)'::regprocedure, 'exchange.plain_name(text)'::regprocedure)
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e');
    if doomed is not null then
        execute doomed;
    end if;

    select 'drop view ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') into doomed
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'exchange' and c.relkind = 'v'
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e');
    if doomed is not null then
        execute doomed;
    end if;
end $$;

create schema if not exists checks;
comment on schema checks is 'Invariants: each view is empty, or lists the offending rows.';
create schema if not exists reporting;
comment on schema reporting is 'What analysts read: the same facts, with names instead of numbers.';
comment on schema exchange is 'The exchange: tables are private; clients call functions and read views.';
comment on table exchange.schema_history is 'Which migrations were applied; written by refinery.';
comment on column exchange.schema_history.version is 'Number of the migration.';
comment on column exchange.schema_history.name is 'Name of the migration.';
comment on column exchange.schema_history.applied_on is 'When, as RFC 3339 text.';
comment on column exchange.schema_history.checksum is 'Of its text: a migration that was applied is never edited.';
