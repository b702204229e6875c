create function exchange.set_password(
    token_hash bytea, password_hash text, new_device_hash bytea default null, address inet default null,
    user_agent text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    used exchange.account_tokens;
    owner exchange.accounts;
begin
    used := exchange.use_token(set_password.token_hash, array['set_password']);
    select * into owner from exchange.accounts a where a.account_id = used.account_id;
    if owner.password_hash is not null and not exchange.may_change_security(
        owner.account_id, 'password', address => set_password.address) then
        return false;
    end if;
    perform exchange.use_up_tokens(owner.account_id);
    perform exchange.set_password_hash(owner.account_id, set_password.password_hash);
    -- Who reads the mails is the owner: nobody's wrong guesses keep this device out. Of all others
    -- the next login is told by mail again.
    delete from exchange.devices d where d.account_id = owner.account_id;
    perform exchange.forgive_login(owner.email, null, null);
    perform exchange.add_device(
        owner.account_id, set_password.new_device_hash, set_password.address, set_password.user_agent);
    if owner.password_hash is not null then
        perform exchange.cause_mail(owner.account_id, 'password_changed', exchange.mail_facts(
            set_password.address, blocked_until => exchange.block_withdrawals(owner.account_id)) || exchange.waiting_facts(owner.account_id));
    end if;
    return true;
end $$;
comment on function exchange.set_password(bytea, text, bytea, inet, text) is 'Sets the password by a one-time token, uses up the account''s other ones, ends its sessions, and makes the device the only known one. Where there was a password before, nothing is withdrawn for a day, and a mail says so. False: a risk rule denies it; the token is used up. Rejects: INVALID_TOKEN, INVALID_PASSWORD_HASH.';
