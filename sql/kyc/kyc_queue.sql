create function exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer)
returns table (
    case_id bigint, account_id bigint, level integer, document_type text, submitted_at timestamptz,
    claimed_by bigint, claimed_until timestamptz, first_approved_by bigint, doubts text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most constant integer := 500;
begin
    perform staff.require(kyc_queue.staff_session_id, 'reviewer');
    return query
    select c.case_id, c.account_id, c.level, c.document_type, c.submitted_at,
        case when c.claimed_until > clock_timestamp() then c.claimed_by end,
        case when c.claimed_until > clock_timestamp() then c.claimed_until end,
        c.first_approved_by,
        array(select f.rule from exchange.kyc_findings f join exchange.kyc_rules r on r.rule = f.rule
            where f.case_id = c.case_id and r.is_on and f.score >= r.manual_at order by f.rule)
    from exchange.kyc_cases c
    where c.state = 'manual' and c.case_id > coalesce(kyc_queue.after_case_id, 0)
    order by c.case_id
    limit least(greatest(kyc_queue.at_most, 0), most);
end $$;
comment on function exchange.kyc_queue(bigint, bigint, integer) is 'Cases that wait for reviewers, the oldest first, after a number, 500 at most; who is at work on which. For reviewers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
