create function audit.list_entries(
    staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer)
returns table (
    entry_id bigint, staff_id bigint, staff_email text, action text, subject text, detail jsonb,
    recorded_at timestamptz, link_number bigint, hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_entries.staff_session_id, 'administrator');
    return query
    select e.entry_id, e.staff_id, m.email, e.action, e.subject, e.detail, e.recorded_at, l.link_number, l.hash
    from audit.entries e
    left join staff.members m on m.staff_id = e.staff_id
    left join audit.links l on l.entry_id = e.entry_id
    where e.entry_id < coalesce(list_entries.before_entry_id, 9223372036854775807)
        and (list_entries.of_staff_id is null or e.staff_id = list_entries.of_staff_id)
        and (list_entries.of_action is null or e.action = list_entries.of_action)
        and (list_entries.of_subject is null or e.subject = list_entries.of_subject)
    order by e.entry_id desc
    limit least(greatest(list_entries.at_most, 0), most);
end $$;
comment on function audit.list_entries(bigint, bigint, bigint, text, text, integer) is 'Entries before a number, the newest first, of one member, action or subject where named; 1,000 at most. For administrators. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
