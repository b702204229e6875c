create function exchange.prove_factor(
    account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- Nobody guesses these two, so they open the account while codes of the app have to wait.
    if prove_factor.recovery_code_hash is not null then
        update exchange.recovery_codes set used_at = now()
        where account_id = prove_factor.account_id and code_hash = prove_factor.recovery_code_hash and used_at is null;
        return case when found then 'proved' else 'wrong' end;
    end if;
    if prove_factor.passkey_id is not null then
        -- Unless another request has used it since it was read: then its counter was checked against an old one.
        update exchange.passkeys set credential = prove_factor.passkey_after, last_used_at = now()
        where passkey_id = prove_factor.passkey_id and account_id = prove_factor.account_id
            and credential = prove_factor.passkey_before;
        return case when found then 'proved' else 'wrong' end;
    end if;
    if exists (
        select from exchange.factor_failures f
        where f.account_id = prove_factor.account_id and f.blocked_until > clock_timestamp()) then
        return 'blocked';
    end if;
    -- Of two requests with one code the second waits for the row, and finds the step taken.
    update exchange.totp_factors set last_step = prove_factor.totp_step
    where account_id = prove_factor.account_id and confirmed_at is not null and last_step < prove_factor.totp_step;
    if found then
        delete from exchange.factor_failures where account_id = prove_factor.account_id;
        return 'proved';
    end if;
    perform exchange.count_factor_failure(prove_factor.account_id);
    return 'wrong';
end $$;
comment on function exchange.prove_factor(bigint, bigint, bytea, bigint, jsonb, jsonb) is 'Uses up the proof of a second factor, whose arithmetic the API has checked, for an account that the caller has locked: the half minute of a code, a recovery code, or a passkey as it was and as it is after. Without any it is a wrong code, which is counted. Returns proved, wrong, or blocked: too many wrong codes. For other functions.';
