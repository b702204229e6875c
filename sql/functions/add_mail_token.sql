create function exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := case add_mail_token.purpose
        when 'verify_email' then interval '24 hours'
        when 'reset_password' then interval '1 hour'
        when 'change_email' then interval '24 hours'
        when 'freeze' then interval '7 days'
    end;
begin
    insert into exchange.account_tokens (token_hash, account_id, purpose, facts, expires_at)
    select add_mail_token.token_hash, m.account_id, add_mail_token.purpose, m.facts, now() + lifetime
    from exchange.mails m
    where m.mail_id = add_mail_token.mail_id and m.sent_at is null and case add_mail_token.purpose
        when 'verify_email' then m.kind = 'verify_email'
        when 'reset_password' then m.kind = 'reset_password'
        when 'change_email' then m.kind = 'confirm_email_change'
        -- Never to an address that nobody has proved.
        when 'freeze' then m.kind not in ('verify_email', 'already_registered', 'confirm_email_change', 'account_frozen')
        else false
    end;
    if not found then
        raise exception 'no mail % that wants a token to %', add_mail_token.mail_id, add_mail_token.purpose
            using errcode = 'no_data_found';
    end if;
end $$;
comment on function exchange.add_mail_token(bigint, text, bytea) is 'Stores the hash of a token in a mail that is about to be sent: to verify_email or change_email, good for a day; to reset_password, for an hour; to freeze the account, for a week.';
