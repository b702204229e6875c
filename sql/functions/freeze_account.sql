create function exchange.freeze_account(token_hash bytea, address inet default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    used exchange.account_tokens;
    revoked bigint[];
begin
    used := exchange.use_token(freeze_account.token_hash, array['freeze']);
    perform exchange.set_account_status(used.account_id, 'frozen');
    perform exchange.block_withdrawals(used.account_id);
    perform exchange.use_up_tokens(used.account_id);
    perform exchange.end_sessions(used.account_id, array(
        select s.session_id from exchange.sessions s where s.account_id = used.account_id));
    delete from exchange.devices d where d.account_id = used.account_id;
    with ended as (
        update exchange.api_keys k set revoked_at = now()
        where exchange.owns_account(used.account_id, k.account_id) and k.revoked_at is null
        returning k.api_key_id
    )
    select array_agg(e.api_key_id order by e.api_key_id) into revoked from ended e;
    if revoked is not null then
        perform exchange.append_event('access', jsonb_build_object(
            'change', 'revoked', 'account_id', used.account_id::text,
            'session_ids', '[]'::jsonb, 'api_key_ids', to_jsonb(revoked)));
    end if;
    -- Who was robbed gets back what is not being sent yet.
    perform exchange.refund_withdrawals(array(
        select w.withdrawal_id from exchange.withdrawals w
        where exchange.owns_account(used.account_id, w.account_id) and w.state in ('requested', 'approved')
            and w.payment_id is null
        order by w.withdrawal_id for no key update), 'cancelled', 'the account was frozen');
    perform exchange.cause_mail(used.account_id, 'account_frozen', exchange.mail_facts(freeze_account.address));
end $$;
comment on function exchange.freeze_account(bytea, inet) is 'Follows the link of a mail to an owner who was robbed: the account is frozen, its withdrawals that are not being sent are cancelled, its sessions end, its API keys and those of its sub-accounts are revoked and its devices forgotten. Only the operator frees it. Rejects: INVALID_TOKEN.';
