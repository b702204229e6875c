create function exchange.kyc_facts_found(case_id bigint)
returns table (rule text, score integer, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    least_age constant interval := '18 years';
    greatest_age constant interval := '110 years';
    short_validity constant integer := 30;
    -- A list's year of birth may be off by so many; a year further off makes a match less likely.
    year_tolerance constant integer := 2;
    year_discount constant integer := 30;
    asked exchange.kyc_cases;
    owner exchange.accounts;
    plain text;
begin
    select * into strict asked from exchange.kyc_cases c where c.case_id = kyc_facts_found.case_id;
    select * into strict owner from exchange.accounts a where a.account_id = asked.account_id;
    plain := exchange.plain_name(asked.full_name);

    rule := 'document_expiry';
    score := case
        when asked.expires_on < current_date then 100
        when asked.expires_on < current_date + short_validity then 60 else 0 end;
    detail := 'expires on ' || asked.expires_on;
    return next;

    rule := 'age';
    score := case
        when asked.birth_date + least_age > current_date then 100
        when asked.birth_date + greatest_age < current_date then 80 else 0 end;
    detail := 'born on ' || asked.birth_date;
    return next;

    if asked.mrz_name is not null then
        rule := 'name_on_document';
        score := 100 - round(100 * public.similarity(plain, exchange.plain_name(asked.mrz_name)))::integer;
        detail := asked.mrz_name;
        return next;
    end if;

    rule := 'account_against_form';
    score := case when owner.full_name is null then 0
        else 100 - round(100 * public.similarity(plain, exchange.plain_name(owner.full_name)))::integer end;
    detail := coalesce(owner.full_name, 'no name at registration');
    if owner.birth_date <> asked.birth_date then
        score := 100;
        detail := detail || ', born on ' || owner.birth_date;
    end if;
    return next;

    rule := 'same_document';
    select count(distinct c.account_id), 'accounts ' || string_agg(distinct c.account_id::text, ', ')
    into score, detail
    from exchange.kyc_cases c
    where c.issuer = asked.issuer and c.document_number = asked.document_number
        and c.account_id <> asked.account_id and c.state <> 'rejected';
    score := least(score, 1) * 100;
    detail := left(coalesce(detail, 'on no other account'), 500);
    return next;

    rule := 'same_picture';
    select count(distinct c.account_id), 'accounts ' || string_agg(distinct c.account_id::text, ', ')
    into score, detail
    from exchange.kyc_documents own
    join exchange.kyc_documents other on other.facts ->> 'digest' = own.facts ->> 'digest'
    join exchange.kyc_cases c on c.case_id = other.case_id and c.account_id <> asked.account_id
    where own.case_id = asked.case_id;
    score := least(score, 1) * 100;
    detail := left(coalesce(detail, 'on no other account'), 500);
    return next;

    rule := 'sanctions';
    select greatest(round(100 * m.similarity)::integer - m.discount, 0), left(m.list || ': ' || m.name, 500)
    into score, detail
    from (
        select s.list, s.name, public.similarity(s.plain_name, plain) as similarity,
            case when abs(s.birth_year - extract(year from asked.birth_date)) > year_tolerance
                then year_discount else 0 end as discount
        from exchange.sanctions s where s.plain_name operator(public.%) plain) m
    order by 1 desc
    limit 1;
    score := coalesce(score, 0);
    detail := coalesce(detail, 'on no list');
    return next;
end $$;
comment on function exchange.kyc_facts_found(bigint) is 'What tables say of a case, a row a rule with its score. For other functions.';
