create function exchange.confirm_email_change(token_hash bytea, address inet default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    used exchange.account_tokens;
    owner exchange.accounts;
    new_email text;
begin
    used := exchange.use_token(confirm_email_change.token_hash, array['change_email']);
    new_email := used.facts ->> 'email';
    select * into owner from exchange.accounts a where a.account_id = used.account_id;
    if owner.status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing about it can be changed');
    end if;
    if not exchange.may_change_security(
        owner.account_id, 'email', address => confirm_email_change.address,
        more => jsonb_build_object('mail_domain', split_part(new_email, '@', 2))) then
        return false;
    end if;
    -- To the address of before, whoever it was that changed it.
    perform exchange.cause_mail(owner.account_id, 'email_changed', exchange.mail_facts(
        confirm_email_change.address, blocked_until => exchange.block_withdrawals(owner.account_id)) || exchange.waiting_facts(owner.account_id));
    begin
        update exchange.accounts set email = new_email, email_verified_at = now()
        where account_id = owner.account_id;
    exception when unique_violation then
        perform exchange.reject('EMAIL_TAKEN', 'another account has this email address by now');
    end;
    perform exchange.use_up_tokens(owner.account_id);
    perform exchange.end_sessions(owner.account_id, array(
        select s.session_id from exchange.sessions s where s.account_id = owner.account_id));
    return true;
end $$;
comment on function exchange.confirm_email_change(bytea, inet) is 'Follows the link of a mail to a new address: the account moves there, its sessions end, nothing is withdrawn for a day, and a mail to the old address says so. False: a risk rule denies it; the token is used up. Rejects: INVALID_TOKEN, ACCOUNT_FROZEN, EMAIL_TAKEN.';
