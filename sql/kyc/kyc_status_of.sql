create function exchange.kyc_status_of(account_id bigint)
returns table (
    level integer, level_name text, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric,
    expires_on date, case_id bigint, case_level integer, case_state text, document_type text, submitted_at timestamptz,
    decided_at timestamptz, reasons text[], words text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select l.level, l.name, a.may_trade, l.may_withdraw, l.daily_withdrawal, l.monthly_withdrawal, a.kyc_expires_on,
        c.case_id, c.level,
        -- How far a review has come is nobody's business but ours.
        case when c.state in ('approved', 'rejected') then c.state when c.case_id is not null then 'under_review' end,
        c.document_type, c.submitted_at, c.decided_at, coalesce(c.reasons, '{}'),
        array(select r.words from unnest(c.reasons) with ordinality as given (reason, place)
            join exchange.kyc_reasons r on r.reason = given.reason order by place)
    from exchange.accounts a
    join exchange.kyc_levels l on l.level = a.kyc_level
    left join lateral (
        select * from exchange.kyc_cases k where k.account_id = a.account_id order by k.case_id desc limit 1) c on true
    where a.account_id = kyc_status_of.account_id
$$;
comment on function exchange.kyc_status_of(bigint) is 'What an account''s owner sees: the level with its limits, and the newest case.';
