create function exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if set_anti_phishing_code.code !~ '^[A-Za-z0-9 _-]{4,20}$' then
        perform exchange.reject('INVALID_CODE', 'a code is 4 to 20 letters, digits, blanks, _ or -');
    end if;
    perform exchange.require_owner(set_anti_phishing_code.account_id, set_anti_phishing_code.session_id);
    update exchange.accounts set anti_phishing_code = set_anti_phishing_code.code
    where account_id = set_anti_phishing_code.account_id
        and anti_phishing_code is distinct from set_anti_phishing_code.code;
    if found then
        perform exchange.cause_mail(
            set_anti_phishing_code.account_id, 'anti_phishing_changed', exchange.mail_facts(set_anti_phishing_code.address));
    end if;
end $$;
comment on function exchange.set_anti_phishing_code(bigint, bigint, text, inet) is 'Sets the words that every mail to the account repeats, or takes them away (null), in the name of a session, and mails that. Rejects: INVALID_CODE, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';
