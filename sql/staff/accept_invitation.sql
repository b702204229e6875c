create function staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    accepted bigint;
begin
    update staff.members m
    set password_hash = accept_invitation.password_hash, totp_secret = accept_invitation.totp_secret,
        totp_step = null, invitation_hash = null, invited_until = null, failed_passwords = 0, failed_codes = 0, locked_until = null
    where m.invitation_hash = accept_invitation.invitation_hash and m.invited_until > now() and m.status = 'active'
    returning m.staff_id into accepted;
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'the invitation is unknown, was used, or is too old');
    end if;
    perform audit.record(accepted, 'invitation_accepted', 'staff:' || accepted, '{}');
    return accepted;
end $$;
comment on function staff.accept_invitation(bytea, text, bytea) is 'Sets password and secret of the one-time codes, once; the first login with a code enrols the member. Rejects: INVALID_TOKEN.';
