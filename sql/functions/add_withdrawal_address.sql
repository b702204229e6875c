create function exchange.add_withdrawal_address(
    account_id bigint, session_id bigint, network text, address text, script bytea, label text)
returns table (withdrawal_address_id bigint, created_at timestamptz, usable_from timestamptz, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    cool_down constant interval := '24 hours';
    -- Of one account; more would be a list of somebody else's.
    most_addresses constant integer := 100;
    of_network integer;
    made exchange.withdrawal_addresses;
    caller exchange.sessions;
begin
    select n.network_id into of_network from chain.networks n where n.name = add_withdrawal_address.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', add_withdrawal_address.network));
    end if;
    -- One at a time, so that addresses can be counted and a repeat finds the first.
    perform exchange.require_owner(add_withdrawal_address.account_id, add_withdrawal_address.session_id);
    perform exchange.require_target(of_network, add_withdrawal_address.script);
    select * into made from exchange.withdrawal_addresses w
    where w.account_id = add_withdrawal_address.account_id and w.network_id = of_network
        and w.script = add_withdrawal_address.script and w.removed_at is null;
    if found then
        return query select made.withdrawal_address_id, made.created_at, made.usable_from, true;
        return;
    end if;
    if (select count(*) from exchange.withdrawal_addresses w
        where w.account_id = add_withdrawal_address.account_id and w.removed_at is null) >= most_addresses then
        perform exchange.reject('TOO_MANY_ADDRESSES', format('an address book has at most %s addresses', most_addresses));
    end if;
    if not exchange.may_change_security(
        add_withdrawal_address.account_id, 'withdrawal_address_added', add_withdrawal_address.session_id,
        more => jsonb_build_object('wallet', add_withdrawal_address.address)) then
        return;
    end if;
    insert into exchange.withdrawal_addresses (account_id, network_id, address, script, label, usable_from)
    values (add_withdrawal_address.account_id, of_network, add_withdrawal_address.address, add_withdrawal_address.script,
        add_withdrawal_address.label, now() + cool_down)
    returning * into made;
    select * into caller from exchange.sessions s where s.session_id = add_withdrawal_address.session_id;
    -- The label is told as the words of a stranger, which it may be.
    perform exchange.cause_mail(made.account_id, 'withdrawal_address_added',
        (exchange.mail_facts(caller.address, made.label) - 'program') || jsonb_build_object(
            'label', exchange.mail_facts(null, made.label) -> 'program', 'network', add_withdrawal_address.network,
            'to', made.address, 'usable_from', to_char(made.usable_from at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')));
    return query select made.withdrawal_address_id, made.created_at, made.usable_from, false;
end $$;
comment on function exchange.add_withdrawal_address(bigint, bigint, text, text, bytea, text) is 'Puts an address, as it was read of the user''s text, into the address book, in the name of a session that has stepped up. It can be used after 24 hours; the owner gets a mail. One that is in the book is given as it is. No row: a risk rule denies it. Rejects: UNKNOWN_NETWORK, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, UNSUPPORTED_ADDRESS, TOO_MANY_ADDRESSES.';
