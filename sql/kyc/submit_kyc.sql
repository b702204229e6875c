create function exchange.submit_kyc(
    account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text,
    full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea,
    kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[],
    request_key text default null)
returns table (case_id bigint, submitted_at timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Submissions of an account in 24 hours.
    max_submissions constant integer := 5;
    -- No stream has this number: the bell alone says that a review is due.
    review_bell constant text := '10902';
    earlier exchange.kyc_cases;
    owner exchange.accounts;
    wanted exchange.kyc_levels;
    made exchange.kyc_cases;
begin
    -- One at a time an account. Accounts are locked before sessions everywhere.
    select * into owner from exchange.accounts a where a.account_id = submit_kyc.account_id for no key update;
    perform exchange.require_session(submit_kyc.account_id, submit_kyc.session_id);
    select * into earlier from exchange.kyc_cases c
    where c.account_id = submit_kyc.account_id and c.request_key = submit_kyc.request_key;
    if found then
        if earlier.content_hash <> submit_kyc.content_hash then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'something else was submitted under this idempotency key');
        end if;
        return query select earlier.case_id, earlier.submitted_at, true;
        return;
    end if;
    select * into wanted from exchange.kyc_levels l where l.level = submit_kyc.level and l.level > 0;
    if not found then
        perform exchange.reject('UNKNOWN_LEVEL', format('there is no level %s to ask for', submit_kyc.level));
    end if;
    -- A document that is about to expire may be replaced at the same level.
    if wanted.level < owner.kyc_level or wanted.level = owner.kyc_level and owner.kyc_expiry_noticed_at is null then
        perform exchange.reject('LEVEL_REACHED', format('the account has level %s already', owner.kyc_level));
    end if;
    if wanted.needs_selfie and not 'selfie' = any (submit_kyc.kinds) then
        perform exchange.reject('DOCUMENT_MISSING', 'this level needs a picture of the person: selfie');
    end if;
    if submit_kyc.document_type <> 'passport' and not 'back' = any (submit_kyc.kinds) then
        perform exchange.reject('DOCUMENT_MISSING', 'this document has a second side: back');
    end if;
    if exists (select from exchange.kyc_cases c
        where c.account_id = submit_kyc.account_id and c.state in ('submitted', 'provider', 'manual')) then
        perform exchange.reject('CASE_OPEN', 'documents are under review already');
    end if;
    if (select count(*) from exchange.kyc_cases c
        where c.account_id = submit_kyc.account_id and c.submitted_at > now() - interval '24 hours') >= max_submissions then
        perform exchange.reject('TOO_MANY_CASES', format('at most %s submissions in 24 hours', max_submissions));
    end if;
    insert into exchange.kyc_cases (
        account_id, level, document_type, issuer, document_number, full_name, birth_date, expires_on, mrz, mrz_name,
        content_hash, request_key)
    values (
        submit_kyc.account_id, wanted.level, submit_kyc.document_type, submit_kyc.issuer, submit_kyc.document_number,
        submit_kyc.full_name, submit_kyc.birth_date, submit_kyc.expires_on, submit_kyc.mrz, submit_kyc.mrz_name,
        submit_kyc.content_hash, submit_kyc.request_key)
    returning * into made;
    insert into exchange.kyc_documents (case_id, kind, media_type, seal_id, key_label, wrapped_key, content, facts)
    select made.case_id, d.kind, d.media_type, d.seal_id, d.key_label, d.wrapped_key, d.content, nullif(d.facts, 'null')
    from unnest(
        submit_kyc.kinds, submit_kyc.media_types, submit_kyc.seal_ids, submit_kyc.key_labels, submit_kyc.wrapped_keys,
        submit_kyc.contents, submit_kyc.facts)
        as d (kind, media_type, seal_id, key_label, wrapped_key, content, facts);
    insert into exchange.kyc_events (case_id, actor, action, detail)
    values (made.case_id, 'owner', 'submitted', jsonb_build_object('level', made.level, 'files', submit_kyc.kinds));
    perform pg_notify('exchange_events', review_bell);
    return query select made.case_id, made.submitted_at, false;
end $$;
comment on function exchange.submit_kyc(bigint, bigint, integer, text, text, text, text, date, date, text, text, bytea, text[], text[], bytea[], text[], bytea[], bytea[], jsonb[], text) is 'Submits documents, encrypted already, in the name of a session; the review is due at once. One open case an account; an earlier one is kept. A repeat of the request key returns the first case. Rejects: ACCESS_REVOKED, DUPLICATE_IDEMPOTENCY_KEY, UNKNOWN_LEVEL, LEVEL_REACHED, DOCUMENT_MISSING, CASE_OPEN, TOO_MANY_CASES.';
