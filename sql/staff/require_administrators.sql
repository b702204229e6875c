create function staff.require_administrators() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Counted one at a time, so that two who go at once do not both count the other.
    perform from staff.foundation for no key update;
    if (select count(*) from staff.members m
        where m.status = 'active' and m.enrolled_at is not null and 'administrator' = any (m.roles)) < 2 then
        perform exchange.reject('TOO_FEW_ADMINISTRATORS', 'two administrators must remain, or nobody could decide anything any more');
    end if;
end $$;
comment on function staff.require_administrators() is 'Refuses a change that would leave fewer than two administrators. For other functions. Rejects: TOO_FEW_ADMINISTRATORS.';
