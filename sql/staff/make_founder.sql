create function staff.make_founder(email text, name text, invitation_hash bytea) returns table (staff_id bigint, invited_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '24 hours';
    founder staff.members;
begin
    if coalesce(make_founder.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$', true) then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    if coalesce(length(make_founder.name) not between 1 and 100, true) then
        perform exchange.reject('INVALID_NAME', 'a name has 1 to 100 characters');
    end if;
    -- One bootstrap at a time.
    lock table staff.foundation in exclusive mode;
    select m.* into founder
    from staff.foundation f join staff.members m on m.staff_id = f.founder_id for no key update of m;
    if not found then
        insert into staff.members (email, name, roles)
        values (lower(make_founder.email), make_founder.name, array['administrator'])
        returning * into founder;
        insert into staff.foundation (founder_id) values (founder.staff_id);
        perform audit.record(null, 'founded', 'staff:' || founder.staff_id, jsonb_build_object('email', founder.email));
    elsif founder.enrolled_at is not null or founder.email <> lower(make_founder.email) then
        perform exchange.reject('ALREADY_FOUNDED', 'the first administrator was made already');
    else
        perform audit.record(null, 'founder_invited', 'staff:' || founder.staff_id, '{}');
    end if;
    return query
    update staff.members m
    set invitation_hash = make_founder.invitation_hash, invited_until = now() + lifetime,
        password_hash = null, totp_secret = null, totp_step = null
    where m.staff_id = founder.staff_id
    returning m.staff_id, m.invited_until;
end $$;
comment on function staff.make_founder(text, text, bytea) is 'Makes the first administrator, once; until that person has logged in, a repeat for the same address gives a new invitation. For the bootstrap command: nobody may call it but the operator. Rejects: INVALID_EMAIL, INVALID_NAME, ALREADY_FOUNDED.';
