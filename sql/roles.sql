-- The six roles. They belong to the whole cluster, so several databases may make them at once:
-- each is made only where it is missing, and an existing one is never altered.
--
-- exchange_owner    owns every table, view and function; nobody logs in as it
-- exchange_api      the API: calls functions, reads rows of the account that it acts for
-- exchange_worker   the workers: watch chains, pay, follow every stream, run the checks
-- exchange_signer_a, exchange_signer_b  the two processes that hold keys: read what they are asked to sign
-- exchange_analyst  people with psql: read everything but secrets
--
-- jit = off: with many partitions, compiling costs more than it saves.
--
-- None has a password: set one, or let pg_hba.conf say who may log in as which.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('exchange_owner', 'nologin', '{}'::text[]),
            ('exchange_api', 'login', array[
                'statement_timeout = ''30s''', 'idle_in_transaction_session_timeout = ''60s''', 'jit = off']),
            ('exchange_worker', 'login', array['idle_in_transaction_session_timeout = ''60s''', 'jit = off']),
            ('exchange_signer_a', 'login', array['statement_timeout = ''30s''', 'jit = off']),
            ('exchange_signer_b', 'login', array['statement_timeout = ''30s''', 'jit = off']),
            ('exchange_analyst', 'login', array['default_transaction_read_only = on', 'jit = off'])
        ) as roles (name, login, settings)
    loop
        continue when exists (select from pg_roles where rolname = wanted.name);
        begin
            execute format('create role %I %s', wanted.name, wanted.login);
            for i in 1 .. coalesce(array_length(wanted.settings, 1), 0) loop
                execute format('alter role %I set %s', wanted.name, wanted.settings[i]);
            end loop;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
end $$;
