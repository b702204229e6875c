CREATE SCHEMA audit;

ALTER SCHEMA audit OWNER TO exchange_owner;

COMMENT ON SCHEMA audit IS 'What staff did: entries are only ever added, and chained by hashes.';

CREATE SCHEMA chain;

ALTER SCHEMA chain OWNER TO exchange_owner;

COMMENT ON SCHEMA chain IS 'Bitcoin and EVM chains as the workers see them: networks, addresses, blocks, outputs, payments.';

CREATE SCHEMA checks;

ALTER SCHEMA checks OWNER TO exchange_owner;

COMMENT ON SCHEMA checks IS 'Invariants: each view is empty, or lists the offending rows.';

CREATE SCHEMA exchange;

ALTER SCHEMA exchange OWNER TO exchange_owner;

COMMENT ON SCHEMA exchange IS 'The exchange: tables are private; clients call functions and read views.';

CREATE SCHEMA proof;

ALTER SCHEMA proof OWNER TO exchange_owner;

COMMENT ON SCHEMA proof IS 'Proofs of what accounts are owed and of what lies on chains, and whether the two kinds of facts agree.';

CREATE SCHEMA reporting;

ALTER SCHEMA reporting OWNER TO exchange_owner;

COMMENT ON SCHEMA reporting IS 'What analysts read: the same facts, with names instead of numbers.';

CREATE SCHEMA risk;

ALTER SCHEMA risk OWNER TO exchange_owner;

COMMENT ON SCHEMA risk IS 'Rules that guard registrations, logins, orders, deposits, withdrawals and security changes, and what they found.';

CREATE SCHEMA staff;

ALTER SCHEMA staff OWNER TO exchange_owner;

COMMENT ON SCHEMA staff IS 'Who runs the exchange: members, their sessions, and proposals that need a second person.';

CREATE EXTENSION IF NOT EXISTS exchange WITH SCHEMA exchange;

CREATE TABLE audit.entries (
    entry_id bigint NOT NULL,
    staff_id bigint,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT entries_action_form CHECK ((action ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT entries_subject_length CHECK (((length(subject) >= 1) AND (length(subject) <= 200)))
);

ALTER TABLE audit.entries OWNER TO exchange_owner;

COMMENT ON TABLE audit.entries IS 'What staff did. Rows are only ever added; audit.links chains them.';

COMMENT ON COLUMN audit.entries.entry_id IS 'Number of the entry; gaps are transactions that came to nothing.';

COMMENT ON COLUMN audit.entries.staff_id IS 'Who; null for the operator''s own commands.';

COMMENT ON COLUMN audit.entries.action IS 'What.';

COMMENT ON COLUMN audit.entries.subject IS 'To what: kind and number, such as account:7.';

COMMENT ON COLUMN audit.entries.detail IS 'How; no secrets.';

COMMENT ON COLUMN audit.entries.recorded_at IS 'When.';

CREATE FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select sha256(entry_hash.previous || convert_to(jsonb_build_array(
        entry_hash.link_number, (entry_hash.entry).entry_id, (entry_hash.entry).staff_id, (entry_hash.entry).action,
        (entry_hash.entry).subject, (entry_hash.entry).detail,
        (extract(epoch from (entry_hash.entry).recorded_at) * 1000000)::bigint)::text, 'UTF8'))
$$;

ALTER FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) IS 'Hash of a link: SHA-256 of the hash before it and a JSON array of the link''s number and everything that its entry says, the time in microseconds since 1970.';

CREATE FUNCTION audit.link_entries(at_most integer DEFAULT 1000) RETURNS TABLE(linked integer, link_number bigint, hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 10000;
    head audit.head;
    entry audit.entries;
    made integer := 0;
begin
    -- One at a time: links are made in a line.
    select * into strict head from audit.head h for no key update;
    for entry in
        select e.* from audit.unlinked u join audit.entries e on e.entry_id = u.entry_id
        order by u.entry_id limit least(greatest(link_entries.at_most, 0), most)
    loop
        head.link_number := head.link_number + 1;
        head.hash := audit.entry_hash(head.hash, head.link_number, entry);
        insert into audit.links (link_number, entry_id, hash) values (head.link_number, entry.entry_id, head.hash);
        delete from audit.unlinked u where u.entry_id = entry.entry_id;
        made := made + 1;
    end loop;
    if made > 0 then
        update audit.head h set link_number = head.link_number, hash = head.hash;
    end if;
    return query select made, head.link_number, head.hash;
end $$;

ALTER FUNCTION audit.link_entries(at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.link_entries(at_most integer) IS 'Chains entries that wait, so many at most, 10,000 in any case. Returns how many, and where the chain ends now. An entry that commits late is linked late, so no order of commits breaks the chain.';

CREATE FUNCTION audit.list_entries(staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer) RETURNS TABLE(entry_id bigint, staff_id bigint, staff_email text, action text, subject text, detail jsonb, recorded_at timestamp with time zone, link_number bigint, hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_entries.staff_session_id, 'administrator');
    return query
    select e.entry_id, e.staff_id, m.email, e.action, e.subject, e.detail, e.recorded_at, l.link_number, l.hash
    from audit.entries e
    left join staff.members m on m.staff_id = e.staff_id
    left join audit.links l on l.entry_id = e.entry_id
    where e.entry_id < coalesce(list_entries.before_entry_id, 9223372036854775807)
        and (list_entries.of_staff_id is null or e.staff_id = list_entries.of_staff_id)
        and (list_entries.of_action is null or e.action = list_entries.of_action)
        and (list_entries.of_subject is null or e.subject = list_entries.of_subject)
    order by e.entry_id desc
    limit least(greatest(list_entries.at_most, 0), most);
end $$;

ALTER FUNCTION audit.list_entries(staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.list_entries(staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer) IS 'Entries before a number, the newest first, of one member, action or subject where named; 1,000 at most. For administrators. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION audit.record(staff_id bigint, action text, subject text, detail jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that an entry waits for its link.
    audit_bell constant text := '10901';
    made bigint;
begin
    insert into audit.entries (staff_id, action, subject, detail)
    values (record.staff_id, record.action, record.subject, coalesce(record.detail, '{}'))
    returning entry_id into made;
    insert into audit.unlinked (entry_id) values (made);
    perform pg_notify('exchange_events', audit_bell);
    return made;
end $$;

ALTER FUNCTION audit.record(staff_id bigint, action text, subject text, detail jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.record(staff_id bigint, action text, subject text, detail jsonb) IS 'Logs what a member does, in the transaction that does it. The subject is kind:number, such as account:7; the detail holds no secrets. Returns the entry''s number. For other functions: nobody may call it.';

CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    raise exception '%.% is only ever added to: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION audit.refuse_change() OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.refuse_change() IS 'Refuses to change or remove what was logged, whoever asks.';

CREATE FUNCTION audit.verify_chain(from_link bigint DEFAULT 1, known_link bigint DEFAULT NULL::bigint, known_hash bytea DEFAULT NULL::bytea) RETURNS TABLE(link_number bigint, entry_id bigint, problem text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    first_link constant bigint := greatest(coalesce(verify_chain.from_link, 1), 1);
    head audit.head;
begin
    select * into strict head from audit.head h;
    return query
    with chain as (
        select l.link_number, l.entry_id, l.hash,
            lag(l.link_number, 1, first_link - 1) over in_line as previous_number,
            case when l.link_number = 1 then decode(repeat('00', 32), 'hex') else lag(l.hash) over in_line end as previous_hash
        -- One link more before the first: its hash is what the first one stands on.
        from audit.links l where l.link_number >= first_link - 1
        window in_line as (order by l.link_number)
    ), judged as (
        select c.link_number, c.entry_id,
            case
                when c.previous_number <> c.link_number - 1 then format('link %s is missing', c.previous_number + 1)
                when e.entry_id is null then 'its entry is missing'
                when c.hash is distinct from audit.entry_hash(c.previous_hash, c.link_number, e) then 'the entry or the link was changed'
                when c.link_number = verify_chain.known_link and c.hash <> verify_chain.known_hash
                    then 'it is not the link that is known'
            end as problem
        from chain c left join audit.entries e on e.entry_id = c.entry_id
        where c.link_number >= first_link
    ), ends as (
        select greatest(head.link_number, verify_chain.known_link) as link_number, null::bigint as entry_id,
            format('the chain ends before link %s', greatest(head.link_number, verify_chain.known_link)) as problem
        where not exists (
            select from audit.links l
            where l.link_number = greatest(head.link_number, verify_chain.known_link))
            and greatest(head.link_number, verify_chain.known_link) > 0
        union all
        select l.link_number, l.entry_id, 'the head does not fit its link'
        from audit.links l where l.link_number = head.link_number and l.hash <> head.hash
        union all
        select l.link_number, l.entry_id, 'it lies beyond the head' from audit.links l where l.link_number > head.link_number
    ), loose as (
        -- Entries that nobody recorded, and waiting ones that are gone.
        select null::bigint, e.entry_id, 'the entry has no link and does not wait for one'
        from audit.entries e
        where first_link = 1
            and not exists (select from audit.links l where l.entry_id = e.entry_id)
            and not exists (select from audit.unlinked u where u.entry_id = e.entry_id)
        union all
        select null, u.entry_id, 'the entry that waits for a link is missing'
        from audit.unlinked u
        where not exists (select from audit.entries e where e.entry_id = u.entry_id)
    )
    select f.link_number, f.entry_id, f.problem
    from (
        select j.* from judged j where j.problem is not null
        union all select * from ends
        union all select * from loose) f
    order by f.link_number nulls last, f.entry_id
    limit 1;
end $$;

ALTER FUNCTION audit.verify_chain(from_link bigint, known_link bigint, known_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION audit.verify_chain(from_link bigint, known_link bigint, known_hash bytea) IS 'The first broken link from a number on, and what is wrong with it; no row where the chain is whole. A link that is known from elsewhere, such as the worker''s log, proves that the chain was not made anew or cut.';

CREATE FUNCTION chain.add_attempt(payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of chain.payments;
    made bigint;
    native_scale integer;
begin
    select * into strict of from chain.payments p where p.payment_id = add_attempt.payment_id for no key update;
    select s.scale into strict native_scale from chain.coins c join exchange.assets s using (asset_id)
    where c.network_id = of.network_id and c.contract is null;
    insert into chain.attempts (payment_id, network_id, number, from_script, nonce, unsigned, fee_rate, fee)
    select of.payment_id, of.network_id, coalesce(max(a.number), 0) + 1, add_attempt.from_script, add_attempt.nonce, add_attempt.unsigned,
        add_attempt.fee_rate::numeric, chain.amount_of_atoms(add_attempt.fee_atoms, native_scale)
    from chain.attempts a where a.payment_id = of.payment_id
    returning attempt_id into made;
    insert into chain.signings (payment_id, attempt_id, signer, kind)
    select of.payment_id, made, split_part(asked, ' ', 1), split_part(asked, ' ', 2)
    from unnest(add_attempt.signings) asked;
    perform pg_notify('exchange_events', '10920');
    return made;
end $$;

ALTER FUNCTION chain.add_attempt(payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.add_attempt(payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) IS 'Writes down a transaction that may carry a payment, after begin_attempt, and asks signers for it: "a hot_outputs", "b hot_outputs". For the planner.';

CREATE FUNCTION chain.add_payment(network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint, safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    made bigint;
    of_scale integer;
    of_wallet integer;
    wanted bigint[];
begin
    select s.scale into strict of_scale from exchange.assets s where s.asset_id = add_payment.asset_id;
    if add_payment.from_wallet is not null then
        select w.wallet_id into strict of_wallet from chain.wallets w
        where w.network_id = add_payment.network_id and w.role = add_payment.from_wallet;
    end if;
    insert into chain.payments (network_id, purpose, asset_id, amount, from_wallet_id, from_address_id, safe_nonce, identity_hash, plan)
    values (add_payment.network_id, add_payment.purpose, add_payment.asset_id, chain.amount_of_atoms(add_payment.atoms, of_scale),
        of_wallet, add_payment.from_address_id, add_payment.safe_nonce, add_payment.identity_hash, add_payment.plan)
    returning payment_id into made;
    insert into chain.payment_items (payment_id, item, withdrawal_id, deposit_id, address, script, amount)
    select made, (i.number - 1)::integer, (i.item ->> 'withdrawal_id')::bigint, (i.item ->> 'deposit_id')::bigint,
        i.item ->> 'address', decode(i.item ->> 'script', 'hex'), chain.amount_of_atoms(i.item ->> 'atoms', of_scale)
    from jsonb_array_elements(add_payment.items) with ordinality as i (item, number);

    select array_agg((i ->> 'withdrawal_id')::bigint) into wanted
    from jsonb_array_elements(add_payment.items) i where i ? 'withdrawal_id';
    if wanted is not null then
        perform exchange.move_withdrawals(wanted, 'approved', made);
    end if;
    if add_payment.identity_hash is not null and add_payment.purpose <> 'refill' then
        insert into chain.signings (payment_id, signer, kind) values (made, 'a', 'safe'), (made, 'b', 'safe');
        perform pg_notify('exchange_events', '10920');
    end if;
    return made;
end $$;

ALTER FUNCTION chain.add_payment(network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint, safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.add_payment(network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint, safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) IS 'Writes down what is to be sent and for what; a Safe''s transaction is at once asked of both signers, unless it is the cold wallet''s. Items: withdrawal_id or deposit_id or neither, address, script in hexadecimal digits, atoms. For the planner.';

CREATE FUNCTION chain.add_wallet(network text, role text, address text, script bytea, descriptor text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of_network integer;
    known chain.wallets;
begin
    select n.network_id into of_network from chain.networks n where n.name = add_wallet.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', add_wallet.network));
    end if;
    insert into chain.wallets (network_id, role, address, script, descriptor)
    values (of_network, add_wallet.role, add_wallet.address, add_wallet.script, add_wallet.descriptor)
    on conflict (network_id, role) do nothing;
    select * into strict known from chain.wallets w where w.network_id = of_network and w.role = add_wallet.role;
    if (known.address, known.script, known.descriptor) is distinct from (add_wallet.address, add_wallet.script, add_wallet.descriptor) then
        perform exchange.reject('WALLET_EXISTS', format('the %s wallet of %s is %s', known.role, add_wallet.network, known.address));
    end if;
    return known.wallet_id;
end $$;

ALTER FUNCTION chain.add_wallet(network text, role text, address text, script bytea, descriptor text) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.add_wallet(network text, role text, address text, script bytea, descriptor text) IS 'Registers a wallet of the house, once a network and role; the same again is a repeat. For the operator. Rejects: UNKNOWN_NETWORK, WALLET_EXISTS.';

CREATE FUNCTION chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of chain.payments;
    made bigint;
begin
    select * into strict of from chain.payments p where p.payment_id = adopt_attempt.payment_id for no key update;
    select a.attempt_id into made from chain.attempts a where a.network_id = of.network_id and a.txid = adopt_attempt.txid;
    if found then
        return made;
    end if;
    -- What nobody has signed yet is not needed any more; its nonce is a gap that is filled.
    update chain.signings s set state = 'refused', refusal = 'somebody else carried it', ended_at = clock_timestamp()
    from chain.attempts a
    where a.payment_id = of.payment_id and s.attempt_id = a.attempt_id and a.state = 'unsigned' and s.state = 'waiting';
    insert into chain.attempts (payment_id, network_id, number, state, unsigned, raw, txid, fee_rate, signed_at)
    select of.payment_id, of.network_id, coalesce(max(a.number), 0) + 1, 'broadcast', '', adopt_attempt.raw, adopt_attempt.txid, 1, clock_timestamp()
    from chain.attempts a where a.payment_id = of.payment_id
    returning attempt_id into made;
    return made;
end $$;

ALTER FUNCTION chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) IS 'Somebody else''s transaction carried our payment: anybody may carry what a Safe''s owners signed. It is kept like one of ours, but cost us nothing. For the follower.';

CREATE FUNCTION chain.amount_of_atoms(atoms text, scale integer) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- Written with its exponent, because a division rounds.
    select (amount_of_atoms.atoms || 'e-' || amount_of_atoms.scale)::numeric
$$;

ALTER FUNCTION chain.amount_of_atoms(atoms text, scale integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) IS 'The amount of a whole number of the smallest unit, exactly.';

CREATE FUNCTION chain.approved_withdrawals(network_id integer, most integer) RETURNS TABLE(withdrawal_id bigint, asset_id integer, contract bytea, atoms text, amount numeric, address text, script bytea, waited_ms bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    -- One planner at a time: what is reserved and which nonces are given is then never in dispute.
    if not pg_try_advisory_xact_lock(hashtext('chain.payments'), approved_withdrawals.network_id) then
        return;
    end if;
    return query
    select w.withdrawal_id, w.asset_id, c.contract, chain.atoms(w.amount, s.scale), w.amount, w.address, w.script,
        (extract(epoch from clock_timestamp() - w.approved_at) * 1000)::bigint
    from exchange.withdrawals w
    join chain.networks n on n.network_id = w.network_id and not n.is_halted
    join chain.coins c on c.asset_id = w.asset_id and c.network_id = w.network_id and not c.is_halted
    join exchange.assets s on s.asset_id = w.asset_id
    join exchange.accounts a on a.account_id = w.account_id and a.status = 'active'
    where w.state = 'approved' and w.ended_at is null and w.payment_id is null and w.internal_account_id is null
        and w.network_id = approved_withdrawals.network_id
        and not exists (
            select from exchange.deposit_entries d
            where d.account_id = w.account_id and d.debt_amount <> 0
            group by d.asset_id having sum(d.debt_amount) < 0)
    order by w.withdrawal_id
    limit approved_withdrawals.most
    for no key update of w skip locked;
end $$;

ALTER FUNCTION chain.approved_withdrawals(network_id integer, most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.approved_withdrawals(network_id integer, most integer) IS 'Locks approved withdrawals that no payment carries yet, oldest first, and makes the caller the network''s only planner until its transaction ends; nothing while another plans. Those of halted coins, frozen accounts and accounts with debts wait. For the planner.';

CREATE FUNCTION chain.atoms(amount numeric, scale integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select trunc(atoms.amount * power(10::numeric, atoms.scale))::text
$$;

ALTER FUNCTION chain.atoms(amount numeric, scale integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.atoms(amount numeric, scale integer) IS 'An amount as a whole number of the smallest unit, in digits.';

CREATE FUNCTION chain.begin_attempt(payment_id bigint, number integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform from chain.payments p where p.payment_id = begin_attempt.payment_id and p.ended_at is null for no key update;
    return found
        and begin_attempt.number = (select coalesce(max(a.number), 0) + 1 from chain.attempts a where a.payment_id = begin_attempt.payment_id)
        and not exists (
            select from chain.attempts a
            where a.payment_id = begin_attempt.payment_id
                and (a.is_success or (a.state = 'unsigned' and not exists (
                    select from chain.signings s where s.attempt_id = a.attempt_id and s.state = 'refused'))));
end $$;

ALTER FUNCTION chain.begin_attempt(payment_id bigint, number integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.begin_attempt(payment_id bigint, number integer) IS 'Locks a payment until the transaction ends: whether an attempt of this number is the next one, none waits to be signed and none has succeeded. For the planner.';

CREATE FUNCTION chain.book_costs(payment_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    -- After a chain was undone deeper than what is called final, another attempt may be the one that was mined: the fact is
    -- corrected.
    delete from exchange.network_costs k using chain.attempts a
    where k.attempt_id = a.attempt_id and a.payment_id = any (book_costs.payment_ids) and a.state <> 'mined';
    insert into exchange.network_costs (attempt_id, asset_id, amount, costs_account_id, external_account_id)
    select a.attempt_id, c.asset_id, a.fee, exchange.house_account('costs'), exchange.house_account('external')
    from chain.attempts a
    join chain.payments p on p.payment_id = a.payment_id
    join chain.coins c on c.network_id = a.network_id and c.contract is null
    where a.payment_id = any (book_costs.payment_ids) and a.state = 'mined' and a.fee > 0
        -- What goes back pays for itself, out of money that was never the house's.
        and not (p.purpose = 'refund' and p.asset_id = c.asset_id)
    on conflict (attempt_id) do nothing;
end $$;

ALTER FUNCTION chain.book_costs(payment_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.book_costs(payment_ids bigint[]) IS 'Books what the network was paid for each transaction of payments that a block holds, the undone ones too. For other functions.';

CREATE FUNCTION chain.book_transfers(network_id integer, heights bigint[], hashes bytea[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    capital constant bigint := exchange.house_account('capital');
    came bigint[];
begin
    if coalesce(cardinality(book_transfers.txids), 0) = 0 then
        return '{}';
    end if;
    with matched as materialized (
        select m.*, book_transfers.hashes[m.block_number] as block_hash, book_transfers.heights[m.block_number] as block_height
        from chain.match_transfers(
            book_transfers.network_id, book_transfers.block_numbers, book_transfers.txids, book_transfers.positions,
            book_transfers.scripts, book_transfers.contracts, book_transfers.atoms, book_transfers.from_addresses) m
    ), outputs as (
        insert into chain.outputs as o (network_id, txid, output_index, amount, address_id, wallet_id, block_hash, block_height)
        select book_transfers.network_id, m.txid, substr(m."position", 8)::integer, m.amount, m.address_id,
            case when m.address_id is null then m.wallet_id end, m.block_hash, m.block_height
        from matched m
        where m."position" like 'output:%'
        on conflict (network_id, txid, output_index) do update
            set block_hash = excluded.block_hash, block_height = excluded.block_height
    ), reserves as (
        insert into exchange.reserve_entries (
            network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
        select book_transfers.network_id, m.txid, m."position", m.asset_id, m.wallet_id, m.amount, m.block_height,
            capital, external
        from matched m
        where m.wallet_id is not null and m.address_id is null and not m.is_ours
    ), booked as (
        -- What moved may differ from what was first seen: logs and calls of the same transaction do, in another block.
        insert into exchange.deposits as d (
            network_id, txid, position, asset_id, account_id, address_id, amount, from_address, block_hash, block_height,
            required_confirmations, state)
        select book_transfers.network_id, m.txid, m."position", m.asset_id, m.account_id, m.address_id, m.amount,
            m.from_address, m.block_hash, m.block_height, m.required_confirmations, m.state
        from matched m
        where m.address_id is not null and not m.is_ours
        on conflict (network_id, txid, position) do update
            set asset_id = excluded.asset_id, account_id = excluded.account_id, address_id = excluded.address_id,
                amount = excluded.amount, from_address = excluded.from_address, block_hash = excluded.block_hash,
                block_height = excluded.block_height, required_confirmations = excluded.required_confirmations,
                state = case when d.state in ('seen', 'orphaned') then excluded.state else d.state end,
                changed_at = now()
            where d.block_hash is null
        returning d.deposit_id
    )
    select array_agg(b.deposit_id order by b.deposit_id) into came from booked b;
    return came;
end $$;

ALTER FUNCTION chain.book_transfers(network_id integer, heights bigint[], hashes bytea[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.book_transfers(network_id integer, heights bigint[], hashes bytea[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) IS 'Books what blocks brought: outputs, deposits, what came into the house''s wallets from outside. Gives the deposits. For chain.read_blocks.';

CREATE FUNCTION chain.cancel_refill(payment_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    given_up chain.payments;
begin
    select * into given_up from chain.payments p
    where p.payment_id = cancel_refill.payment_id and p.purpose = 'refill' for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_PAYMENT', format('no refill %s', cancel_refill.payment_id));
    end if;
    if given_up.owner_signatures is not null
        or exists (select from chain.attempts a where a.payment_id = given_up.payment_id) then
        perform exchange.reject('PAYMENT_SIGNED', format('refill %s is signed: it happens', given_up.payment_id));
    end if;
    perform chain.end_payment(given_up.payment_id, 'cancelled by the operator', null);
end $$;

ALTER FUNCTION chain.cancel_refill(payment_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.cancel_refill(payment_id bigint) IS 'Gives up a refill that was exported and not imported: its outputs are free again. Once more is a repeat. For the operator. Rejects: UNKNOWN_PAYMENT, PAYMENT_SIGNED.';

CREATE FUNCTION chain.check_coin() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    of_asset smallint;
begin
    select scale into strict of_asset from exchange.assets where asset_id = new.asset_id;
    if (new.min_deposit, new.min_withdrawal, new.fee_floor, new.fee_ceiling)
        is distinct from (
            round(new.min_deposit, of_asset), round(new.min_withdrawal, of_asset), round(new.fee_floor, of_asset),
            round(new.fee_ceiling, of_asset)) then
        raise exception 'an amount is finer than the atom of asset %', new.asset_id
            using errcode = 'check_violation', constraint = 'coins_amounts_in_atoms', schema = 'chain', table = 'coins';
    end if;
    if tg_op = 'UPDATE' and (new.asset_id, new.network_id, new.contract) is distinct from (old.asset_id, old.network_id, old.contract) then
        raise exception 'asset, network and contract of a coin never change; list another'
            using errcode = 'check_violation', constraint = 'coins_identity_fixed', schema = 'chain', table = 'coins';
    end if;
    return new;
end $$;

ALTER FUNCTION chain.check_coin() OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.check_coin() IS 'Refuses amounts that would need rounding, and a change of what a coin is.';

CREATE FUNCTION chain.confirm_deposits(network_id integer, limit_deposits integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- The engine's largest amount, in atoms (extension/engine/src/rules.rs, MAX_NOTIONAL).
    largest constant numeric := power(10::numeric, 36);
    tip bigint;
    due record;
    judged record;
    decided integer := 0;
    good bigint[] := '{}';
    bad bigint[] := '{}';
begin
    perform from chain.networks n where n.network_id = confirm_deposits.network_id for no key update;
    select b.height into tip from chain.blocks b
    where b.network_id = confirm_deposits.network_id and b.is_active order by b.height desc limit 1;
    -- By account, because accounts are locked in key order, and before balances.
    for due in
        select d.deposit_id, d.account_id, d.amount, d.from_address, s.symbol, d.amount * power(10::numeric, s.scale) as atoms
        from exchange.deposits d
        join exchange.assets s on s.asset_id = d.asset_id
        where d.network_id = confirm_deposits.network_id and d.state = 'pending'
            and d.block_height <= tip - d.required_confirmations + 1
        order by d.account_id, d.deposit_id
        limit least(greatest(confirm_deposits.limit_deposits, 0), 10000)
        for update of d
    loop
        judged := risk.assess_activity('deposit', due.account_id, jsonb_build_object(
            'asset', due.symbol, 'amount', trim_scale(due.amount)::text, 'wallet', coalesce(due.from_address, 'unknown'),
            'deposit_id', due.deposit_id::text));
        update exchange.deposits d set activity_id = judged.activity_id where d.deposit_id = due.deposit_id;
        if judged.verdict in ('allow', 'review') and due.atoms <= largest then
            good := good || due.deposit_id;
        else
            bad := bad || due.deposit_id;
        end if;
        decided := decided + 1;
    end loop;
    update exchange.deposits d set state = 'suspicious', changed_at = now() where d.deposit_id = any (bad);
    perform exchange.credit_deposits(good);
    perform chain.tell_deposits(bad);
    return decided;
end $$;

ALTER FUNCTION chain.confirm_deposits(network_id integer, limit_deposits integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.confirm_deposits(network_id integer, limit_deposits integer) IS 'Decides about pending deposits that have their confirmations, as many as the limit says: the risk rules let them be credited, or they wait for staff. Gives how many it decided; call it until that is less than the limit.';

CREATE FUNCTION chain.create_coin(asset text, network text, contract bytea, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, review_above numeric, second_review_above numeric, fee_units integer, fee_floor numeric, fee_ceiling numeric, sweep_above numeric, hot_floor numeric, hot_ceiling numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    listed exchange.assets;
    listed_on chain.networks;
begin
    select * into listed from exchange.assets a where a.symbol = create_coin.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_coin.asset));
    end if;
    select * into listed_on from chain.networks n where n.name = create_coin.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', create_coin.network));
    end if;
    if create_coin.contract is not null and listed_on.family <> 'evm' then
        perform exchange.reject('INVALID_COIN', 'only networks of the evm family have contracts');
    end if;
    if exists (select from chain.coins c
        where c.network_id = listed_on.network_id
            and (c.asset_id = listed.asset_id or c.contract is not distinct from create_coin.contract)) then
        perform exchange.reject('COIN_EXISTS', format(
            '%s or this contract is listed on %s', listed.symbol, listed_on.name));
    end if;
    insert into chain.coins (
        asset_id, network_id, contract, confirmations, large_amount, large_confirmations, min_deposit, min_withdrawal,
        review_above, second_review_above, fee_units, fee_floor, fee_ceiling, sweep_above, hot_floor, hot_ceiling)
    values (
        listed.asset_id, listed_on.network_id, create_coin.contract, create_coin.confirmations, create_coin.large_amount,
        create_coin.large_confirmations, create_coin.min_deposit, create_coin.min_withdrawal, create_coin.review_above,
        create_coin.second_review_above, create_coin.fee_units, create_coin.fee_floor, create_coin.fee_ceiling,
        create_coin.sweep_above, create_coin.hot_floor, create_coin.hot_ceiling);
end $$;

ALTER FUNCTION chain.create_coin(asset text, network text, contract bytea, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, review_above numeric, second_review_above numeric, fee_units integer, fee_floor numeric, fee_ceiling numeric, sweep_above numeric, hot_floor numeric, hot_ceiling numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.create_coin(asset text, network text, contract bytea, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, review_above numeric, second_review_above numeric, fee_units integer, fee_floor numeric, fee_ceiling numeric, sweep_above numeric, hot_floor numeric, hot_ceiling numeric) IS 'Lists an asset on a network: by its contract, or as the network''s own coin where that is null. The operator sees to it that the chain gives it as many decimals as the asset has. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, INVALID_COIN, COIN_EXISTS; a rule of the table that does not hold is a check violation that names it.';

CREATE FUNCTION chain.create_network(network_id integer, name text, family text, chain text, first_height bigint DEFAULT 0) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if exists (select from chain.networks n
        where n.network_id = create_network.network_id or n.name = create_network.name) then
        perform exchange.reject('NETWORK_EXISTS', format(
            'network %s or %s exists', create_network.network_id, create_network.name));
    end if;
    insert into chain.networks (network_id, name, family, chain, first_height)
    values (create_network.network_id, create_network.name, create_network.family, create_network.chain,
        create_network.first_height);
    return create_network.network_id;
end $$;

ALTER FUNCTION chain.create_network(network_id integer, name text, family text, chain text, first_height bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.create_network(network_id integer, name text, family text, chain text, first_height bigint) IS 'Lists a chain under the operator''s number. Its genesis block is learned from the first node that a worker asks. Rejects: NETWORK_EXISTS; a rule of the table that does not hold is a check violation that names it.';

CREATE FUNCTION chain.drop_refused_payments(network_id integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    refused record;
    dropped bigint := 0;
begin
    for refused in
        select p.payment_id, p.safe_nonce, min(s.refusal) as words,
            array_remove(array_agg(distinct s.withdrawal_id), null) as blamed
        from chain.payments p
        join chain.signings s on s.payment_id = p.payment_id and s.state = 'refused'
        where p.network_id = drop_refused_payments.network_id and p.ended_at is null and p.purpose <> 'cancel'
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.raw is not null)
        group by p.payment_id
        order by p.payment_id
    loop
        perform from chain.payments p where p.payment_id = refused.payment_id for no key update;
        if refused.blamed = '{}' then
            update chain.networks n set is_halted = true, halt_reason = left('a signer refused payment ' || refused.payment_id || ': ' || refused.words, 500)
            where n.network_id = drop_refused_payments.network_id and not n.is_halted;
        end if;
        -- A nonce of the Safe has to be used up by another payment first: see cancelled_payments.
        continue when refused.safe_nonce is not null;
        perform chain.end_payment(refused.payment_id, 'refused: ' || refused.words, refused.blamed);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

ALTER FUNCTION chain.drop_refused_payments(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.drop_refused_payments(network_id integer) IS 'Ends payments that a signer refused and of which no bytes exist: the withdrawal that was the reason is refunded, others are paid anew. A refusal for another reason halts the network. For the planner.';

CREATE FUNCTION chain.end_failed_payment(network_id integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ended chain.payments;
    cancelled bigint;
    words text;
begin
    -- One a transaction: a refund locks balances in the order of their keys.
    select p.* into ended
    from chain.final_payments(end_failed_payment.network_id) f
    join chain.payments p on p.payment_id = f.payment_id and p.ended_at is null
    where not f.is_success or p.purpose = 'cancel'
    order by p.payment_id limit 1
    for no key update of p skip locked;
    if not found then
        return false;
    end if;
    perform chain.book_costs(array[ended.payment_id]);
    if ended.purpose <> 'cancel' then
        perform chain.end_payment(ended.payment_id, 'the chain refused it: the receiver does not take it', null);
        return true;
    end if;
    update chain.payments p set state = 'confirmed', ended_at = clock_timestamp() where p.payment_id = ended.payment_id;
    select p.payment_id into cancelled from chain.payments p
    where p.network_id = ended.network_id and p.safe_nonce = ended.safe_nonce and p.purpose <> 'cancel';
    select 'refused: ' || min(s.refusal) into words from chain.signings s where s.payment_id = cancelled and s.state = 'refused';
    perform chain.end_payment(cancelled, coalesce(words, 'cancelled'), (
        select coalesce(array_agg(distinct s.withdrawal_id) filter (where s.withdrawal_id is not null), '{}')
        from chain.signings s where s.payment_id = cancelled))
    where cancelled is not null;
    return true;
end $$;

ALTER FUNCTION chain.end_failed_payment(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.end_failed_payment(network_id integer) IS 'Ends one payment that the chain has finally refused, and refunds; or one whose nonce a cancelling payment has used up: the withdrawal that a signer had refused is refunded. False where there is none. For the follower.';

CREATE FUNCTION chain.end_payment(payment_id bigint, reason text, refunded bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ended chain.payments;
    given_up bigint[];
    given_back bigint[];
begin
    update chain.payments p set state = 'failed', end_reason = end_payment.reason, ended_at = clock_timestamp()
    where p.payment_id = end_payment.payment_id and p.ended_at is null
    returning * into ended;
    if not found then
        return;
    end if;
    update chain.outputs o set payment_id = null where o.payment_id = ended.payment_id and o.spent_txid is null;
    update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
    where s.payment_id = ended.payment_id and s.state = 'waiting';
    select array_agg(w.withdrawal_id) filter (where end_payment.refunded is null or w.withdrawal_id = any (end_payment.refunded)),
        array_agg(w.withdrawal_id) filter (where w.withdrawal_id <> all (end_payment.refunded))
    into given_up, given_back
    from exchange.withdrawals w where w.payment_id = ended.payment_id and w.ended_at is null;
    perform exchange.refund_withdrawals(given_up, 'failed', end_payment.reason) where given_up is not null;
    perform exchange.move_withdrawals(given_back, 'approved') where given_back is not null;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'payment_failed', 'payment_id', ended.payment_id::text, 'purpose', ended.purpose, 'words', end_payment.reason));
end $$;

ALTER FUNCTION chain.end_payment(payment_id bigint, reason text, refunded bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.end_payment(payment_id bigint, reason text, refunded bigint[]) IS 'Ends a payment that provably never happens: its outputs are free again, the withdrawals of the list (all of them where it is null) are refunded, the others wait to be paid anew. For other functions.';

CREATE FUNCTION chain.fail_conflicts(network_id integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    tip bigint;
    lost record;
    failed bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = fail_conflicts.network_id and b.is_active;
    for lost in
        select p.payment_id, min(encode(o.spent_txid, 'hex')) as spender
        from chain.payments p
        join chain.outputs o on o.payment_id = p.payment_id
        join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
        where p.network_id = fail_conflicts.network_id and p.ended_at is null and tip - o.spent_height + 1 >= c.large_confirmations
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.txid = o.spent_txid)
        group by p.payment_id
        order by p.payment_id
    loop
        update chain.attempts a set state = 'replaced' where a.payment_id = lost.payment_id and a.state in ('signed', 'broadcast');
        perform chain.fail_payment(lost.payment_id, 'its outputs were spent by ' || lost.spender);
        failed := failed + 1;
    end loop;
    return failed;
end $$;

ALTER FUNCTION chain.fail_conflicts(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.fail_conflicts(network_id integer) IS 'Bitcoin: gives up payments whose outputs another transaction has spent, and that is final: theirs can never be mined. For the follower.';

CREATE FUNCTION chain.fail_payment(payment_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform from chain.payments p where p.payment_id = fail_payment.payment_id for no key update;
    -- What a block holds has happened, whatever a worker thinks.
    if exists (select from chain.attempts a where a.payment_id = fail_payment.payment_id and a.is_success) then
        raise exception 'payment % has happened', fail_payment.payment_id using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- What was undone has cost its gas.
    perform chain.book_costs(array[fail_payment.payment_id]);
    perform chain.end_payment(fail_payment.payment_id, fail_payment.reason, null);
end $$;

ALTER FUNCTION chain.fail_payment(payment_id bigint, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.fail_payment(payment_id bigint, reason text) IS 'Gives up a payment whose nonce was finally used by something else, and refunds. For the follower.';

CREATE FUNCTION chain.final_payments(network_id integer) RETURNS TABLE(payment_id bigint, is_success boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p.payment_id, a.is_success
    from chain.payments p
    join chain.attempts a on a.payment_id = p.payment_id and a.state = 'mined' and a.is_success is not null
    join chain.blocks b on b.network_id = a.network_id and b.hash = a.block_hash and b.is_active
    join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
    where p.network_id = final_payments.network_id and p.ended_at is null
        and a.block_height <= (
            select max(t.height) from chain.blocks t where t.network_id = final_payments.network_id and t.is_active
        ) - c.large_confirmations + 1
$$;

ALTER FUNCTION chain.final_payments(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.final_payments(network_id integer) IS 'Open payments whose outcome has its coin''s large_confirmations, counted on the active blocks. For other functions.';

CREATE FUNCTION chain.finish_refund(deposit_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    returned record;
begin
    update exchange.deposits d set state = 'refunded', changed_at = clock_timestamp()
    from exchange.assets s, chain.networks n
    where d.deposit_id = finish_refund.deposit_id and d.state = 'refunding' and s.asset_id = d.asset_id and n.network_id = d.network_id
    returning d.deposit_id, d.account_id, d.amount, s.symbol, n.name into returned;
    if found then
        perform exchange.append_event('finance', jsonb_build_object(
            'change', 'refunded', 'deposit_id', returned.deposit_id::text, 'account_id', returned.account_id::text,
            'asset', returned.symbol, 'amount', returned.amount::text, 'network', returned.name, 'state', 'refunded'));
    end if;
end $$;

ALTER FUNCTION chain.finish_refund(deposit_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.finish_refund(deposit_id bigint) IS 'A deposit has gone back to where it came from. For other functions.';

CREATE FUNCTION chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    gone bigint[];
begin
    perform from chain.networks n where n.network_id = forget_transactions.network_id for no key update;
    -- In a block that was not read yet they are not gone.
    if not exists (
        select from chain.blocks b
        where b.network_id = forget_transactions.network_id and b.hash = forget_transactions.tip_hash and b.is_active
            and b.height = (select max(t.height) from chain.blocks t where t.network_id = b.network_id and t.is_active)) then
        return 0;
    end if;
    with forgotten as (
        update exchange.deposits d set state = 'orphaned', changed_at = now()
        where d.network_id = forget_transactions.network_id and d.state = 'seen' and d.txid = any (forget_transactions.txids)
        returning d.deposit_id
    )
    select array_agg(f.deposit_id order by f.deposit_id) into gone from forgotten f;
    perform chain.tell_deposits(gone);
    return coalesce(cardinality(gone), 0);
end $$;

ALTER FUNCTION chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) IS 'These transactions have left the mempool of a node whose highest block is this one: replaced, or double-spent. Changes nothing while that block is not the highest that was read. Gives how many deposits are gone.';

CREATE FUNCTION chain.free_outputs(network_id integer, kind text) RETURNS TABLE(txid bytea, output_index integer, atoms text, address_id bigint, deposit_id bigint, to_address text, to_script bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select o.txid, o.output_index, chain.atoms(o.amount, s.scale), o.address_id, d.deposit_id, r.address, r.script
    from chain.outputs o
    join chain.coins c on c.network_id = o.network_id and c.contract is null
    join exchange.assets s on s.asset_id = c.asset_id
    left join chain.wallets w on w.wallet_id = o.wallet_id
    left join exchange.deposits d on d.network_id = o.network_id and d.txid = o.txid and d.position = 'output:' || o.output_index
    left join exchange.deposit_refunds r on r.deposit_id = d.deposit_id
    where o.network_id = free_outputs.network_id and o.spent_txid is null and o.payment_id is null and o.block_hash is not null
        and case free_outputs.kind
            when 'hot' then w.role = 'hot'
            when 'cold' then w.role = 'cold'
            when 'deposits' then d.state = 'credited'
            when 'refunds' then d.state = 'refunding' and r.deposit_id is not null
                and o.block_height <= (
                    select max(b.height) from chain.blocks b where b.network_id = free_outputs.network_id and b.is_active
                ) - c.large_confirmations + 1
        end
    order by o.amount desc, o.txid, o.output_index
    limit 2000
$$;

ALTER FUNCTION chain.free_outputs(network_id integer, kind text) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.free_outputs(network_id integer, kind text) IS 'Bitcoin: outputs in a block that nothing spends or has reserved, the largest first. Kind: hot; cold; deposits, those that were credited; refunds, those that go back, as deep as when that was decided. For the planner.';

CREATE FUNCTION chain.gathered(network_id integer) RETURNS TABLE(address_id bigint, script bytea, asset_id integer, contract bytea, atoms text, deposit_id bigint, to_address text, to_script bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with arrived as (
        select d.address_id, d.asset_id, sum(d.amount) as amount
        from exchange.deposits d
        where d.network_id = gathered.network_id and d.state = 'credited'
        group by d.address_id, d.asset_id
    ), sent as (
        select p.from_address_id as address_id, p.asset_id, sum(p.amount) as amount
        from chain.payments p
        where p.network_id = gathered.network_id and p.purpose = 'sweep' and p.state <> 'failed' and p.from_address_id is not null
        group by p.from_address_id, p.asset_id
    ), due as (
        select a.address_id, a.asset_id, a.amount - coalesce(s.amount, 0) as amount, null::bigint as deposit_id, null::text as to_address, null::bytea as to_script
        from arrived a
        left join sent s using (address_id, asset_id)
        join chain.coins c on c.asset_id = a.asset_id and c.network_id = gathered.network_id
        where a.amount - coalesce(s.amount, 0) >= c.sweep_above
        union all
        select d.address_id, d.asset_id, d.amount, d.deposit_id, r.address, r.script
        from exchange.deposits d
        join exchange.deposit_refunds r on r.deposit_id = d.deposit_id
        join chain.coins c on c.asset_id = d.asset_id and c.network_id = d.network_id
        where d.network_id = gathered.network_id and d.state = 'refunding'
            -- What has vanished, or came again just now, would go back out of what others have paid.
            and d.block_height <= (
                select max(b.height) from chain.blocks b where b.network_id = gathered.network_id and b.is_active
            ) - c.large_confirmations + 1
            and not exists (
                select from chain.payment_items i join chain.payments p on p.payment_id = i.payment_id and p.state <> 'failed'
                where i.deposit_id = d.deposit_id)
    )
    select due.address_id, a.script, due.asset_id, c.contract, chain.atoms(due.amount, s.scale), due.deposit_id, due.to_address, due.to_script
    from due
    join chain.addresses a on a.address_id = due.address_id
    join chain.coins c on c.asset_id = due.asset_id and c.network_id = gathered.network_id
    join exchange.assets s on s.asset_id = due.asset_id
    where not exists (
        select from chain.payments p
        where p.from_address_id = due.address_id and p.ended_at is null)
    order by due.deposit_id nulls last, due.address_id
    limit 100
$$;

ALTER FUNCTION chain.gathered(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.gathered(network_id integer) IS 'evm: what is to leave deposit addresses: credited and not gathered yet, from sweep_above on; and deposits that go back, as deep as when that was decided. An address from which something is under way waits. For the sweeper.';

CREATE FUNCTION chain.judged_items(payment_id bigint) RETURNS TABLE(item integer, withdrawal_id bigint, deposit_id bigint, atoms text, script bytea, asked_atoms text, asked_script bytea, asked_asset_id integer, asked_network_id integer, state text, payment_of bigint, is_internal boolean, needed_reviews integer, approvals bigint, rejections bigint, account_status text, is_in_debt boolean, is_halted boolean, is_paid_twice boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select i.item, i.withdrawal_id, i.deposit_id, chain.atoms(i.amount, s.scale), i.script,
        chain.atoms(coalesce(w.amount, d.amount), s.scale), coalesce(w.script, r.script), coalesce(w.asset_id, d.asset_id), coalesce(w.network_id, d.network_id),
        coalesce(w.state, d.state), w.payment_id, w.internal_account_id is not null,
        greatest(w.required_reviews, exchange.required_reviews(c, w.amount, a.kyc_level)),
        (select count(*) from exchange.withdrawal_reviews r where r.withdrawal_id = w.withdrawal_id and r.is_approved),
        (select count(*) from exchange.withdrawal_reviews r where r.withdrawal_id = w.withdrawal_id and not r.is_approved),
        a.status,
        exists (
            select from exchange.deposit_entries e
            where e.account_id = w.account_id and e.debt_amount <> 0
            group by e.asset_id having sum(e.debt_amount) < 0),
        n.is_halted or c.is_halted,
        exists (
            select from chain.payment_items other
            join chain.payments q on q.payment_id = other.payment_id and q.state <> 'failed'
            where other.payment_id <> i.payment_id
                and (other.withdrawal_id = i.withdrawal_id or other.deposit_id = i.deposit_id))
    from chain.payment_items i
    join chain.payments p on p.payment_id = i.payment_id
    join exchange.assets s on s.asset_id = p.asset_id
    join chain.networks n on n.network_id = p.network_id
    left join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
    left join exchange.withdrawals w on w.withdrawal_id = i.withdrawal_id
    left join exchange.deposits d on d.deposit_id = i.deposit_id
    left join exchange.deposit_refunds r on r.deposit_id = i.deposit_id
    left join exchange.accounts a on a.account_id = coalesce(w.account_id, d.account_id)
    where i.payment_id = judged_items.payment_id
    order by i.item
$$;

ALTER FUNCTION chain.judged_items(payment_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.judged_items(payment_id bigint) IS 'What a signer has to know of whom a payment pays: what was asked, by how many approved, and what speaks against it. Reviews are counted and their need is computed anew, whatever the withdrawal''s state says. For signers.';

CREATE FUNCTION chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer) RETURNS TABLE(height bigint, hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select b.height, b.hash from chain.blocks b
    where b.network_id = last_blocks.network_id and b.is_active
        and (last_blocks.below_height is null or b.height < last_blocks.below_height)
    order by b.height desc
    limit least(greatest(last_blocks.limit_blocks, 0), 1000)
$$;

ALTER FUNCTION chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer) IS 'The active blocks that were read, highest first, at most 1000; below a height where it is given.';

CREATE FUNCTION chain.listed_contracts(network_id integer) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select c.contract from chain.coins c where c.network_id = listed_contracts.network_id and c.contract is not null
$$;

ALTER FUNCTION chain.listed_contracts(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.listed_contracts(network_id integer) IS 'The contracts of a network whose logs count.';

CREATE FUNCTION chain.match_spent_outputs(network_id integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    matched bigint;
begin
    select count(*) filter (where chain.note_mined(m.attempt_id, m.hash, m.height, 'success', null)) into matched
    from (
        select distinct a.attempt_id, b.hash, b.height
        from chain.payments p
        join chain.outputs o on o.payment_id = p.payment_id and o.spent_height is not null
        join chain.attempts a on a.payment_id = p.payment_id and a.txid = o.spent_txid and a.state <> 'mined'
        join chain.blocks b on b.network_id = p.network_id and b.height = o.spent_height and b.is_active
        where p.network_id = match_spent_outputs.network_id and p.ended_at is null
        order by a.attempt_id
    ) m;
    return matched;
end $$;

ALTER FUNCTION chain.match_spent_outputs(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.match_spent_outputs(network_id integer) IS 'Bitcoin: notes attempts as mined whose outputs the watcher has seen spent by them in a block. For the follower.';

CREATE FUNCTION chain.match_transfers(network_id integer, block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) RETURNS TABLE(block_number integer, txid bytea, "position" text, asset_id integer, amount numeric, from_address text, address_id bigint, account_id bigint, wallet_id integer, is_ours boolean, state text, required_confirmations integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
    select t.block_number, t.txid, t."position", c.asset_id, round(t.atoms / power(10::numeric, s.scale), s.scale),
        t.from_address, a.address_id, a.account_id, w.wallet_id,
        exists (select from chain.attempts own where own.network_id = match_transfers.network_id and own.txid = t.txid)
            or exists (select from chain.wallets own
                where own.network_id = match_transfers.network_id and own.address = t.from_address),
        case when t.atoms < c.min_deposit * power(10::numeric, s.scale) then 'below_minimum' else 'pending' end,
        greatest(
            case when t.atoms < c.large_amount * power(10::numeric, s.scale) then c.confirmations else c.large_confirmations end,
            -- Newly made coins cannot be spent before a hundred more blocks (Bitcoin, COINBASE_MATURITY).
            case when t.from_address = 'coinbase' then 101 end)
    from unnest(
        match_transfers.block_numbers, match_transfers.txids, match_transfers.positions, match_transfers.scripts,
        match_transfers.contracts, match_transfers.atoms, match_transfers.from_addresses)
        as t (block_number, txid, "position", script, contract, atoms, from_address)
    left join chain.addresses a on a.network_id = match_transfers.network_id and a.script = t.script
    left join chain.wallets w on w.network_id = match_transfers.network_id and w.script = t.script
    join chain.coins c on c.network_id = match_transfers.network_id
        and (c.contract = t.contract or (c.contract is null and t.contract is null))
    join exchange.assets s on s.asset_id = c.asset_id
    where (a.address_id is not null or w.wallet_id is not null) and t.atoms > 0
$$;

ALTER FUNCTION chain.match_transfers(network_id integer, block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.match_transfers(network_id integer, block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) IS 'Of what moved on a network, in atoms, that which came to a deposit address or a wallet and is of a listed coin. Ours: a transaction that the exchange has made itself. State: what a deposit of it is once it lies in a block. For other functions.';

CREATE FUNCTION chain.measure_quiet_hours() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    measured_over constant interval := '28 days';
    measured integer;
begin
    with samples as (
        select s.network_id, s.rate, s.sampled_at at time zone 'utc' as at
        from chain.fee_samples s where s.sampled_at > now() - measured_over
    ), usual as (
        select s.network_id, percentile_disc(0.5) within group (order by s.rate) as rate from samples s group by s.network_id
    ), hours as (
        select s.network_id, extract(hour from s.at)::smallint as hour,
            percentile_disc(0.5) within group (order by s.rate) as rate, count(distinct s.at::date) as days
        from samples s group by s.network_id, extract(hour from s.at)
    ), gone as (
        delete from chain.fee_hours f
        where not exists (select from hours h where h.network_id = f.network_id and h.hour = f.hour)
    )
    insert into chain.fee_hours as f (network_id, hour, rate, usual_rate, days)
    select h.network_id, h.hour, h.rate, u.rate, h.days
    from hours h join usual u on u.network_id = h.network_id
    on conflict (network_id, hour) do update
    set rate = excluded.rate, usual_rate = excluded.usual_rate, days = excluded.days, measured_at = now();
    get diagnostics measured = row_count;
    return measured;
end $$;

ALTER FUNCTION chain.measure_quiet_hours() OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.measure_quiet_hours() IS 'Computes anew, from the samples of the last 28 days, what each hour of the day costs on each network. Returns how many hours are known.';

CREATE FUNCTION chain.meet_node(network text, family text, chain text, genesis_hash bytea) RETURNS TABLE(network_id integer, first_height bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    watched chain.networks;
begin
    select * into watched from chain.networks n
    where n.name = meet_node.network and n.family = meet_node.family for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s of family %s', meet_node.network, meet_node.family));
    end if;
    if watched.chain <> meet_node.chain then
        perform exchange.reject('WRONG_NODE', format(
            'the node is of chain %s; %s is %s', meet_node.chain, watched.name, watched.chain));
    end if;
    if watched.genesis_hash is null then
        update chain.networks n set genesis_hash = meet_node.genesis_hash where n.network_id = watched.network_id;
    elsif watched.genesis_hash <> meet_node.genesis_hash then
        perform exchange.reject('WRONG_NODE', format(
            'the node''s chain begins with block %s; that of %s with %s',
            encode(meet_node.genesis_hash, 'hex'), watched.name, encode(watched.genesis_hash, 'hex')));
    end if;
    return query select watched.network_id, watched.first_height;
end $$;

ALTER FUNCTION chain.meet_node(network text, family text, chain text, genesis_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.meet_node(network text, family text, chain text, genesis_hash bytea) IS 'Says which chain a node is of, by the chain''s name or id and its first block, before anything that it says is believed; the first node''s first block is learned. Rejects: UNKNOWN_NETWORK, WRONG_NODE.';

CREATE FUNCTION chain.note_broadcast(attempt_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of chain.attempts;
begin
    update chain.attempts a
    set state = 'broadcast', broadcast_at = coalesce(a.broadcast_at, clock_timestamp()), last_broadcast_at = clock_timestamp()
    where a.attempt_id = note_broadcast.attempt_id and a.state in ('signed', 'broadcast')
    returning * into of;
    if not found then
        return;
    end if;
    update chain.payments p set state = 'broadcast' where p.payment_id = of.payment_id and p.state = 'signed';
    if found then
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'broadcast', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.ended_at is null
        having count(*) > 0;
    end if;
end $$;

ALTER FUNCTION chain.note_broadcast(attempt_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.note_broadcast(attempt_id bigint) IS 'A node has the bytes. For the broadcaster.';

CREATE FUNCTION chain.note_hot_balance(network_id integer, asset_id integer, atoms text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    told record;
    balance numeric;
begin
    select s.scale, s.symbol, n.name, c.hot_floor, c.is_refill_wanted into strict told
    from chain.coins c
    join exchange.assets s on s.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    balance := chain.amount_of_atoms(note_hot_balance.atoms, told.scale);
    if (balance < told.hot_floor) = told.is_refill_wanted then
        return null;
    end if;
    update chain.coins c set is_refill_wanted = balance < told.hot_floor
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    if balance >= told.hot_floor then
        return 'refilled';
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'refill_wanted', 'asset', told.symbol, 'network', told.name, 'amount', balance::text, 'floor', told.hot_floor::text));
    return 'refill_wanted';
end $$;

ALTER FUNCTION chain.note_hot_balance(network_id integer, asset_id integer, atoms text) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.note_hot_balance(network_id integer, asset_id integer, atoms text) IS 'Compares what the hot wallet holds with the coin''s floor, and asks once for a refill. For the sweeper.';

CREATE FUNCTION chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of chain.attempts;
    native_scale integer;
begin
    perform from chain.payments p
    where p.payment_id = (select a.payment_id from chain.attempts a where a.attempt_id = note_mined.attempt_id) for no key update;
    select s.scale into native_scale from chain.attempts a
    join chain.coins c on c.network_id = a.network_id and c.contract is null
    join exchange.assets s on s.asset_id = c.asset_id
    where a.attempt_id = note_mined.attempt_id;
    update chain.attempts a
    set state = 'mined', block_hash = note_mined.block_hash, block_height = note_mined.block_height,
        is_success = case note_mined.outcome when 'success' then true when 'failure' then false end,
        is_reverted = note_mined.outcome = 'reverted',
        fee = coalesce(chain.amount_of_atoms(note_mined.fee_atoms, native_scale), a.fee),
        broadcast_at = coalesce(a.broadcast_at, clock_timestamp())
    where a.attempt_id = note_mined.attempt_id and a.raw is not null
        and (a.state <> 'mined' or a.block_hash <> note_mined.block_hash)
    returning * into of;
    if not found then
        return false;
    end if;
    -- Those of the same nonce or outputs cannot be mined any more, unless this one is undone. A stranger's carrier has no
    -- nonce of ours: what it overtook still uses its own up.
    update chain.attempts a set state = 'replaced'
    where a.payment_id = of.payment_id and a.attempt_id <> of.attempt_id and a.state in ('signed', 'broadcast')
        and a.nonce is not distinct from of.nonce;
    -- What was overtaken may come after the payment's end, which has booked what it knew.
    perform chain.book_costs(array[of.payment_id])
    from chain.payments p where p.payment_id = of.payment_id and p.ended_at is not null;
    -- The node may have had it before we noted that, or have it from somebody else.
    update chain.payments p set state = 'broadcast' where p.payment_id = of.payment_id and p.state in ('planned', 'signed');
    if found then
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'signed', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.state = 'approved'
        having count(*) > 0;
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'broadcast', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.ended_at is null
        having count(*) > 0;
    end if;
    return true;
end $$;

ALTER FUNCTION chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) IS 'A block holds the attempt. Outcome: success; failure, where what it carried failed for ever; reverted, where it was undone and another attempt has to carry it. Its fee where it is only known now. For the follower.';

CREATE FUNCTION chain.note_replaced(attempt_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    update chain.attempts a set state = 'replaced'
    where a.attempt_id = note_replaced.attempt_id and a.state in ('signed', 'broadcast');
    return found;
end $$;

ALTER FUNCTION chain.note_replaced(attempt_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.note_replaced(attempt_id bigint) IS 'Another transaction, of no payment of ours, used the attempt''s nonce, and that is final. For the follower.';

CREATE FUNCTION chain.put_signature(signing_id bigint, signature bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    -- The session's own user: a signer signs for nobody else.
    update chain.signings s set state = 'signed', signature = put_signature.signature, ended_at = clock_timestamp()
    where s.signing_id = put_signature.signing_id and s.state = 'waiting' and 'exchange_signer_' || s.signer = session_user;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;

ALTER FUNCTION chain.put_signature(signing_id bigint, signature bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.put_signature(signing_id bigint, signature bytea) IS 'A signer''s answer; false where nothing of that number waits for the one who calls. For signers.';

CREATE FUNCTION chain.read_blocks(network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[], spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    watched chain.networks;
    tip chain.blocks;
    came bigint[];
begin
    -- One watcher after the other: the second finds that its blocks no longer follow the tip.
    select * into strict watched from chain.networks n where n.network_id = read_blocks.network_id for no key update;
    select * into tip from chain.blocks b where b.network_id = watched.network_id and b.is_active order by b.height desc limit 1;
    if tip.height is null then
        if read_blocks.heights[1] <> watched.first_height then
            return false;
        end if;
    elsif (read_blocks.heights[1], read_blocks.parent_hashes[1]) is distinct from (tip.height + 1, tip.hash) then
        return false;
    end if;
    -- A block of a fork may become active again.
    insert into chain.blocks as b (network_id, height, hash, parent_hash, mined_at)
    select watched.network_id, n.height, n.hash, n.parent_hash, to_timestamp(n.mined_at_s)
    from unnest(read_blocks.heights, read_blocks.hashes, read_blocks.parent_hashes, read_blocks.mined_at_s)
        as n (height, hash, parent_hash, mined_at_s)
    on conflict (network_id, hash) do update set is_active = true;

    came := chain.book_transfers(
        watched.network_id, read_blocks.heights, read_blocks.hashes, read_blocks.block_numbers, read_blocks.txids,
        read_blocks.positions, read_blocks.scripts, read_blocks.contracts, read_blocks.atoms, read_blocks.from_addresses);
    update chain.outputs o
    set spent_txid = s.spending_txid, spent_height = read_blocks.heights[s.block_number]
    from unnest(read_blocks.spend_numbers, read_blocks.spending_txids, read_blocks.spent_txids, read_blocks.spent_indexes)
        as s (block_number, spending_txid, txid, output_index)
    where o.network_id = watched.network_id and o.txid = s.txid and o.output_index = s.output_index;

    perform chain.tell_deposits(array(
        select d.deposit_id from exchange.deposits d
        where d.network_id = watched.network_id and d.state = 'pending'
        union
        select unnest(came)));
    -- No stream has this number: payments look whether theirs were mined.
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;

ALTER FUNCTION chain.read_blocks(network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[], spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.read_blocks(network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[], spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[]) IS 'Takes blocks that follow the highest active one, or each other, with all that moved in them: numbers count the blocks from 1, contracts are null for the network''s own coin, spends are what Bitcoin''s inputs use up. False, and nothing is changed, where the first does not follow: another watcher was here, or there is a fork.';

CREATE FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    refused chain.signings;
begin
    update chain.signings s
    set state = 'refused', refusal = refuse_signing.refusal, withdrawal_id = refuse_signing.withdrawal_id, ended_at = clock_timestamp()
    where s.signing_id = refuse_signing.signing_id and s.state = 'waiting' and 'exchange_signer_' || s.signer = session_user
    returning * into refused;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'signing_refused', 'signing_id', refused.signing_id::text, 'payment_id', refused.payment_id::text,
        'withdrawal_id', refused.withdrawal_id::text, 'signer', refused.signer, 'words', refused.refusal));
    return true;
end $$;

ALTER FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) IS 'A signer will not sign: because of a withdrawal, or else something is wrong with the network''s payments at large. Staff is told. For signers.';

CREATE FUNCTION chain.reopen_attempts(network_id integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- No chain is undone deeper after a payment has ended; older history is not looked at.
    deepest constant integer := 1000;
    tip bigint;
    undone record;
    reopened bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = reopen_attempts.network_id and b.is_active;
    for undone in
        select a.attempt_id, a.payment_id from chain.attempts a
        join chain.payments p on p.payment_id = a.payment_id
        where a.network_id = reopen_attempts.network_id and a.block_height is not null
            -- Failed for good is failed for good: what was refunded must not be sent again.
            and (p.ended_at is null or (p.state = 'confirmed' and a.block_height > tip - deepest))
            -- Its block is known to be left, or another has its place: the watcher may never have read it.
            and (exists (
                    select from chain.blocks b where b.network_id = a.network_id and b.hash = a.block_hash and not b.is_active)
                or exists (
                    select from chain.blocks b where b.network_id = a.network_id and b.height = a.block_height and b.is_active
                        and b.hash <> a.block_hash))
        order by a.payment_id, a.attempt_id
        for no key update of a
    loop
        update chain.attempts a
        set state = 'broadcast', block_hash = null, block_height = null, is_success = null, is_reverted = false
        where a.attempt_id = undone.attempt_id;
        update chain.attempts a set state = 'broadcast' where a.payment_id = undone.payment_id and a.state = 'replaced';
        update chain.payments p set state = 'broadcast', ended_at = null where p.payment_id = undone.payment_id and p.state = 'confirmed';
        reopened := reopened + 1;
    end loop;
    return reopened;
end $$;

ALTER FUNCTION chain.reopen_attempts(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.reopen_attempts(network_id integer) IS 'Attempts whose block is no longer in the chain are open again, those that they had replaced too: the same bytes are sent again. A withdrawal that was settled stays settled. For the follower.';

CREATE FUNCTION chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    tip chain.blocks;
    credited bigint[];
    gone bigint[];
begin
    perform from chain.networks n where n.network_id = reorganise.network_id for no key update;
    select * into tip from chain.blocks b where b.network_id = reorganise.network_id and b.is_active order by b.height desc limit 1;
    -- Another watcher was here.
    if tip.hash is distinct from reorganise.tip_hash or tip.height <= reorganise.fork_height then
        return false;
    end if;
    update chain.blocks b set is_active = false
    where b.network_id = reorganise.network_id and b.is_active and b.height > reorganise.fork_height;

    select array_agg(d.deposit_id order by d.deposit_id) filter (where d.state = 'credited'),
        array_agg(d.deposit_id order by d.deposit_id) into credited, gone
    from (
        select d.* from exchange.deposits d
        where d.network_id = reorganise.network_id and d.block_height > reorganise.fork_height
        order by d.deposit_id for update) d;
    update exchange.deposits d
    set block_hash = null, block_height = null, changed_at = now(),
        state = case when d.state in ('pending', 'credited', 'below_minimum') then 'orphaned' else d.state end
    where d.deposit_id = any (gone);

    update chain.outputs o set block_hash = null, block_height = null
    where o.network_id = reorganise.network_id and o.block_height > reorganise.fork_height;
    -- What another's transaction spent may stay unspent; ours are sent again.
    update chain.outputs o
    set spent_height = null,
        spent_txid = (select a.txid from chain.attempts a where a.network_id = o.network_id and a.txid = o.spent_txid)
    where o.network_id = reorganise.network_id and o.spent_height > reorganise.fork_height;
    insert into exchange.reserve_entries (
        network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
    select r.network_id, r.txid, r.position, r.asset_id, r.wallet_id, - sum(r.amount), r.block_height,
        r.capital_account_id, r.external_account_id
    from exchange.reserve_entries r
    where r.network_id = reorganise.network_id and r.block_height > reorganise.fork_height
    group by r.network_id, r.txid, r.position, r.asset_id, r.wallet_id, r.block_height, r.capital_account_id, r.external_account_id
    having sum(r.amount) <> 0;

    perform exchange.reverse_deposits(credited);
    perform chain.tell_deposits(gone);
    return true;
end $$;

ALTER FUNCTION chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) IS 'The node has left the chain whose highest block is this one: what lies above the fork is no longer active, and what was in it is taken back, with facts of its own. The deposits are orphaned until they are seen or mined again. False, and nothing is changed, where that block is not the highest that was read.';

CREATE FUNCTION chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    reserved integer;
begin
    update chain.outputs o set payment_id = p.payment_id
    from chain.payments p, unnest(reserve_outputs.txids, reserve_outputs.output_indexes) as wanted (txid, output_index)
    where p.payment_id = reserve_outputs.payment_id and o.network_id = p.network_id
        and o.txid = wanted.txid and o.output_index = wanted.output_index
        and o.spent_txid is null and o.block_hash is not null
        and (o.payment_id is null or o.payment_id = p.payment_id);
    get diagnostics reserved = row_count;
    if reserved <> cardinality(reserve_outputs.txids) then
        raise exception 'an output is spent or reserved meanwhile' using errcode = 'serialization_failure';
    end if;
end $$;

ALTER FUNCTION chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) IS 'Gives outputs to a payment: no other may spend them. For the planner.';

CREATE FUNCTION chain.sample_fee(network_id integer, rate numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    kept constant interval := '35 days';
begin
    insert into chain.fee_samples (network_id, sampled_at, rate) values (sample_fee.network_id, now(), sample_fee.rate)
    on conflict (network_id, sampled_at) do nothing;
    delete from chain.fee_samples f where f.network_id = sample_fee.network_id and f.sampled_at < now() - kept;
end $$;

ALTER FUNCTION chain.sample_fee(network_id integer, rate numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.sample_fee(network_id integer, rate numeric) IS 'Notes what the node says a unit of a block costs, in atoms, and forgets what is older than 35 days.';

CREATE FUNCTION chain.see_transfers(network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    came bigint[];
begin
    perform from chain.networks n where n.network_id = see_transfers.network_id for no key update;
    with matched as materialized (
        select m.* from chain.match_transfers(
            see_transfers.network_id, array_fill(1, array[cardinality(see_transfers.txids)]), see_transfers.txids,
            see_transfers.positions, see_transfers.scripts, see_transfers.contracts, see_transfers.atoms,
            see_transfers.from_addresses) m
        where m.address_id is not null and not m.is_ours
    ), seen as (
        insert into exchange.deposits as d (
            network_id, txid, position, asset_id, account_id, address_id, amount, from_address, required_confirmations, state)
        select see_transfers.network_id, m.txid, m."position", m.asset_id, m.account_id, m.address_id, m.amount,
            m.from_address, m.required_confirmations, 'seen'
        from matched m
        on conflict (network_id, txid, position) do update set state = 'seen', changed_at = now() where d.state = 'orphaned'
        returning d.deposit_id
    )
    select array_agg(s.deposit_id order by s.deposit_id) into came from seen s;
    perform chain.tell_deposits(came);
    return coalesce(cardinality(came), 0);
end $$;

ALTER FUNCTION chain.see_transfers(network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.see_transfers(network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) IS 'Takes what waits in the mempool, as chain.read_blocks takes what was mined: for display, nothing is credited by it. Gives how many deposits are seen for the first time, or again.';

CREATE FUNCTION chain.seen_transactions(network_id integer) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select distinct d.txid from exchange.deposits d
    where d.network_id = seen_transactions.network_id and d.state = 'seen'
$$;

ALTER FUNCTION chain.seen_transactions(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.seen_transactions(network_id integer) IS 'Transactions of deposits that were last seen in the mempool.';

CREATE FUNCTION chain.settle_payments(network_id integer, most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    final bigint[];
    settled bigint[];
begin
    select array_agg(f.payment_id) into final
    from (
        select p.payment_id
        from chain.final_payments(settle_payments.network_id) f
        join chain.payments p on p.payment_id = f.payment_id and p.ended_at is null
        where f.is_success and p.purpose <> 'cancel'
        order by p.payment_id
        limit settle_payments.most
        for no key update of p skip locked
    ) f;
    if final is null then
        return 0;
    end if;
    perform chain.book_costs(final);
    update chain.payments p set state = 'confirmed', ended_at = clock_timestamp() where p.payment_id = any (final);
    -- What only a replacement that was not mined would have spent.
    update chain.outputs o set payment_id = null where o.payment_id = any (final) and o.spent_txid is null;
    select array_agg(i.withdrawal_id) into settled
    from chain.payment_items i where i.payment_id = any (final) and i.withdrawal_id is not null;
    -- Once, because it locks balances in the order of their keys.
    perform exchange.settle_withdrawals(settled) where settled is not null;
    perform chain.finish_refund(i.deposit_id) from chain.payment_items i where i.payment_id = any (final) and i.deposit_id is not null;
    -- What was to use up the same nonce of the Safe has come too late.
    perform chain.end_payment(c.payment_id, 'the nonce was used by the payment itself', null)
    from chain.payments p
    join chain.payments c on c.network_id = p.network_id and c.safe_nonce = p.safe_nonce and c.purpose = 'cancel'
    where p.payment_id = any (final);
    return cardinality(final);
end $$;

ALTER FUNCTION chain.settle_payments(network_id integer, most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.settle_payments(network_id integer, most integer) IS 'Ends payments that went through and whose block has its coin''s confirmations: withdrawals are settled, what the network was paid is booked. For the follower.';

CREATE FUNCTION chain.sign_refill(payment_id bigint, signatures bytea[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    update chain.payments p set owner_signatures = sign_refill.signatures
    where p.payment_id = sign_refill.payment_id and p.purpose = 'refill' and p.ended_at is null and p.owner_signatures is null;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;

ALTER FUNCTION chain.sign_refill(payment_id bigint, signatures bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.sign_refill(payment_id bigint, signatures bytea[]) IS 'Keeps what two owners of the cold Safe have signed offline: the gas account carries it from now on. False where that is kept already, or the payment has ended. For the operator.';

CREATE FUNCTION chain.store_raw(attempt_id bigint, raw bytea, txid bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    of chain.attempts;
begin
    update chain.attempts a set state = 'signed', raw = store_raw.raw, txid = store_raw.txid, signed_at = clock_timestamp()
    where a.attempt_id = store_raw.attempt_id and a.state = 'unsigned'
    returning * into of;
    if not found then
        return false;
    end if;
    update chain.payments p set state = 'signed' where p.payment_id = of.payment_id and p.state = 'planned';
    if found then
        perform exchange.move_withdrawals(array_agg(i.withdrawal_id), 'signed', of.payment_id)
        from chain.payment_items i where i.payment_id = of.payment_id and i.withdrawal_id is not null
        having count(*) > 0;
    end if;
    return true;
end $$;

ALTER FUNCTION chain.store_raw(attempt_id bigint, raw bytea, txid bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.store_raw(attempt_id bigint, raw bytea, txid bytea) IS 'Keeps the bytes that will be sent, before anybody is sent them; false where they are kept already. For the assembler.';

CREATE FUNCTION chain.take_nonce(network_id integer, script bytea, at_least bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    taken bigint;
begin
    -- The row stays locked until the transaction ends: one that is undone leaves no gap.
    insert into chain.nonces as n (network_id, script, next_nonce)
    values (take_nonce.network_id, take_nonce.script, take_nonce.at_least + 1)
    on conflict (network_id, script) do update set next_nonce = greatest(n.next_nonce, take_nonce.at_least) + 1
    returning next_nonce - 1 into taken;
    return taken;
end $$;

ALTER FUNCTION chain.take_nonce(network_id integer, script bytea, at_least bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.take_nonce(network_id integer, script bytea, at_least bigint) IS 'The next nonce of an account, or of the Safe, in the transaction that uses it; never less than what the node says that was used. For the planner.';

CREATE FUNCTION chain.tell_deposits(deposit_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.append_events('finance', array(
        select jsonb_build_object(
            'change', d.state, 'deposit_id', d.deposit_id::text, 'account_id', d.account_id::text, 'asset', s.symbol,
            'amount', d.amount::text, 'network', n.name, 'state', d.state, 'txid', encode(d.txid, 'hex'),
            'confirmations', coalesce(tips.height - d.block_height + 1, 0),
            'required_confirmations', d.required_confirmations)
        from exchange.deposits d
        join exchange.assets s on s.asset_id = d.asset_id
        join chain.networks n on n.network_id = d.network_id
        left join lateral (
            select b.height from chain.blocks b
            where b.network_id = d.network_id and b.is_active order by b.height desc limit 1) tips on true
        where d.deposit_id = any (tell_deposits.deposit_ids)
        order by d.deposit_id));
end $$;

ALTER FUNCTION chain.tell_deposits(deposit_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.tell_deposits(deposit_ids bigint[]) IS 'Says on stream finance how these deposits stand. Last in a transaction, because everybody who moves money waits for this stream''s counter. For other functions.';

CREATE FUNCTION chain.tip_height(network_id integer) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select max(b.height) from chain.blocks b where b.network_id = tip_height.network_id and b.is_active
$$;

ALTER FUNCTION chain.tip_height(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION chain.tip_height(network_id integer) IS 'Height of the highest active block that was read; null before the first. Confirmations of a block are this less its height, plus one.';

CREATE FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, to_time timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(occurred_at timestamp with time zone, fact_kind text, fact_id bigint, leg text, asset text, amount numeric, balance numeric)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    return query
    select e.occurred_at, e.fact_kind, e.fact_id, e.leg, a.symbol, round(e.amount, a.scale), round(e.balance, a.scale)
    from (
        select l.*, sum(l.amount) over (partition by l.asset_id order by l.occurred_at, l.fact_kind, l.fact_id, l.leg) as balance
        from exchange.ledger l
        where l.account_id = account_statement.account_id and l.occurred_at < to_time
    ) e
    join exchange.assets a on a.asset_id = e.asset_id
    where e.occurred_at >= from_time
    order by e.occurred_at, e.fact_kind, e.fact_id, a.symbol, e.leg;
end $$;

ALTER FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) IS 'An account''s ledger entries from a time until before another, oldest first, with the balance of the asset after each. Reads the account''s entries from the beginning, for the opening balance.';

CREATE FUNCTION exchange.add_device(account_id bigint, token_hash bytea, address inet, user_agent text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Beyond these the one that was longest away is forgotten.
    max_devices constant integer := 50;
    max_user_agent constant integer := 200;
    made bigint;
begin
    if add_device.token_hash is null then
        return null;
    end if;
    delete from exchange.devices d
    where d.device_id in (
        select o.device_id from exchange.devices o where o.account_id = add_device.account_id
        order by o.last_seen_at desc, o.device_id desc offset max_devices - 1);
    insert into exchange.devices (account_id, token_hash, address, user_agent)
    values (add_device.account_id, add_device.token_hash, add_device.address, left(add_device.user_agent, max_user_agent))
    returning device_id into made;
    return made;
end $$;

ALTER FUNCTION exchange.add_device(account_id bigint, token_hash bytea, address inet, user_agent text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.add_device(account_id bigint, token_hash bytea, address inet, user_agent text) IS 'A device from which the account''s owner was there; null where there is no token. For other functions.';

CREATE FUNCTION exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) IS 'Stores the hash of a token in a mail that is about to be sent: to verify_email or change_email, good for a day; to reset_password, for an hour; to freeze the account, for a week.';

CREATE FUNCTION exchange.add_passkey(account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb, code_hashes bytea[]) RETURNS TABLE(passkey_id bigint, created_at timestamp with time zone, is_first boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_passkeys constant integer := 10;
begin
    perform exchange.require_owner(add_passkey.account_id, add_passkey.session_id);
    if not exchange.may_change_security(add_passkey.account_id, 'passkey_added', add_passkey.session_id) then
        return;
    end if;
    perform exchange.use_ceremony(add_passkey.ceremony_hash, 'add_passkey', add_passkey.account_id, add_passkey.session_id);
    if (select count(*) from exchange.passkeys p where p.account_id = add_passkey.account_id) >= max_passkeys then
        perform exchange.reject('TOO_MANY_PASSKEYS', format('an account has at most %s passkeys; remove one first', max_passkeys));
    end if;
    add_passkey.is_first := not exchange.has_second_factor(add_passkey.account_id);
    insert into exchange.passkeys as p (account_id, credential_id, label, credential)
    values (add_passkey.account_id, add_passkey.credential_id, add_passkey.label, add_passkey.credential)
    on conflict (credential_id) do nothing
    returning p.passkey_id, p.created_at into add_passkey.passkey_id, add_passkey.created_at;
    if add_passkey.passkey_id is null then
        perform exchange.reject('DUPLICATE_PASSKEY', 'this passkey is known already');
    end if;
    if add_passkey.is_first then
        -- Their logins proved less than the account asks for from now on.
        perform exchange.end_other_sessions(add_passkey.account_id, add_passkey.session_id);
        perform exchange.put_recovery_codes(add_passkey.account_id, add_passkey.code_hashes);
    end if;
    perform exchange.tell_factor_changed(
        add_passkey.account_id, add_passkey.session_id, 'passkey', 'added', is_weaker => false);
    return next;
end $$;

ALTER FUNCTION exchange.add_passkey(account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb, code_hashes bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.add_passkey(account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb, code_hashes bytea[]) IS 'Adds a passkey, whose answer the API has checked. As the first factor of the account it ends the other sessions and brings recovery codes. The owner gets a mail. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, INVALID_TOKEN, TOO_MANY_PASSKEYS, DUPLICATE_PASSKEY.';

CREATE FUNCTION exchange.add_withdrawal_address(account_id bigint, session_id bigint, network text, address text, script bytea, label text) RETURNS TABLE(withdrawal_address_id bigint, created_at timestamp with time zone, usable_from timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION exchange.add_withdrawal_address(account_id bigint, session_id bigint, network text, address text, script bytea, label text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.add_withdrawal_address(account_id bigint, session_id bigint, network text, address text, script bytea, label text) IS 'Puts an address, as it was read of the user''s text, into the address book, in the name of a session that has stepped up. It can be used after 24 hours; the owner gets a mail. One that is in the book is given as it is. No row: a risk rule denies it. Rejects: UNKNOWN_NETWORK, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, UNSUPPORTED_ADDRESS, TOO_MANY_ADDRESSES.';

CREATE FUNCTION exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    adjusted exchange.assets;
    contra bigint;
    made exchange.adjustments;
    available_now numeric;
    held_now numeric;
begin
    select * into adjusted from exchange.assets a where a.symbol = adjust_balance.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(adjust_balance.asset, 'null')));
    end if;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if adjust_balance.amount is null or adjust_balance.amount in (0, 'NaN')
        or abs(adjust_balance.amount) > power(10::numeric, 36 - adjusted.scale)
        or round(adjust_balance.amount, adjusted.scale) <> adjust_balance.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is adjusted by an amount other than 0 with at most %s decimals', adjusted.symbol, adjusted.scale));
    end if;
    if coalesce(length(adjust_balance.idempotency_key) not between 1 and 200, true) then
        perform exchange.reject('INVALID_IDEMPOTENCY_KEY', 'an idempotency key has 1 to 200 characters');
    end if;
    if coalesce(length(adjust_balance.reason) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a reason has 1 to 500 characters');
    end if;
    if not exists (
        select from exchange.accounts a where a.account_id = adjust_balance.account_id and exchange.has_balance(a.role)) then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no account %s that has balances', adjust_balance.account_id));
    end if;
    select min(a.account_id) into contra from exchange.accounts a where a.role = 'external';
    if contra is null then
        raise exception 'there is no account of role external: seed the database first'
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    insert into exchange.adjustments (account_id, asset_id, amount, counter_account_id, reason, idempotency_key)
    values (adjust_balance.account_id, adjusted.asset_id, round(adjust_balance.amount, adjusted.scale), contra,
        adjust_balance.reason, adjust_balance.idempotency_key)
    on conflict (idempotency_key) do nothing
    returning * into made;
    if not found then
        select * into made from exchange.adjustments a where a.idempotency_key = adjust_balance.idempotency_key;
        if not found then
            raise exception 'another transaction has just used this idempotency key' using errcode = 'serialization_failure';
        end if;
        if (made.account_id, made.asset_id, made.amount)
            is distinct from (adjust_balance.account_id, adjusted.asset_id, adjust_balance.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another adjustment');
        end if;
        return made.adjustment_id;
    end if;

    insert into exchange.balances as b (account_id, asset_id, available, held)
    values (made.account_id, made.asset_id, round(0::numeric, adjusted.scale), round(0::numeric, adjusted.scale))
    on conflict (account_id, asset_id) do nothing;
    update exchange.balances b
    set available = b.available + made.amount
    where b.account_id = made.account_id and b.asset_id = made.asset_id and b.available + made.amount >= 0
    returning b.available, b.held into available_now, held_now;
    if not found then
        perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', -made.amount, adjusted.symbol));
    end if;

    -- Last, because everybody who adjusts waits for this stream's counter.
    perform exchange.append_event('asset', jsonb_build_object(
        'change', 'adjusted', 'adjustment_id', made.adjustment_id::text, 'account_id', made.account_id::text,
        'asset', adjusted.symbol, 'amount', made.amount::text,
        'available', available_now::text, 'held', held_now::text));
    return made.adjustment_id;
end $$;

ALTER FUNCTION exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) IS 'Moves money between an account and the world outside; a negative amount takes away. A repeat of the idempotency key with the same content returns the first adjustment''s number. One adjustment a transaction, or balances are locked out of order. Rejects: UNKNOWN_ASSET, INVALID_AMOUNT, INVALID_IDEMPOTENCY_KEY, INVALID_REASON, UNKNOWN_ACCOUNT, DUPLICATE_IDEMPOTENCY_KEY, INSUFFICIENT_BALANCE.';

CREATE FUNCTION exchange.advance_candles(market_id integer, limit_trades integer DEFAULT 10000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    epoch constant timestamptz := '1970-01-01 00:00:00+00';
    wanted constant integer := least(greatest(coalesce(limit_trades, 10000), 1), 100000);
    base constant bigint := advance_candles.market_id * numbers_per_market;
    counted bigint;
    newest bigint;
    found_trades integer;
begin
    select p.last_trade_id into counted from exchange.candle_positions p
    where p.market_id = advance_candles.market_id for update;
    if not found then
        insert into exchange.candle_positions (market_id, last_trade_id)
        select m.market_id, base from exchange.markets m where m.market_id = advance_candles.market_id
        on conflict do nothing;
        select p.last_trade_id into counted from exchange.candle_positions p
        where p.market_id = advance_candles.market_id for update;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(advance_candles.market_id::text, 'null')));
        end if;
    end if;

    -- Numbers become visible in their order, so that nothing can appear behind the last one read.
    -- Times need not be in that order: a trade may belong to a candle before the newest.
    with piece as materialized (
        select t.trade_id, t.price, t.quantity, t.quote_amount, t.traded_at
        from exchange.trades t
        where t.trade_id > counted and t.trade_id < base + numbers_per_market
        order by t.trade_id
        limit wanted
    ), minutes as materialized (
        select date_bin('1 minute', p.traded_at, epoch) as opened_at, max(p.price) as high, min(p.price) as low,
            sum(p.quantity) as base_volume, sum(p.quote_amount) as quote_volume, count(*) as trades,
            min(p.trade_id) as first_trade_id, max(p.trade_id) as last_trade_id
        from piece p
        group by 1
    ), added as (
        select i.seconds, date_bin(make_interval(secs => i.seconds), m.opened_at, epoch) as opened_at,
            max(m.high) as high, min(m.low) as low, sum(m.base_volume) as base_volume, sum(m.quote_volume) as quote_volume,
            sum(m.trades)::bigint as trades, min(m.first_trade_id) as first_trade_id, max(m.last_trade_id) as last_trade_id
        from minutes m
        cross join unnest(array[60, 300, 900, 3600, 14400, 86400]) as i (seconds)
        group by 1, 2
    ), merged as (
        insert into exchange.candles as c (
            market_id, interval_seconds, opened_at, open, high, low, close,
            base_volume, quote_volume, trades, first_trade_id, last_trade_id)
        select advance_candles.market_id, a.seconds, a.opened_at, o.price, a.high, a.low, l.price,
            a.base_volume, a.quote_volume, a.trades, a.first_trade_id, a.last_trade_id
        from added a
        join piece o on o.trade_id = a.first_trade_id
        join piece l on l.trade_id = a.last_trade_id
        order by a.seconds, a.opened_at
        -- What is stored was counted from lower numbers: its open stays, the new close holds.
        on conflict (market_id, interval_seconds, opened_at) do update
        set high = greatest(c.high, excluded.high), low = least(c.low, excluded.low), close = excluded.close,
            base_volume = c.base_volume + excluded.base_volume, quote_volume = c.quote_volume + excluded.quote_volume,
            trades = c.trades + excluded.trades, last_trade_id = excluded.last_trade_id
    )
    select max(m.last_trade_id), coalesce(sum(m.trades), 0)::integer into newest, found_trades from minutes m;
    if found_trades > 0 then
        update exchange.candle_positions p set last_trade_id = newest where p.market_id = advance_candles.market_id;
    end if;
    return found_trades;
end $$;

ALTER FUNCTION exchange.advance_candles(market_id integer, limit_trades integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.advance_candles(market_id integer, limit_trades integer) IS 'Counts a market''s next trades into its candles of all six intervals and moves its position, in one transaction; returns how many, at most 100,000: fewer than asked for means that there are no more. Several callers take turns. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.answer_kyc_provider(reference text, score integer, detail text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked bigint;
    answer jsonb;
    outcome text;
begin
    select c.case_id into asked from exchange.kyc_cases c where c.provider_reference = answer_kyc_provider.reference;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', 'no case has this reference');
    end if;
    answer := jsonb_build_array(jsonb_build_object(
        'rule', 'provider', 'score', answer_kyc_provider.score, 'detail', answer_kyc_provider.detail));
    select d.outcome into outcome from exchange.decide_kyc(asked, answer, 'provider') d;
    return outcome;
end $$;

ALTER FUNCTION exchange.answer_kyc_provider(reference text, score integer, detail text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.answer_kyc_provider(reference text, score integer, detail text) IS 'A provider''s answer, whose signature was checked: decides the case. A repeat changes nothing. Returns its state. Rejects: CASE_NOT_FOUND.';

CREATE TABLE exchange.mail_requests (
    mail_request_id bigint NOT NULL,
    kind text NOT NULL,
    email text NOT NULL,
    account_id bigint,
    full_name text,
    country text COLLATE pg_catalog."C",
    birth_date date,
    phone text,
    address inet,
    user_agent text,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    answered_at timestamp with time zone,
    failure text,
    device text,
    CONSTRAINT mail_requests_birth_date_range CHECK ((birth_date >= '1900-01-01'::date)),
    CONSTRAINT mail_requests_change_has_account CHECK (((kind <> 'change_email'::text) OR (account_id IS NOT NULL))),
    CONSTRAINT mail_requests_country_form CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT mail_requests_device_length CHECK (((length(device) >= 1) AND (length(device) <= 200))),
    CONSTRAINT mail_requests_email_lower CHECK ((email = lower(email))),
    CONSTRAINT mail_requests_full_name_length CHECK (((length(full_name) >= 1) AND (length(full_name) <= 100))),
    CONSTRAINT mail_requests_kind_known CHECK ((kind = ANY (ARRAY['register'::text, 'reset_password'::text, 'change_email'::text]))),
    CONSTRAINT mail_requests_phone_form CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT mail_requests_user_agent_length CHECK ((length(user_agent) <= 200))
);

ALTER TABLE exchange.mail_requests OWNER TO exchange_owner;

COMMENT ON TABLE exchange.mail_requests IS 'What somebody asked for under an e-mail address. Asking only writes it down; what it means is found out later, so that an answer''s time tells nobody whether the address is known.';

COMMENT ON COLUMN exchange.mail_requests.mail_request_id IS 'Its number.';

COMMENT ON COLUMN exchange.mail_requests.kind IS 'register; reset_password; change_email: from the account''s address to this one.';

COMMENT ON COLUMN exchange.mail_requests.email IS 'The address given, in lower case.';

COMMENT ON COLUMN exchange.mail_requests.account_id IS 'Who asked for the change; otherwise the account found or opened once it was answered.';

COMMENT ON COLUMN exchange.mail_requests.full_name IS 'Given at registration; goes into the account when the link in this request''s mail is followed.';

COMMENT ON COLUMN exchange.mail_requests.country IS 'As full_name.';

COMMENT ON COLUMN exchange.mail_requests.birth_date IS 'As full_name.';

COMMENT ON COLUMN exchange.mail_requests.phone IS 'As full_name.';

COMMENT ON COLUMN exchange.mail_requests.address IS 'From where it came.';

COMMENT ON COLUMN exchange.mail_requests.user_agent IS 'Which program asked, as it said itself.';

COMMENT ON COLUMN exchange.mail_requests.requested_at IS 'When.';

COMMENT ON COLUMN exchange.mail_requests.answered_at IS 'When it was seen to, whether a mail followed or not.';

COMMENT ON COLUMN exchange.mail_requests.failure IS 'Why it could not be seen to: a fault of ours.';

COMMENT ON COLUMN exchange.mail_requests.device IS 'From which device it was asked, where it has a token of an earlier login: hash of that.';

CREATE FUNCTION exchange.answer_mail_request(request exchange.mail_requests) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Mails of these kinds to one address, and on behalf of one account, an hour; more are not sent,
    -- and nobody is told.
    max_mails constant integer := 5;
    limited constant text[] := array['verify_email', 'already_registered', 'reset_password', 'confirm_email_change'];
    addressee exchange.accounts;
    asker exchange.accounts;
    facts jsonb := jsonb_build_object('mail_request_id', request.mail_request_id);
begin
    -- Denied in silence: the answer was given, and is the same for everybody.
    if request.kind = 'register' and risk.assess('registration', null, jsonb_strip_nulls(jsonb_build_object(
        'mail_domain', split_part(request.email, '@', 2), 'address', host(request.address),
        'device', request.device, 'country', request.country))) = 'deny' then
        return;
    end if;
    if request.kind = 'register' then
        insert into exchange.accounts (email) values (request.email) on conflict (email) do nothing;
    end if;
    -- Accounts are locked in the order of their numbers, so that mails are counted one request at a time.
    perform from exchange.accounts a
    where a.email = request.email or a.account_id = request.account_id order by a.account_id for no key update;
    select * into addressee from exchange.accounts a where a.email = request.email and a.role = 'user';
    select * into asker from exchange.accounts a where a.account_id = request.account_id;
    if (select count(*) from exchange.mails m
        where m.recipient = request.email and m.kind = any (limited) and m.requested_at > now() - interval '1 hour') >= max_mails
    or (select count(*) from exchange.mails m
        where m.account_id = request.account_id and m.kind = any (limited) and m.requested_at > now() - interval '1 hour') >= max_mails
    then
        return;
    end if;
    if request.kind = 'change_email' and addressee.account_id is null then
        facts := facts || exchange.mail_facts(request.address, request.user_agent);
        perform exchange.cause_mail(
            asker.account_id, 'confirm_email_change', facts || jsonb_build_object('email', request.email), request.email);
        perform exchange.cause_mail(asker.account_id, 'email_change_asked', facts);
        return;
    end if;
    if addressee.account_id is null or addressee.account_id = request.account_id then
        return;
    end if;
    -- Whoever cannot log in yet proves the address, whatever was asked for.
    perform exchange.cause_mail(addressee.account_id, case
        when addressee.email_verified_at is null or addressee.password_hash is null then 'verify_email'
        when request.kind = 'reset_password' then 'reset_password'
        else 'already_registered'
    end, facts);
    if request.kind = 'register' then
        update exchange.mail_requests r set account_id = addressee.account_id
        where r.mail_request_id = request.mail_request_id;
    end if;
end $$;

ALTER FUNCTION exchange.answer_mail_request(request exchange.mail_requests) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.answer_mail_request(request exchange.mail_requests) IS 'Answers one request: opens an account for an address that has none, and causes the mail that fits. For answer_mail_requests.';

CREATE FUNCTION exchange.answer_mail_requests(limit_requests integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_failure constant integer := 500;
    request exchange.mail_requests;
    answered integer := 0;
    failed text;
begin
    for request in
        select * from exchange.mail_requests r
        where r.answered_at is null
        order by r.mail_request_id
        limit least(greatest(limit_requests, 0), 1000)
        -- Whoever comes second waits: two at once would lock accounts in different orders.
        for update
    loop
        -- One that cannot be answered holds up nobody.
        begin
            failed := null;
            perform exchange.answer_mail_request(request);
        exception
            when deadlock_detected or serialization_failure or lock_not_available then
                raise;
            when others then
                failed := left(sqlerrm, max_failure);
        end;
        update exchange.mail_requests r set answered_at = now(), failure = failed
        where r.mail_request_id = request.mail_request_id;
        answered := answered + 1;
    end loop;
    return answered;
end $$;

ALTER FUNCTION exchange.answer_mail_requests(limit_requests integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.answer_mail_requests(limit_requests integer) IS 'Answers what was asked for under e-mail addresses, oldest first, so many at most, by mails where there is somebody to write to; returns how many.';

CREATE FUNCTION exchange.api_keys_of(account_id bigint) RETURNS TABLE(api_key_id bigint, public_id text, label text, scheme text, public_key bytea, permissions text[], addresses text[], created_at timestamp with time zone, sub_account_id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select k.api_key_id, k.public_id, k.label, k.scheme, k.public_key, k.permissions, k.addresses::text[], k.created_at,
        nullif(k.account_id, api_keys_of.account_id)
    from exchange.api_keys k
    where k.revoked_at is null and (k.account_id = api_keys_of.account_id or k.account_id in (
        select a.account_id from exchange.accounts a where a.parent_account_id = api_keys_of.account_id))
    order by k.api_key_id desc
$$;

ALTER FUNCTION exchange.api_keys_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.api_keys_of(account_id bigint) IS 'The account''s live API keys and those of its sub-accounts, without their secrets, the newest first.';

CREATE FUNCTION exchange.append_event(stream text, payload jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    numbered exchange.streams;
begin
    -- The row stays locked until the transaction ends: numbers are gapless and in commit order.
    update exchange.streams s set last_sequence = s.last_sequence + 1 where s.name = append_event.stream returning * into numbered;
    if not found then
        raise exception 'no stream %', append_event.stream using errcode = 'no_data_found';
    end if;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    values (numbered.stream_id, numbered.last_sequence, numbered.last_sequence, append_event.payload, now());
    perform pg_notify('exchange_events', numbered.stream_id::text);
    return numbered.last_sequence;
end $$;

ALTER FUNCTION exchange.append_event(stream text, payload jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.append_event(stream text, payload jsonb) IS 'Writes a message of a stream that is no market''s, in the transaction that causes it, and rings the doorbell. Returns its sequence. A payload''s account_id says whose it is.';

CREATE FUNCTION exchange.append_events(stream text, payloads jsonb[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    numbered exchange.streams;
    count constant integer := cardinality(append_events.payloads);
begin
    if coalesce(count, 0) = 0 then
        return;
    end if;
    -- Once for all of them: a row that changes often in one transaction gets slow to find.
    update exchange.streams s set last_sequence = s.last_sequence + count where s.name = append_events.stream returning * into numbered;
    if not found then
        raise exception 'no stream %', append_events.stream using errcode = 'no_data_found';
    end if;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    select numbered.stream_id, n.sequence, n.sequence, p.payload, now()
    from unnest(append_events.payloads) with ordinality as p (payload, place)
    cross join lateral (select numbered.last_sequence - count + p.place as sequence) n;
    perform pg_notify('exchange_events', numbered.stream_id::text);
end $$;

ALTER FUNCTION exchange.append_events(stream text, payloads jsonb[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.append_events(stream text, payloads jsonb[]) IS 'Writes messages of a stream, in their order, as append_event does one.';

CREATE FUNCTION exchange.approve_withdrawal(withdrawal_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Tells the worker that sends.
    payments_bell constant text := '10921';
    waiting exchange.withdrawals;
    owner exchange.accounts;
begin
    select * into strict waiting from exchange.withdrawals w where w.withdrawal_id = approve_withdrawal.withdrawal_id;
    if waiting.state <> 'requested' or waiting.is_risk_held
        or (select count(*) from exchange.withdrawal_reviews r
            where r.withdrawal_id = waiting.withdrawal_id and r.is_approved) < waiting.required_reviews then
        return false;
    end if;
    select * into strict owner from exchange.accounts a where a.account_id = waiting.account_id;
    if owner.status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing leaves it');
    end if;
    if exchange.is_in_debt(waiting.account_id) then
        perform exchange.reject('IN_DEBT', 'the account owes something: nothing leaves it');
    end if;
    update exchange.withdrawals w set state = 'approved', approved_at = now() where w.withdrawal_id = waiting.withdrawal_id;
    if waiting.internal_account_id is not null then
        perform exchange.settle_withdrawals(array[waiting.withdrawal_id]);
    else
        perform pg_notify('exchange_events', payments_bell);
        perform exchange.tell_withdrawals(array[waiting.withdrawal_id]);
    end if;
    return true;
end $$;

ALTER FUNCTION exchange.approve_withdrawal(withdrawal_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.approve_withdrawal(withdrawal_id bigint) IS 'Lets a withdrawal go on if nobody has to be waited for; an internal one is paid at once. The account and the withdrawal are locked by the caller, and balances are touched no more after it. False: it still waits, or does not wait at all. For other functions. Rejects: ACCOUNT_FROZEN, IN_DEBT.';

CREATE FUNCTION exchange.await_kyc_provider(case_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- A provider that has not answered by then leaves the case to the reviewers.
    patience constant interval := '24 hours';
begin
    update exchange.kyc_cases c set state = 'provider', next_review_at = now() + patience
    where c.case_id = await_kyc_provider.case_id and c.state = 'submitted';
    if not found then
        return false;
    end if;
    insert into exchange.kyc_events (case_id, actor, action)
    values (await_kyc_provider.case_id, 'automatic', 'sent_to_provider');
    return true;
end $$;

ALTER FUNCTION exchange.await_kyc_provider(case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.await_kyc_provider(case_id bigint) IS 'Notes that a provider has taken a case. False where it is decided already: the answer may come first.';

CREATE FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone DEFAULT now()) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    asked exchange.assets;
    total numeric;
begin
    select * into asked from exchange.assets a where a.symbol = balance_at.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(balance_at.asset, 'null')));
    end if;
    select round(coalesce(sum(l.amount), 0), asked.scale) into total
    from exchange.ledger l
    where l.account_id = balance_at.account_id and l.asset_id = asked.asset_id and l.occurred_at <= balance_at.at;
    return total;
end $$;

ALTER FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) IS 'What an account had of an asset at a time, available and held together: the sum of its ledger entries until then. Reads all of the account''s entries. Rejects: UNKNOWN_ASSET.';

CREATE FUNCTION exchange.balances_of(account_ids bigint[]) RETURNS TABLE(account_id bigint, asset text, available text, held text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    select b.account_id, a.symbol, round(b.available, a.scale)::text, round(b.held, a.scale)::text
    from exchange.balances b
    join exchange.assets a on a.asset_id = b.asset_id
    where b.account_id = any (account_ids)
    order by b.account_id, b.asset_id;
    perform exchange.wait_durable();
end $$;

ALTER FUNCTION exchange.balances_of(account_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.balances_of(account_ids bigint[]) IS 'What these accounts have, in each asset''s decimals. It returns once what it read is durable. For the stream of balances: who may see an account''s is decided before it is called.';

CREATE FUNCTION exchange.begin_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lifetime constant interval := '5 minutes';
    -- Under way for one account; more end the oldest.
    max_ceremonies constant integer := 20;
    -- Forgotten with each new one, so that those without an account do not pile up.
    forgotten_at_once constant integer := 10;
begin
    if begin_ceremony.session_id is not null then
        perform exchange.require_session(begin_ceremony.account_id, begin_ceremony.session_id);
    end if;
    delete from exchange.ceremonies c where c.token_hash in (
        select e.token_hash from exchange.ceremonies e where e.expires_at <= now()
        order by e.expires_at limit forgotten_at_once for update skip locked);
    delete from exchange.ceremonies c where c.token_hash in (
        select e.token_hash from exchange.ceremonies e where e.account_id = begin_ceremony.account_id
        order by e.created_at desc offset max_ceremonies - 1 for update skip locked);
    insert into exchange.ceremonies (token_hash, kind, account_id, session_id, state, password_hash, expires_at)
    values (
        begin_ceremony.token_hash, begin_ceremony.kind, begin_ceremony.account_id, begin_ceremony.session_id,
        begin_ceremony.state, begin_ceremony.password_hash, now() + lifetime);
    return now() + lifetime;
end $$;

ALTER FUNCTION exchange.begin_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.begin_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text) IS 'Keeps what was asked of somebody until the answer comes, five minutes at most; returns when it ends. Rejects: ACCESS_REVOKED.';

CREATE FUNCTION exchange.begin_login(email text, address inet, device_hash bytea DEFAULT NULL::bytea) RETURNS TABLE(wait_ms bigint, account_id bigint, password_hash text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    owner exchange.accounts;
    known_device bigint;
    wait bigint;
begin
    select * into owner from exchange.accounts a
    where a.email = lower(begin_login.email) and a.role = 'user' and a.password_hash is not null;
    select d.device_id into known_device from exchange.devices d
    where d.token_hash = begin_login.device_hash and d.account_id = owner.account_id;
    wait := exchange.take_login_attempt(
        exchange.login_subjects(begin_login.email, known_device, begin_login.address));
    if wait > 0 then
        return query select wait, null::bigint, null::text;
    else
        return query select 0::bigint, owner.account_id, owner.password_hash;
    end if;
end $$;

ALTER FUNCTION exchange.begin_login(email text, address inet, device_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.begin_login(email text, address inet, device_hash bytea) IS 'Takes an attempt to log in: how long to wait before one is taken, or what is needed to check the password, null where there is no such login. An attempt counts as wrong until a session is opened.';

CREATE FUNCTION exchange.begin_password_check(account_id bigint) RETURNS TABLE(wait_ms bigint, password_hash text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    wait bigint;
begin
    wait := exchange.take_login_attempt(array['check:' || begin_password_check.account_id]);
    return query
    select wait, case when wait = 0 then a.password_hash end
    from exchange.accounts a
    where a.account_id = begin_password_check.account_id and a.role = 'user';
end $$;

ALTER FUNCTION exchange.begin_password_check(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.begin_password_check(account_id bigint) IS 'Takes an attempt of somebody who is logged in to prove the password again: how long to wait before one is taken, or the hash. It counts as wrong until end_password_check.';

CREATE FUNCTION exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.require_owner(begin_totp.account_id, begin_totp.session_id);
    insert into exchange.totp_factors as t (account_id, secret)
    values (begin_totp.account_id, begin_totp.secret)
    on conflict (account_id) do update set secret = excluded.secret, created_at = now()
    where t.confirmed_at is null;
    if not found then
        perform exchange.reject('FACTOR_EXISTS', 'the account has an authenticator app; remove it first');
    end if;
end $$;

ALTER FUNCTION exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) IS 'Stores the sealed secret of an authenticator app that is not asked for until its first code came; an earlier one of that kind is forgotten. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_EXISTS.';

CREATE FUNCTION exchange.block_withdrawals(account_id bigint) RETURNS timestamp with time zone
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- Long enough for an owner to read a mail and to freeze the account.
    update exchange.accounts a
    set withdrawals_blocked_until = greatest(a.withdrawals_blocked_until, now() + interval '24 hours')
    where a.account_id = block_withdrawals.account_id
    returning a.withdrawals_blocked_until
$$;

ALTER FUNCTION exchange.block_withdrawals(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.block_withdrawals(account_id bigint) IS 'After a change of an account''s security nothing is withdrawn for a day; returns until when. For other functions.';

CREATE FUNCTION exchange.book_at(market text, sequence bigint) RETURNS TABLE(side text, price numeric, quantity numeric, orders integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint;
    moment bigint;
begin
    select m.market_id * numbers_per_market into base from exchange.markets m where m.symbol = book_at.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(book_at.market, 'null')));
    end if;
    if book_at.sequence is null or book_at.sequence not between 0 and numbers_per_market - 1 then
        raise exception 'sequence must be between 0 and 10^14 - 1, not %', book_at.sequence using errcode = 'invalid_parameter_value';
    end if;
    moment := base + book_at.sequence;
    -- From now backwards: what rests now, and whatever a later fact took away from it.
    return query
    with later_trades as materialized (
        select t.* from exchange.trades t where t.trade_id > moment and t.trade_id < base + numbers_per_market
    ), later_updates as materialized (
        select u.* from exchange.order_updates u where u.order_update_id > moment and u.order_update_id < base + numbers_per_market
    ), taken_away as (
        select t.maker_order_id as order_id, t.quantity from later_trades t
        union all
        select t.taker_order_id, t.quantity from later_trades t
        union all
        select u.order_id, u.removed_quantity from later_updates u
    ), changed as (
        select c.order_id, sum(c.quantity) as quantity
        from taken_away c
        where c.order_id between base and moment
        group by c.order_id
        having sum(c.quantity) > 0
    ), arriving as (
        -- The order whose own command was still running: it did not rest yet.
        select t.taker_order_id as order_id from later_trades t
        union all
        select case when u.reason = 'unfilled' then u.order_id else greatest(u.order_id, u.counter_order_id) end
        from later_updates u where u.reason in ('unfilled', 'self_trade')
    ), resting as (
        select o.order_id, o.side, o.price, o.quantity - o.reduced_quantity - o.filled_quantity as quantity
        from exchange.orders_open o
        where o.order_id between base and moment
        union all
        select c.order_id, o.side, o.price, c.quantity
        from changed c
        cross join lateral (
            select i.side, i.price from exchange.orders i where i.order_id = c.order_id and i.kind = 'limit'
        ) o
    )
    select r.side, r.price, sum(r.quantity), count(distinct r.order_id)::integer
    from resting r
    where r.order_id not in (select a.order_id from arriving a)
    group by r.side, r.price
    having sum(r.quantity) > 0
    order by r.side, case r.side when 'buy' then - r.price else r.price end;
end $$;

ALTER FUNCTION exchange.book_at(market text, sequence bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.book_at(market text, sequence bigint) IS 'The order book as it was right after a number of the market''s sequence, best first, bids then asks, without an order whose own command was still running. Works backwards from now: reads the open orders and all facts since. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text DEFAULT 'client'::text, session_id bigint DEFAULT NULL::bigint, api_key_id bigint DEFAULT NULL::bigint, valid_until bigint DEFAULT NULL::bigint) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    only_market integer := 0;
    due timestamptz;
begin
    perform exchange.require_authority(cancel_after.account_id, cancel_after.session_id,
        cancel_after.api_key_id, cancel_after.valid_until);
    if of_market is not null then
        select m.market_id into only_market from exchange.markets m where m.symbol = of_market;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', of_market));
        end if;
    end if;
    -- The shortest is longer than the pause of whoever runs them, so that it need not be told.
    if coalesce(timeout_ms <> 0 and timeout_ms not between 1000 and 3600000, true) then
        perform exchange.reject('INVALID_TIMEOUT', 'a timeout is 0 or from 1,000 to 3,600,000 milliseconds');
    end if;
    if timeout_ms = 0 then
        delete from exchange.cancel_deadlines d
        where d.account_id = cancel_after.account_id and d.holder = cancel_after.holder and d.market_id = only_market;
        return null;
    end if;
    insert into exchange.cancel_deadlines as d (account_id, holder, market_id, due_at)
    values (cancel_after.account_id, cancel_after.holder, only_market,
        clock_timestamp() + timeout_ms * interval '1 millisecond')
    on conflict (account_id, holder, market_id) do update set due_at = excluded.due_at
    returning d.due_at into due;
    return due;
end $$;

ALTER FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text, session_id bigint, api_key_id bigint, valid_until bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text, session_id bigint, api_key_id bigint, valid_until bigint) IS 'A dead man''s switch: the account''s open orders, of one market where given, are cancelled after so many milliseconds unless this is called again before; 0 takes the switch away. Each holder has its own. Returns when it is due. Rejects: ACCESS_REVOKED, REQUEST_EXPIRED, UNKNOWN_MARKET, INVALID_TIMEOUT.';

CREATE FUNCTION exchange.cancel_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked exchange.withdrawals;
begin
    perform from exchange.accounts a where a.account_id = cancel_withdrawal.account_id for share;
    perform exchange.require_withdrawer(
        cancel_withdrawal.account_id, cancel_withdrawal.session_id, cancel_withdrawal.api_key_id,
        cancel_withdrawal.valid_until, stepped_up => false);
    -- Locked: who plans, reviews or cancels it at the same moment comes before or after.
    select * into asked from exchange.withdrawals w
    where w.withdrawal_id = cancel_withdrawal.withdrawal_id and w.account_id = cancel_withdrawal.account_id
    for no key update;
    if not found then
        perform exchange.reject('WITHDRAWAL_NOT_FOUND', format('no withdrawal %s', cancel_withdrawal.withdrawal_id));
    end if;
    if asked.state = 'cancelled' then
        return true;
    end if;
    if asked.state not in ('requested', 'approved') or asked.payment_id is not null then
        perform exchange.reject('WITHDRAWAL_NOT_CANCELLABLE', 'the withdrawal has ended, or is being sent');
    end if;
    perform exchange.refund_withdrawals(array[asked.withdrawal_id], 'cancelled', 'cancelled by the owner');
    return false;
end $$;

ALTER FUNCTION exchange.cancel_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.cancel_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint) IS 'Takes back a withdrawal that is not being sent yet, by the owner''s session or a key that may withdraw; what was held is available again. True: it was cancelled before. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED, WITHDRAWAL_NOT_FOUND, WITHDRAWAL_NOT_CANCELLABLE.';

CREATE FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, limit_candles integer DEFAULT 500) RETURNS TABLE(opened_at timestamp with time zone, open numeric, high numeric, low numeric, close numeric, base_volume numeric, quote_volume numeric, trades bigint, first_trade_id bigint, last_trade_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    epoch constant timestamptz := '1970-01-01 00:00:00+00';
    wanted constant integer := least(greatest(coalesce(limit_candles, 500), 0), 10000);
    -- Forwards from a beginning; backwards where none is given.
    direction constant integer := case when candles_of.from_time is null then -1 else 1 end;
    not_before constant timestamptz := coalesce(candles_of.from_time, '-infinity');
    before constant timestamptz := coalesce(candles_of.to_time, 'infinity');
    length interval;
    asked integer;
    counted bigint;
begin
    select m.market_id into asked from exchange.markets m where m.symbol = candles_of.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(candles_of.market, 'null')));
    end if;
    if candles_of.interval_seconds is null
        or candles_of.interval_seconds not in (60, 300, 900, 3600, 14400, 86400) then
        perform exchange.reject('INVALID_INTERVAL', 'an interval is 60, 300, 900, 3600, 14400 or 86400 seconds');
    end if;
    length := make_interval(secs => candles_of.interval_seconds);
    -- All statements of a stable function read the caller's snapshot: position, candles and trades
    -- are of one moment.
    select p.last_trade_id into counted from exchange.candle_positions p where p.market_id = asked;
    counted := coalesce(counted, asked * numbers_per_market);
    return query
    with later as materialized (
        select t.trade_id, t.price, t.quantity, t.quote_amount, date_bin(length, t.traded_at, epoch) as opened_at
        from exchange.trades t
        where t.trade_id > counted and t.trade_id < (asked + 1) * numbers_per_market
            and t.traded_at >= not_before and t.traded_at < before + length
    ), added as (
        select l.opened_at, max(l.price) as high, min(l.price) as low, sum(l.quantity) as base_volume,
            sum(l.quote_amount) as quote_volume, count(*) as trades,
            min(l.trade_id) as first_trade_id, max(l.trade_id) as last_trade_id
        from later l
        where l.opened_at >= not_before and l.opened_at < before
        group by l.opened_at
    ), newer as (
        select a.*, o.price as open, c.price as close
        from added a
        join later o on o.trade_id = a.first_trade_id
        join later c on c.trade_id = a.last_trade_id
    ), older as (
        (select c.* from exchange.candles c
        where direction = 1 and c.market_id = asked and c.interval_seconds = candles_of.interval_seconds
            and c.opened_at >= not_before and c.opened_at < before
        order by c.opened_at
        limit wanted)
        union all
        (select c.* from exchange.candles c
        where direction = -1 and c.market_id = asked and c.interval_seconds = candles_of.interval_seconds
            and c.opened_at < before
        order by c.opened_at desc
        limit wanted)
    ), chosen as (
        select opened_at, coalesce(s.open, n.open) as open, greatest(s.high, n.high) as high,
            least(s.low, n.low) as low, coalesce(n.close, s.close) as close,
            coalesce(s.base_volume + n.base_volume, s.base_volume, n.base_volume) as base_volume,
            coalesce(s.quote_volume + n.quote_volume, s.quote_volume, n.quote_volume) as quote_volume,
            coalesce(s.trades, 0) + coalesce(n.trades, 0) as trades,
            coalesce(s.first_trade_id, n.first_trade_id) as first_trade_id,
            coalesce(n.last_trade_id, s.last_trade_id) as last_trade_id
        from older s
        full join newer n using (opened_at)
        order by direction * extract(epoch from opened_at)
        limit wanted
    )
    select h.opened_at, h.open, h.high, h.low, h.close, h.base_volume, h.quote_volume, h.trades,
        h.first_trade_id, h.last_trade_id
    from chosen h
    order by h.opened_at;
end $$;

ALTER FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) IS 'A market''s candles that begin from from_time on and before to_time, oldest first, at most 10,000: the first ones from from_time; without it the last ones before to_time. Stored candles and the trades that they do not hold yet, as of one moment. A time without a trade has no candle. Rejects: UNKNOWN_MARKET, INVALID_INTERVAL.';

CREATE FUNCTION exchange.cause_mail(account_id bigint, kind text, facts jsonb DEFAULT '{}'::jsonb, recipient text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    insert into exchange.mails (account_id, kind, facts, recipient)
    select a.account_id, cause_mail.kind, cause_mail.facts, coalesce(cause_mail.recipient, a.email)
    from exchange.accounts a
    where a.account_id = cause_mail.account_id and coalesce(cause_mail.recipient, a.email) is not null;
    if found then
        perform pg_notify('exchange_events', mail_bell);
    end if;
end $$;

ALTER FUNCTION exchange.cause_mail(account_id bigint, kind text, facts jsonb, recipient text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.cause_mail(account_id bigint, kind text, facts jsonb, recipient text) IS 'Writes a mail to an account, in the transaction that causes it: to its address of now, or to another. An account without an address gets none. For other functions.';

CREATE FUNCTION exchange.check_access(session_ids bigint[], api_key_ids bigint[]) RETURNS TABLE(session_id bigint, api_key_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    return query
    select s.session_id, null::bigint
    from exchange.sessions s
    where s.session_id = any (check_access.session_ids) and s.expires_at > now()
    union all
    select null, k.api_key_id
    from exchange.api_keys k
    where k.api_key_id = any (check_access.api_key_ids) and k.revoked_at is null;
end $$;

ALTER FUNCTION exchange.check_access(session_ids bigint[], api_key_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.check_access(session_ids bigint[], api_key_ids bigint[]) IS 'Which of these sessions and API keys are still good: a row each.';

CREATE FUNCTION exchange.check_market() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    base_scale smallint;
    quote_scale smallint;
begin
    select scale into strict base_scale from exchange.assets where asset_id = new.base_asset_id;
    select scale into strict quote_scale from exchange.assets where asset_id = new.quote_asset_id;
    if mod(new.lot * 10::numeric ^ base_scale, 1) <> 0 then
        raise exception 'lot % is not a whole number of base atoms (scale %)', new.lot, base_scale
            using errcode = 'check_violation', constraint = 'markets_lot_in_atoms', schema = 'exchange', table = 'markets', column = 'lot';
    end if;
    if mod(new.tick * new.lot * 10::numeric ^ quote_scale, 1) <> 0 then
        raise exception 'tick % × lot % is not a whole number of quote atoms (scale %)', new.tick, new.lot, quote_scale
            using errcode = 'check_violation', constraint = 'markets_tick_lot_in_atoms', schema = 'exchange', table = 'markets', column = 'tick';
    end if;
    if tg_op = 'UPDATE' and (new.market_id, new.base_asset_id, new.quote_asset_id, new.tick, new.lot)
        is distinct from (old.market_id, old.base_asset_id, old.quote_asset_id, old.tick, old.lot) then
        raise exception 'number, assets, tick and lot of a market never change; make a new market'
            using errcode = 'check_violation', constraint = 'markets_units_fixed', schema = 'exchange', table = 'markets';
    end if;
    return new;
end $$;

ALTER FUNCTION exchange.check_market() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.check_market() IS 'Refuses a market whose units would need rounding, or a change of units.';

CREATE FUNCTION exchange.claim_kyc_case(staff_session_id bigint, case_id bigint DEFAULT NULL::bigint) RETURNS TABLE(claimed_case_id bigint, claimed_until timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lease constant interval := '15 minutes';
    reviewer constant bigint := staff.require(claim_kyc_case.staff_session_id, 'reviewer');
    wanted exchange.kyc_cases;
begin
    if claim_kyc_case.case_id is null then
        -- The oldest that nobody is at work on; of two reviewers who ask at once each gets another.
        select * into wanted from exchange.kyc_cases c
        where c.state = 'manual' and c.first_approved_by is distinct from reviewer
            and (c.claimed_until is null or c.claimed_until <= clock_timestamp() or c.claimed_by = reviewer)
        order by c.case_id
        limit 1
        for update skip locked;
        if not found then
            perform exchange.reject('CASE_NOT_FOUND', 'no case waits');
        end if;
    else
        select * into wanted from exchange.kyc_cases c where c.case_id = claim_kyc_case.case_id for update;
        if not found then
            perform exchange.reject('CASE_NOT_FOUND', format('no case %s', claim_kyc_case.case_id));
        end if;
        if wanted.state <> 'manual' then
            perform exchange.reject('CASE_DECIDED', 'the case does not wait for a reviewer');
        end if;
        if wanted.first_approved_by = reviewer then
            perform exchange.reject('SECOND_PERSON_REQUIRED', 'another reviewer must agree');
        end if;
        if wanted.claimed_by <> reviewer and wanted.claimed_until > clock_timestamp() then
            perform exchange.reject('CASE_CLAIMED', 'another reviewer is at work on it');
        end if;
    end if;
    update exchange.kyc_cases c
    set claimed_by = reviewer, claimed_until = clock_timestamp() + lease
    where c.case_id = wanted.case_id
    returning * into wanted;
    insert into exchange.kyc_events (case_id, actor, staff_id, action) values (wanted.case_id, 'reviewer', reviewer, 'claimed');
    perform audit.record(reviewer, 'kyc_case_claimed', 'kyc_case:' || wanted.case_id, '{}');
    return query select wanted.case_id, wanted.claimed_until;
end $$;

ALTER FUNCTION exchange.claim_kyc_case(staff_session_id bigint, case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.claim_kyc_case(staff_session_id bigint, case_id bigint) IS 'Takes a case for 15 minutes, or the oldest that waits; a reviewer who has it already gets as long again. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND, CASE_DECIDED, CASE_CLAIMED, SECOND_PERSON_REQUIRED.';

CREATE FUNCTION exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer) RETURNS TABLE(case_id bigint, account_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, pictures jsonb, reference text, review integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '1 hour';
    given_up record;
begin
    -- What failed too often, and what a provider left without an answer, is for people.
    for given_up in
        select c.case_id, c.state from exchange.kyc_cases c
        where c.next_review_at <= now() and (c.state = 'provider' or c.reviews >= claim_kyc_reviews.max_reviews)
        order by c.next_review_at
        limit least(greatest(claim_kyc_reviews.limit_cases, 0), 1000)
        for update skip locked
    loop
        perform exchange.queue_kyc_case(
            given_up.case_id, case given_up.state when 'provider' then 'the provider did not answer' else 'the review failed' end);
    end loop;
    return query
    with due as (
        select c.case_id from exchange.kyc_cases c
        where c.next_review_at <= now() and c.state = 'submitted' and c.reviews < claim_kyc_reviews.max_reviews
        order by c.next_review_at
        limit least(greatest(claim_kyc_reviews.limit_cases, 0), 1000)
        for update skip locked
    ), claimed as (
        -- The next time is set now: a worker that dies has only delayed it.
        update exchange.kyc_cases c
        set reviews = c.reviews + 1,
            next_review_at = now() + least(first_pause * power(2, least(c.reviews, 20)), longest_pause)
        from due where c.case_id = due.case_id
        returning c.*
    )
    select c.case_id, c.account_id, c.level, c.document_type, c.issuer, c.document_number, c.full_name, c.birth_date,
        c.expires_on, c.mrz,
        (select coalesce(jsonb_object_agg(d.kind, coalesce(d.facts, 'null')), '{}')
         from exchange.kyc_documents d where d.case_id = c.case_id),
        c.provider_reference, c.reviews
    from claimed c;
end $$;

ALTER FUNCTION exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer) IS 'Takes cases whose automatic review is due, so many at most; nobody else gets them until their next time, after a pause that doubles. Those that were taken up max_reviews times, or whose provider did not answer in time, go to the reviewers. pictures: facts by kind, null of a PDF; reference: how a provider is to name it.';

CREATE FUNCTION exchange.claim_mails(max_attempts integer, limit_mails integer) RETURNS TABLE(mail_id bigint, kind text, recipient text, facts jsonb, anti_phishing_code text, attempt integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '6 hours';
begin
    return query
    with due as (
        select m.mail_id from exchange.mails m
        where m.next_attempt_at <= now() and m.attempts < claim_mails.max_attempts
        order by m.next_attempt_at
        limit least(greatest(claim_mails.limit_mails, 0), 1000)
        for update skip locked
    ), claimed as (
        -- The next attempt is set now: a worker that dies has only delayed it.
        update exchange.mails m
        set attempts = m.attempts + 1,
            next_attempt_at = now() + least(first_pause * power(2, least(m.attempts, 20)), longest_pause)
        from due where m.mail_id = due.mail_id
        returning m.mail_id, m.kind, m.account_id, m.recipient, m.facts, m.attempts
    )
    select c.mail_id, c.kind, c.recipient, c.facts, a.anti_phishing_code, c.attempts
    from claimed c join exchange.accounts a on a.account_id = c.account_id
    order by c.mail_id;
end $$;

ALTER FUNCTION exchange.claim_mails(max_attempts integer, limit_mails integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.claim_mails(max_attempts integer, limit_mails integer) IS 'Takes mails that are due, so many at most, with the words that prove that they are ours; nobody else gets them until their next attempt, after a pause that doubles. After max_attempts a mail is not tried again.';

CREATE FUNCTION exchange.close_session(account_id bigint, session_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return exchange.end_sessions(close_session.account_id, array[close_session.session_id]) <> '{}';
end $$;

ALTER FUNCTION exchange.close_session(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.close_session(account_id bigint, session_id bigint) IS 'Ends a session of the account, its own or another: a logout. False where there was no such session.';

CREATE FUNCTION exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = close_sessions.account_id for no key update;
    perform exchange.require_session(close_sessions.account_id, close_sessions.session_id);
    return cardinality(exchange.end_sessions(close_sessions.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = close_sessions.account_id
            and (close_sessions.include_current or s.session_id <> close_sessions.session_id))));
end $$;

ALTER FUNCTION exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) IS 'Ends all other sessions of an account, or all, in the name of a session; returns how many. Rejects: ACCESS_REVOKED.';

CREATE FUNCTION exchange.confirm_email_change(token_hash bytea, address inet DEFAULT NULL::inet) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
        confirm_email_change.address, blocked_until => exchange.block_withdrawals(owner.account_id)));
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

ALTER FUNCTION exchange.confirm_email_change(token_hash bytea, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.confirm_email_change(token_hash bytea, address inet) IS 'Follows the link of a mail to a new address: the account moves there, its sessions end, nothing is withdrawn for a day, and a mail to the old address says so. False: a risk rule denies it; the token is used up. Rejects: INVALID_TOKEN, ACCOUNT_FROZEN, EMAIL_TAKEN.';

CREATE FUNCTION exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    was_alone boolean;
begin
    perform exchange.require_owner(confirm_totp.account_id, confirm_totp.session_id);
    if not exchange.may_change_security(confirm_totp.account_id, 'totp_added', confirm_totp.session_id) then
        return null;
    end if;
    was_alone := not exchange.has_second_factor(confirm_totp.account_id);
    update exchange.totp_factors t set confirmed_at = now(), last_step = confirm_totp.step
    where t.account_id = confirm_totp.account_id and t.confirmed_at is null and t.secret = confirm_totp.secret;
    if not found then
        perform exchange.reject('FACTOR_NOT_FOUND', 'no authenticator app waits for its first code; begin anew');
    end if;
    if was_alone then
        -- Their logins proved less than the account asks for from now on.
        perform exchange.end_other_sessions(confirm_totp.account_id, confirm_totp.session_id);
        perform exchange.put_recovery_codes(confirm_totp.account_id, confirm_totp.code_hashes);
    end if;
    perform exchange.tell_factor_changed(
        confirm_totp.account_id, confirm_totp.session_id, 'authenticator app', 'added', is_weaker => false);
    return was_alone;
end $$;

ALTER FUNCTION exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) IS 'Turns an authenticator app on, after its first right code, whose half minute is used up. As the first factor of the account it ends the other sessions and brings recovery codes: then true. The owner gets a mail. Null: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';

CREATE FUNCTION exchange.count_factor_failure(account_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- So many slips are free; from then on each doubles the pause, up to the longest.
    free constant integer := 5;
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '1 hour';
    so_far integer;
begin
    insert into exchange.factor_failures as f (account_id, failures)
    values (count_factor_failure.account_id, 1)
    on conflict (account_id) do update set failures = least(f.failures + 1, 1000000), last_failed_at = now()
    returning f.failures into so_far;
    if so_far >= free then
        update exchange.factor_failures
        set blocked_until = now() + exchange.doubling_pause(so_far, free, first_pause, longest_pause)
        where account_id = count_factor_failure.account_id;
    end if;
end $$;

ALTER FUNCTION exchange.count_factor_failure(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.count_factor_failure(account_id bigint) IS 'Notes a wrong code of an account that is locked; the fifth in a row and each after it makes the next wait. For other functions.';

CREATE FUNCTION exchange.create_account(email text, password_hash text, fee_tier_id integer DEFAULT 1) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
declare
    made bigint;
begin
    if create_account.email is null or create_account.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    if create_account.password_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    if not exists (select from exchange.fee_tiers t where t.fee_tier_id = create_account.fee_tier_id) then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', create_account.fee_tier_id));
    end if;
    insert into exchange.accounts (email, password_hash, fee_tier_id)
    values (lower(create_account.email), create_account.password_hash, create_account.fee_tier_id)
    on conflict (email) do nothing
    returning account_id into made;
    if made is null then
        perform exchange.reject('EMAIL_TAKEN', 'an account with this email address exists');
    end if;
    return made;
end $_$;

ALTER FUNCTION exchange.create_account(email text, password_hash text, fee_tier_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.create_account(email text, password_hash text, fee_tier_id integer) IS 'Opens a user''s account. The hash is bcrypt, or null where no login shall be possible. Rejects: INVALID_EMAIL, INVALID_PASSWORD_HASH, UNKNOWN_FEE_TIER, EMAIL_TAKEN.';

CREATE FUNCTION exchange.create_api_key(account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea, permissions text[], addresses cidr[], request_key text DEFAULT NULL::text, sub_account_id bigint DEFAULT NULL::bigint) RETURNS TABLE(api_key_id bigint, made_public_id text, created_at timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Live keys an account; more would be a leak, not a need.
    max_keys constant integer := 50;
    earlier exchange.api_keys;
    facts jsonb;
    holder constant bigint := coalesce(create_api_key.sub_account_id, create_api_key.account_id);
begin
    -- One at a time, so that the keys can be counted and a repeat finds the first.
    perform exchange.require_owner(create_api_key.account_id, create_api_key.session_id);
    if not exchange.owns_account(create_api_key.account_id, holder) then
        perform exchange.reject('ACCOUNT_NOT_FOUND', 'the account has no such sub-account');
    end if;
    select * into earlier from exchange.api_keys k
    where k.account_id = holder and k.request_key = create_api_key.request_key;
    if found then
        if (earlier.label, earlier.scheme, earlier.permissions, earlier.addresses) is distinct from
            (create_api_key.label, create_api_key.scheme, create_api_key.permissions, create_api_key.addresses)
            or earlier.public_key is distinct from create_api_key.public_key then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'another key was made under this idempotency key');
        end if;
        return query select earlier.api_key_id, earlier.public_id, earlier.created_at, true;
        return;
    end if;
    if (select count(*) from exchange.api_keys k
        where k.account_id = holder and k.revoked_at is null) >= max_keys then
        perform exchange.reject('TOO_MANY_KEYS', format('an account has at most %s keys; revoke one first', max_keys));
    end if;
    if not exchange.may_change_security(create_api_key.account_id, 'api_key_made', create_api_key.session_id) then
        return;
    end if;
    -- The label is told as the words of a stranger, which it may be.
    select exchange.mail_facts(s.address, create_api_key.label) into facts
    from exchange.sessions s where s.session_id = create_api_key.session_id;
    perform exchange.cause_mail(create_api_key.account_id, 'api_key_made', facts - 'program' || jsonb_build_object(
        'label', facts -> 'program', 'permissions', create_api_key.permissions));
    return query
    insert into exchange.api_keys (
        account_id, public_id, label, scheme, secret, public_key, permissions, addresses, request_key, made_by_account_id)
    values (
        holder, create_api_key.public_id, create_api_key.label, create_api_key.scheme,
        create_api_key.secret, create_api_key.public_key, create_api_key.permissions, create_api_key.addresses,
        create_api_key.request_key, nullif(create_api_key.account_id, holder))
    returning api_key_id, public_id, created_at, false;
end $$;

ALTER FUNCTION exchange.create_api_key(account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea, permissions text[], addresses cidr[], request_key text, sub_account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.create_api_key(account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea, permissions text[], addresses cidr[], request_key text, sub_account_id bigint) IS 'Makes an API key in the name of a session that has stepped up: for the account, or for one of its sub-accounts alone. The owner gets a mail. A repeat of the request key returns the first key. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, ACCOUNT_NOT_FOUND, DUPLICATE_IDEMPOTENCY_KEY, TOO_MANY_KEYS.';

CREATE FUNCTION exchange.create_market(market_id integer, base_asset text, quote_asset text, tick numeric, lot numeric, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, reference_price numeric, max_open_orders integer DEFAULT 200, allow_self_trade boolean DEFAULT false, status text DEFAULT 'trading'::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    base exchange.assets;
    quote exchange.assets;
    -- The engine counts atoms of a lot, lots of a quantity and ticks of a price in 64 bits.
    largest constant numeric := 9223372036854775807;
    fee_account bigint;
begin
    select * into base from exchange.assets a where a.symbol = create_market.base_asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_market.base_asset));
    end if;
    select * into quote from exchange.assets a where a.symbol = create_market.quote_asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_market.quote_asset));
    end if;
    if coalesce(create_market.tick <= 0 or create_market.lot <= 0, true) then
        perform exchange.reject('INVALID_MARKET', 'tick and lot are positive');
    end if;
    if coalesce(create_market.lot * power(10::numeric, base.scale) > largest
        or create_market.tick * create_market.lot * power(10::numeric, quote.scale) > largest
        or create_market.max_quantity / create_market.lot > largest
        or create_market.reference_price / create_market.tick > largest
        or scale(trim_scale(create_market.min_notional)) > quote.scale
        or create_market.min_notional * power(10::numeric, quote.scale) > power(10::numeric, 36), true) then
        perform exchange.reject('INVALID_MARKET', 'a limit of the market is missing, too fine or too large');
    end if;
    if exists (select from exchange.markets m where m.market_id = create_market.market_id
        or m.symbol = base.symbol || '/' || quote.symbol) then
        perform exchange.reject('MARKET_EXISTS', format('market %s or %s/%s exists', create_market.market_id, base.symbol, quote.symbol));
    end if;

    insert into exchange.accounts (role) values ('fees') returning account_id into fee_account;
    -- The fee account's balances are made now: trading then finds them and never inserts.
    insert into exchange.balances (account_id, asset_id, available, held)
    select fee_account, f.asset_id, round(0::numeric, f.scale), round(0::numeric, f.scale)
    from (values (base.asset_id, base.scale), (quote.asset_id, quote.scale)) as f (asset_id, scale);
    -- Last, because its trigger appends to stream markets, and everybody who lists or halts a market
    -- waits for that stream's counter.
    insert into exchange.markets (
        market_id, symbol, base_asset_id, quote_asset_id, fee_account_id, tick, lot, min_quantity, max_quantity,
        min_notional, price_band, reference_price, max_open_orders, allow_self_trade, status)
    values (
        create_market.market_id, base.symbol || '/' || quote.symbol, base.asset_id, quote.asset_id, fee_account,
        create_market.tick, create_market.lot, create_market.min_quantity, create_market.max_quantity,
        create_market.min_notional, create_market.price_band, create_market.reference_price,
        create_market.max_open_orders, create_market.allow_self_trade, create_market.status);
    return create_market.market_id;
end $$;

ALTER FUNCTION exchange.create_market(market_id integer, base_asset text, quote_asset text, tick numeric, lot numeric, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, reference_price numeric, max_open_orders integer, allow_self_trade boolean, status text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.create_market(market_id integer, base_asset text, quote_asset text, tick numeric, lot numeric, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, reference_price numeric, max_open_orders integer, allow_self_trade boolean, status text) IS 'Lists base/quote under the operator''s number, with a fee account of its own, which stream markets tells. What the engine could not count exactly is refused. Rejects: UNKNOWN_ASSET, INVALID_MARKET, MARKET_EXISTS; a rule of the table that does not hold is a check violation that names it.';

CREATE FUNCTION exchange.credit_deposits(deposit_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    debts constant bigint := exchange.house_account('debts');
    messages jsonb[];
begin
    if coalesce(cardinality(credit_deposits.deposit_ids), 0) = 0 then
        return;
    end if;
    insert into exchange.balances (account_id, asset_id, available, held)
    select distinct d.account_id, d.asset_id, round(0::numeric, a.scale), round(0::numeric, a.scale)
    from exchange.deposits d
    join exchange.assets a on a.asset_id = d.asset_id
    where d.deposit_id = any (credit_deposits.deposit_ids)
    order by d.account_id, d.asset_id
    on conflict (account_id, asset_id) do nothing;
    -- In key order, as every transaction locks balances. Debts change under these locks only.
    perform from exchange.balances b
    where (b.account_id, b.asset_id) in (
        select d.account_id, d.asset_id from exchange.deposits d where d.deposit_id = any (credit_deposits.deposit_ids))
    order by b.account_id, b.asset_id
    for update;
    with credited as materialized (
        select d.*, b.available, b.held, coalesce(o.owed, 0) as owed,
            -- What the credits before this one have brought already.
            coalesce(sum(d.amount) over (
                partition by d.account_id, d.asset_id order by d.deposit_id
                rows between unbounded preceding and 1 preceding), 0) as before
        from exchange.deposits d
        join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
        left join exchange.debts o on o.account_id = d.account_id and o.asset_id = d.asset_id
        where d.deposit_id = any (credit_deposits.deposit_ids)
    ), split as materialized (
        select c.*, least(c.amount, greatest(c.owed - c.before, 0)) as settled from credited c
    ), facts as (
        insert into exchange.deposit_entries (
            deposit_id, account_id, asset_id, amount, debt_amount, external_account_id, debts_account_id)
        select s.deposit_id, s.account_id, s.asset_id, s.amount, s.settled,
            external, debts
        from split s
        order by s.deposit_id
    ), moved as (
        update exchange.balances b set available = b.available + t.given
        from (
            select s.account_id, s.asset_id, sum(s.amount - s.settled) as given from split s group by s.account_id, s.asset_id) t
        where b.account_id = t.account_id and b.asset_id = t.asset_id
    ), settled as (
        update exchange.deposits d set state = 'credited', credited_at = now(), changed_at = now()
        where d.deposit_id = any (credit_deposits.deposit_ids)
    )
    select array_agg(jsonb_build_object(
        'change', 'deposited', 'deposit_id', s.deposit_id::text, 'account_id', s.account_id::text, 'asset', a.symbol,
        'amount', (s.amount - s.settled)::text, 'settled', s.settled::text,
        'available', (s.available + greatest(s.before + s.amount - s.owed, 0))::text, 'held', s.held::text)
        order by s.deposit_id)
    into messages
    from split s
    join exchange.assets a on a.asset_id = s.asset_id;
    perform exchange.mail_deposits('deposit_credited', credit_deposits.deposit_ids);
    perform exchange.append_events('asset', messages);
    perform chain.tell_deposits(credit_deposits.deposit_ids);
end $$;

ALTER FUNCTION exchange.credit_deposits(deposit_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.credit_deposits(deposit_ids bigint[]) IS 'Credits deposits, which settles first what the account owes of the asset. The caller has locked them and has seen that they may be credited. For chain.confirm_deposits and exchange.release_deposit.';

CREATE FUNCTION exchange.decide_kyc(case_id bigint, findings jsonb, decider text) RETURNS TABLE(outcome text, reasons text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked exchange.kyc_cases;
    wanted exchange.kyc_levels;
    doubts text[];
    faults text[];
begin
    select * into asked from exchange.kyc_cases c where c.case_id = decide_kyc.case_id for update;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', decide_kyc.case_id));
    end if;
    if asked.state not in ('submitted', 'provider') then
        return query select asked.state, asked.reasons;
        return;
    end if;
    -- Two cases of one document decide one after the other, so that the second sees the first.
    perform pg_advisory_xact_lock(hashtextextended(asked.issuer || ' ' || asked.document_number, 12));
    perform exchange.note_kyc_findings(asked.case_id, decide_kyc.findings);
    perform exchange.note_kyc_findings(asked.case_id, (
        select jsonb_agg(to_jsonb(t)) from exchange.kyc_facts_found(asked.case_id) t));
    select
        array_agg(distinct r.rule order by r.rule) filter (where f.score >= r.manual_at),
        array_agg(distinct r.reason order by r.reason) filter (where f.score >= r.reject_at)
    into doubts, faults
    from exchange.kyc_findings f join exchange.kyc_rules r on r.rule = f.rule and r.is_on
    where f.case_id = asked.case_id;
    select * into strict wanted from exchange.kyc_levels l where l.level = asked.level;
    if faults is not null then
        perform exchange.finish_kyc_case(asked.case_id, 'rejected', decide_kyc.decider, null, faults);
        return query select 'rejected', faults;
    elsif doubts is null and wanted.is_automatic then
        perform exchange.finish_kyc_case(asked.case_id, 'approved', decide_kyc.decider, null, '{}');
        return query select 'approved', '{}'::text[];
    else
        perform exchange.queue_kyc_case(
            asked.case_id, coalesce(array_to_string(doubts, ', '), 'people decide about this level'));
        return query select 'manual', '{}'::text[];
    end if;
end $$;

ALTER FUNCTION exchange.decide_kyc(case_id bigint, findings jsonb, decider text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.decide_kyc(case_id bigint, findings jsonb, decider text) IS 'The automatic decision: adds what tables say to what was found, compares each score with its rule, and rejects, approves or hands to the reviewers, all in this transaction. findings: [{rule, score, detail}]. A case that is not open for it stays as it is. Rejects: CASE_NOT_FOUND.';

CREATE FUNCTION exchange.decide_kyc_case(staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text) RETURNS TABLE(state text, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(decide_kyc_case.staff_session_id, 'reviewer');
    wanted_state constant text := case when decide_kyc_case.approve then 'approved' else 'rejected' end;
    asked exchange.kyc_cases;
    wanted exchange.kyc_levels;
begin
    -- Locked: of two who decide at once the second finds it decided.
    select * into asked from exchange.kyc_cases c where c.case_id = decide_kyc_case.case_id for update;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', decide_kyc_case.case_id));
    end if;
    if asked.state = wanted_state and exists (
        select from exchange.kyc_events e
        where e.case_id = asked.case_id and e.action = wanted_state and e.staff_id = reviewer) then
        return query select asked.state, true;
        return;
    end if;
    if asked.state <> 'manual' then
        perform exchange.reject('CASE_DECIDED', 'the case does not wait for a reviewer');
    end if;
    if asked.claimed_by is distinct from reviewer or asked.claimed_until <= clock_timestamp() then
        perform exchange.reject('CASE_NOT_CLAIMED', 'claim the case first; a claim lasts 15 minutes');
    end if;
    if decide_kyc_case.approve <> (cardinality(decide_kyc_case.reasons) = 0) then
        perform exchange.reject('INVALID_REASON', 'a rejection has a reason at least, an approval none');
    end if;
    if exists (select from unnest(decide_kyc_case.reasons) as given (reason)
        where not exists (select from exchange.kyc_reasons r where r.reason = given.reason)) then
        perform exchange.reject('INVALID_REASON', 'a reason is one of the list exchange.kyc_reasons');
    end if;
    perform audit.record(reviewer, 'kyc_case_' || wanted_state, 'kyc_case:' || asked.case_id, jsonb_build_object(
        'account_id', asked.account_id, 'level', asked.level, 'reasons', decide_kyc_case.reasons, 'note', decide_kyc_case.note));
    select * into strict wanted from exchange.kyc_levels l where l.level = asked.level;
    if decide_kyc_case.approve and wanted.needs_two_reviewers and asked.first_approved_by is null then
        update exchange.kyc_cases c
        set first_approved_by = reviewer, claimed_by = null, claimed_until = null
        where c.case_id = asked.case_id;
        insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
        values (asked.case_id, 'reviewer', reviewer, 'first_approved', jsonb_build_object('note', decide_kyc_case.note));
        return query select 'manual', false;
        return;
    end if;
    if asked.first_approved_by = reviewer then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'another reviewer must agree');
    end if;
    if decide_kyc_case.note is not null then
        insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
        values (asked.case_id, 'reviewer', reviewer, 'noted', jsonb_build_object('note', decide_kyc_case.note));
    end if;
    perform exchange.finish_kyc_case(
        asked.case_id, wanted_state, 'reviewer', reviewer, decide_kyc_case.reasons);
    return query select wanted_state, false;
end $$;

ALTER FUNCTION exchange.decide_kyc_case(staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.decide_kyc_case(staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text) IS 'A reviewer''s decision about a case that the reviewer has claimed. A level that needs two reviewers stays in the queue until another one agrees; one is enough to reject. What is decided takes effect in this transaction. A repeat changes nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND, CASE_DECIDED, CASE_NOT_CLAIMED, INVALID_REASON, SECOND_PERSON_REQUIRED.';

CREATE FUNCTION exchange.deposit_address_of(account_id bigint, of_asset text, of_network text DEFAULT NULL::text) RETURNS TABLE(address_id bigint, address text, network text, family text, chain text, contract bytea, account_key text, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(of_asset, of_network);
    held chain.addresses;
begin
    select * into held from chain.addresses d
    where d.account_id = deposit_address_of.account_id and d.asset_id = coin.asset_id and d.network_id = coin.network_id;
    if not found then
        perform from exchange.accounts a where a.account_id = deposit_address_of.account_id and a.role = 'user';
        if not found then
            perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', deposit_address_of.account_id));
        end if;
        insert into chain.addresses as d (network_id, account_id, asset_id)
        values (coin.network_id, deposit_address_of.account_id, coin.asset_id)
        on conflict on constraint addresses_account_id_key do nothing
        returning * into held;
        if not found then
            -- Somebody was faster, and has committed.
            select * into strict held from chain.addresses d
            where d.account_id = deposit_address_of.account_id and d.asset_id = coin.asset_id
                and d.network_id = coin.network_id;
        end if;
    end if;
    return query
    select held.address_id, held.address, n.name, n.family, n.chain, coin.contract, n.account_key, coin.confirmations,
        round(coin.large_amount, a.scale), coin.large_confirmations, round(coin.min_deposit, a.scale)
    from chain.networks n, exchange.assets a
    where n.network_id = coin.network_id and a.asset_id = coin.asset_id;
end $$;

ALTER FUNCTION exchange.deposit_address_of(account_id bigint, of_asset text, of_network text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.deposit_address_of(account_id bigint, of_asset text, of_network text) IS 'The account''s deposit address of an asset, which takes a number when it is first asked for. Its address is null until exchange.name_deposit_address. The network may be left out where the asset has one alone. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, UNKNOWN_ACCOUNT.';

CREATE FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) RETURNS TABLE(deposit_id bigint, asset text, network text, address text, amount numeric, txid text, from_address text, state text, confirmations bigint, required_confirmations integer, seen_at timestamp with time zone, changed_at timestamp with time zone, credited_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    -- The first of the list below the next number, where that is the one.
    return query
    select d.* from exchange.deposits_of(
        deposit_of.account_id,
        before_deposit_id => least(of_deposit_id, 9223372036854775806) + 1, limit_deposits => 1) d
    where d.deposit_id = of_deposit_id;
    if not found then
        perform exchange.reject('DEPOSIT_NOT_FOUND', format('no deposit %s of the account', of_deposit_id));
    end if;
end $$;

ALTER FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) IS 'One deposit of a user, as exchange.deposits_of gives it. Row-level security applies. Rejects: DEPOSIT_NOT_FOUND.';

CREATE FUNCTION exchange.deposits_of(account_id bigint, of_asset text DEFAULT NULL::text, of_network text DEFAULT NULL::text, of_states text[] DEFAULT NULL::text[], from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_deposit_id bigint DEFAULT NULL::bigint, limit_deposits integer DEFAULT 100) RETURNS TABLE(deposit_id bigint, asset text, network text, address text, amount numeric, txid text, from_address text, state text, confirmations bigint, required_confirmations integer, seen_at timestamp with time zone, changed_at timestamp with time zone, credited_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    only_asset integer;
    only_network integer;
begin
    if of_asset is not null then
        select a.asset_id into only_asset from exchange.assets a where a.symbol = of_asset;
        if not found then
            perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
        end if;
    end if;
    if of_network is not null then
        select n.network_id into only_network from chain.networks n where n.name = of_network;
        if not found then
            perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', of_network));
        end if;
    end if;
    return query
    with page as (
        select d.* from exchange.deposits d
        where d.account_id = deposits_of.account_id and d.deposit_id < coalesce(before_deposit_id, 9223372036854775807)
            and (only_asset is null or d.asset_id = only_asset)
            and (only_network is null or d.network_id = only_network)
            and (of_states is null or d.state = any (of_states))
            and (from_time is null or d.seen_at >= from_time) and (to_time is null or d.seen_at < to_time)
        order by d.deposit_id desc
        limit least(greatest(coalesce(limit_deposits, 100), 0), 1000)
    )
    select d.deposit_id, a.symbol, n.name, h.address, round(d.amount, a.scale),
        case n.family when 'evm' then '0x' else '' end || encode(d.txid, 'hex'), d.from_address, d.state,
        coalesce(greatest(chain.tip_height(d.network_id) - d.block_height + 1, 0), 0), d.required_confirmations,
        d.seen_at, d.changed_at, d.credited_at
    from page d
    join exchange.assets a on a.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    join chain.addresses h on h.address_id = d.address_id
    order by d.deposit_id desc;
end $$;

ALTER FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) IS 'A user''s deposits, the newest first, at most 1,000: of one asset, of one network, in one of these states, seen from a time until before another, before a number in the list, where given. Confirmations are counted to the highest block that was read. Row-level security applies. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';

CREATE FUNCTION exchange.devices_of(account_id bigint) RETURNS TABLE(device_id bigint, address inet, user_agent text, first_seen_at timestamp with time zone, last_seen_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select d.device_id, d.address, d.user_agent, d.first_seen_at, d.last_seen_at
    from exchange.devices d
    where d.account_id = devices_of.account_id
    order by d.last_seen_at desc, d.device_id desc
$$;

ALTER FUNCTION exchange.devices_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.devices_of(account_id bigint) IS 'What the account was logged in from, the last seen first.';

CREATE FUNCTION exchange.doubling_pause(failures integer, free integer, first_pause interval, longest_pause interval) RETURNS interval
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when failures < free then interval '0'
        -- Twenty doublings of anything are longer than any longest pause.
        else least(first_pause * power(2, least(failures - free, 20)), longest_pause)
    end
$$;

ALTER FUNCTION exchange.doubling_pause(failures integer, free integer, first_pause interval, longest_pause interval) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.doubling_pause(failures integer, free integer, first_pause interval, longest_pause interval) IS 'How long the next attempt waits after so many wrong ones in a row, of which fewer than so many are free: each from then on waits twice as long as the one before, up to the longest. For other functions.';

CREATE FUNCTION exchange.drop_unneeded_codes(account_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if not exchange.has_second_factor(drop_unneeded_codes.account_id) then
        delete from exchange.recovery_codes where account_id = drop_unneeded_codes.account_id;
        delete from exchange.factor_failures where account_id = drop_unneeded_codes.account_id;
    end if;
end $$;

ALTER FUNCTION exchange.drop_unneeded_codes(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.drop_unneeded_codes(account_id bigint) IS 'Forgets recovery codes and wrong codes of an account that has no second factor any more. For other functions.';

CREATE FUNCTION exchange.end_cool_down() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    passed bigint;
begin
    select e.event_id into passed
    from exchange.withdrawals w
    join exchange.accounts a on a.account_id = w.account_id
    join risk.events e on e.activity_id = w.activity_id and e.action = 'hold'
    join risk.rules l on l.rule = e.rule and l.version = e.version and l.kind = 'new_withdrawal_address'
    where w.state = 'requested' and w.is_risk_held and w.ended_at is null
        -- What may not go on now waits on.
        and a.status = 'active' and not exchange.is_in_debt(w.account_id)
        and (e.observed ->> 'known_since')::timestamptz
            + make_interval(secs => (l.parameters ->> 'cool_down_seconds')::integer) <= now()
        and not exists (select from risk.reviews r where r.event_id = e.event_id)
    order by e.event_id
    limit 1;
    if not found then
        return false;
    end if;
    perform risk.decide_event(passed, 'released', 'the address has been known long enough');
    return true;
end $$;

ALTER FUNCTION exchange.end_cool_down() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.end_cool_down() IS 'Releases the oldest hold of the risk rules on a withdrawal to a new address that has been known for the rule''s time by now. False: there is none. One a transaction, because an internal one locks balances.';

CREATE FUNCTION exchange.end_other_sessions(account_id bigint, session_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.end_sessions(end_other_sessions.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = end_other_sessions.account_id and s.session_id <> end_other_sessions.session_id));
end $$;

ALTER FUNCTION exchange.end_other_sessions(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.end_other_sessions(account_id bigint, session_id bigint) IS 'Ends all sessions of an account but this one. For other functions.';

CREATE FUNCTION exchange.end_password_check(account_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    delete from exchange.login_pauses p where p.subject = 'check:' || end_password_check.account_id
$$;

ALTER FUNCTION exchange.end_password_check(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.end_password_check(account_id bigint) IS 'The password was right: earlier attempts of this kind are forgotten.';

CREATE FUNCTION exchange.end_sessions(account_id bigint, session_ids bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ended bigint[];
begin
    with gone as (
        delete from exchange.sessions s
        where s.account_id = end_sessions.account_id and s.session_id = any (end_sessions.session_ids)
        returning s.session_id
    )
    select coalesce(array_agg(g.session_id order by g.session_id), '{}') into ended from gone g;
    if ended <> '{}' then
        perform exchange.append_event('access', jsonb_build_object(
            'change', 'revoked', 'account_id', end_sessions.account_id::text,
            'session_ids', to_jsonb(ended), 'api_key_ids', '[]'::jsonb));
    end if;
    return ended;
end $$;

ALTER FUNCTION exchange.end_sessions(account_id bigint, session_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.end_sessions(account_id bigint, session_ids bigint[]) IS 'Ends sessions of an account and says so in the stream access; returns those that were there. For other functions: nobody may call it.';

CREATE FUNCTION exchange.expire_kyc(limit_accounts integer) RETURNS TABLE(noticed integer, lowered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Owners are told so long before, and a level is never lowered sooner after that.
    notice_days constant integer := 30;
    grace constant interval := '7 days';
    one record;
begin
    noticed := 0;
    lowered := 0;
    for one in
        select a.account_id, a.kyc_expires_on from exchange.accounts a
        where a.kyc_expires_on < current_date + notice_days and a.kyc_expiry_noticed_at is null
        order by a.kyc_expires_on
        limit least(greatest(expire_kyc.limit_accounts, 0), 10000)
        for no key update skip locked
    loop
        update exchange.accounts a set kyc_expiry_noticed_at = now() where a.account_id = one.account_id;
        perform exchange.cause_mail(
            one.account_id, 'document_expires', jsonb_build_object('expires_on', one.kyc_expires_on));
        noticed := noticed + 1;
    end loop;
    for one in
        select a.account_id, a.kyc_level, a.kyc_expires_on,
            (select max(c.case_id) from exchange.kyc_cases c where c.account_id = a.account_id and c.state = 'approved') as case_id
        from exchange.accounts a
        where a.kyc_expires_on < current_date and a.kyc_expiry_noticed_at <= now() - grace
        order by a.kyc_expires_on
        limit least(greatest(expire_kyc.limit_accounts, 0), 10000)
        for no key update of a skip locked
    loop
        perform exchange.set_kyc_level(one.account_id, 0, null);
        insert into exchange.kyc_events (case_id, actor, action, detail)
        select one.case_id, 'upkeep', 'expired', jsonb_build_object('level', one.kyc_level, 'expires_on', one.kyc_expires_on)
        where one.case_id is not null;
        perform exchange.append_event('kyc', jsonb_build_object(
            'change', 'expired', 'account_id', one.account_id::text, 'level', 0));
        lowered := lowered + 1;
    end loop;
    return next;
end $$;

ALTER FUNCTION exchange.expire_kyc(limit_accounts integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.expire_kyc(limit_accounts integer) IS 'Tells owners whose document expires within 30 days, once, and takes the level from those whose document has expired, a week after they were told at the earliest; so many of each at most.';

CREATE FUNCTION exchange.factors_of(account_id bigint) RETURNS TABLE(email text, password_hash text, totp_secret bytea, totp_is_confirmed boolean, recovery_codes_left integer, passkeys integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.email, a.password_hash, t.secret, t.confirmed_at is not null,
        (select count(*)::integer from exchange.recovery_codes r where r.account_id = a.account_id and r.used_at is null),
        (select count(*)::integer from exchange.passkeys p where p.account_id = a.account_id)
    from exchange.accounts a
    left join exchange.totp_factors t on t.account_id = a.account_id
    where a.account_id = factors_of.account_id and a.role = 'user' and a.email is not null
$$;

ALTER FUNCTION exchange.factors_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.factors_of(account_id bigint) IS 'By what an account proves who it is. The only way to the secret of an authenticator app, which is encrypted.';

CREATE FUNCTION exchange.fail_kyc_review(case_id bigint, failure text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    update exchange.kyc_cases c set last_failure = left(fail_kyc_review.failure, 500)
    where c.case_id = fail_kyc_review.case_id and c.state = 'submitted'
$$;

ALTER FUNCTION exchange.fail_kyc_review(case_id bigint, failure text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.fail_kyc_review(case_id bigint, failure text) IS 'Notes why an automatic review failed; it is tried again when it is due.';

CREATE FUNCTION exchange.fees_of(account_id bigint) RETURNS TABLE(tier text, maker_rate numeric, taker_rate numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    select t.name, t.maker_rate, t.taker_rate
    from exchange.accounts a
    join exchange.fee_tiers t on t.fee_tier_id = a.fee_tier_id
    where a.account_id = fees_of.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', fees_of.account_id));
    end if;
end $$;

ALTER FUNCTION exchange.fees_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.fees_of(account_id bigint) IS 'At which fees an account''s next orders are placed. Rejects: UNKNOWN_ACCOUNT.';

CREATE FUNCTION exchange.find_api_key(public_id text) RETURNS TABLE(api_key_id bigint, account_id bigint, scheme text, secret bytea, public_key bytea, permissions text[], addresses text[], is_revoked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select k.api_key_id, k.account_id, k.scheme, k.secret, k.public_key, k.permissions, k.addresses::text[],
        k.revoked_at is not null
    from exchange.api_keys k
    where k.public_id = find_api_key.public_id
$$;

ALTER FUNCTION exchange.find_api_key(public_id text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.find_api_key(public_id text) IS 'What is needed to check a signature, of a revoked key too: its owner may know that it was revoked. The only way to a secret, which is encrypted.';

CREATE FUNCTION exchange.find_ceremony(token_hash bytea) RETURNS TABLE(kind text, account_id bigint, session_id bigint, state jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select c.kind, c.account_id, c.session_id, c.state
    from exchange.ceremonies c
    where c.token_hash = find_ceremony.token_hash and c.expires_at > now()
$$;

ALTER FUNCTION exchange.find_ceremony(token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.find_ceremony(token_hash bytea) IS 'What was asked under this token; no row where nothing was, or the time is over. Using it up is left to what the answer does.';

CREATE TABLE chain.coins (
    asset_id integer NOT NULL,
    network_id integer NOT NULL,
    contract bytea,
    confirmations integer NOT NULL,
    large_amount numeric NOT NULL,
    large_confirmations integer NOT NULL,
    min_deposit numeric NOT NULL,
    min_withdrawal numeric NOT NULL,
    review_above numeric NOT NULL,
    second_review_above numeric NOT NULL,
    fee_units integer NOT NULL,
    fee_floor numeric NOT NULL,
    fee_ceiling numeric NOT NULL,
    sweep_above numeric NOT NULL,
    hot_floor numeric NOT NULL,
    hot_ceiling numeric NOT NULL,
    is_halted boolean DEFAULT false NOT NULL,
    halt_reason text,
    is_refill_wanted boolean DEFAULT false NOT NULL,
    CONSTRAINT coins_amounts_range CHECK (((large_amount > (0)::numeric) AND (min_deposit > (0)::numeric) AND (min_withdrawal > (0)::numeric) AND (sweep_above > (0)::numeric) AND (hot_floor >= (0)::numeric) AND (large_amount < 'Infinity'::numeric) AND (min_deposit < 'Infinity'::numeric) AND (min_withdrawal < 'Infinity'::numeric) AND (sweep_above < 'Infinity'::numeric) AND (hot_ceiling < 'Infinity'::numeric))),
    CONSTRAINT coins_confirmations_range CHECK ((((confirmations >= 1) AND (confirmations <= 1000)) AND ((large_confirmations >= confirmations) AND (large_confirmations <= 1000)))),
    CONSTRAINT coins_contract_length CHECK ((octet_length(contract) = 20)),
    CONSTRAINT coins_fee_order CHECK (((fee_floor >= (0)::numeric) AND (fee_ceiling >= fee_floor) AND (fee_ceiling < 'Infinity'::numeric))),
    CONSTRAINT coins_fee_units_positive CHECK ((fee_units > 0)),
    CONSTRAINT coins_halt_has_reason CHECK ((is_halted = (halt_reason IS NOT NULL))),
    CONSTRAINT coins_hot_order CHECK ((hot_ceiling > hot_floor)),
    CONSTRAINT coins_review_order CHECK (((review_above >= (0)::numeric) AND (second_review_above >= review_above) AND (second_review_above < 'Infinity'::numeric)))
);

ALTER TABLE chain.coins OWNER TO exchange_owner;

COMMENT ON TABLE chain.coins IS 'An asset as it exists on a network. On the chain it has as many decimals as the asset has here.';

COMMENT ON COLUMN chain.coins.asset_id IS 'The asset.';

COMMENT ON COLUMN chain.coins.network_id IS 'The network.';

COMMENT ON COLUMN chain.coins.contract IS 'Address of the token''s contract: a token is known by this alone, never by name. Null: the network''s own coin.';

COMMENT ON COLUMN chain.coins.confirmations IS 'Blocks, the one that holds a deposit included, before it is credited.';

COMMENT ON COLUMN chain.coins.large_amount IS 'A deposit from this amount on waits for large_confirmations.';

COMMENT ON COLUMN chain.coins.large_confirmations IS 'Blocks before a large deposit is credited, and before a withdrawal of any size is final.';

COMMENT ON COLUMN chain.coins.min_deposit IS 'Less than this is not credited.';

COMMENT ON COLUMN chain.coins.min_withdrawal IS 'Less than this is not sent.';

COMMENT ON COLUMN chain.coins.review_above IS 'A withdrawal of more than this waits for a reviewer.';

COMMENT ON COLUMN chain.coins.second_review_above IS 'A withdrawal of more than this waits for two.';

COMMENT ON COLUMN chain.coins.fee_units IS 'What one withdrawal uses of a block: virtual bytes, or gas.';

COMMENT ON COLUMN chain.coins.fee_floor IS 'Least fee of a withdrawal, in the asset.';

COMMENT ON COLUMN chain.coins.fee_ceiling IS 'Greatest fee of a withdrawal, in the asset; where the network asks more, the house pays the rest.';

COMMENT ON COLUMN chain.coins.sweep_above IS 'What a deposit address holds is gathered from this amount on; less waits.';

COMMENT ON COLUMN chain.coins.hot_floor IS 'Below this the hot wallet asks for a refill.';

COMMENT ON COLUMN chain.coins.hot_ceiling IS 'What the hot wallet holds above this goes to the cold one.';

COMMENT ON COLUMN chain.coins.is_halted IS 'No withdrawal of the coin goes on while it is set.';

COMMENT ON COLUMN chain.coins.halt_reason IS 'Why it is halted.';

COMMENT ON COLUMN chain.coins.is_refill_wanted IS 'The hot wallet was below its floor when it was last looked at, and this was told.';

CREATE FUNCTION exchange.find_coin(asset text, network text DEFAULT NULL::text) RETURNS chain.coins
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    listed chain.coins[];
begin
    perform from exchange.assets a where a.symbol = find_coin.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(find_coin.asset, 'null')));
    end if;
    select array_agg(c) into listed
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where a.symbol = find_coin.asset and (find_coin.network is null or n.name = find_coin.network);
    if listed is null then
        perform exchange.reject('UNKNOWN_NETWORK', format('%s is not listed on such a network', find_coin.asset));
    end if;
    if cardinality(listed) > 1 then
        perform exchange.reject('NETWORK_REQUIRED', format('%s is listed on several networks: say which', find_coin.asset));
    end if;
    return listed[1];
end $$;

ALTER FUNCTION exchange.find_coin(asset text, network text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.find_coin(asset text, network text) IS 'An asset as it is on a network, which may be left out where there is one alone. For other functions. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED.';

CREATE FUNCTION exchange.finish_kyc_case(case_id bigint, state text, decider text, staff_id bigint, reasons text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ended exchange.kyc_cases;
    words text;
begin
    update exchange.kyc_cases c
    set state = finish_kyc_case.state, decided_at = clock_timestamp(), decided_by = finish_kyc_case.decider,
        reasons = finish_kyc_case.reasons, next_review_at = null, claimed_by = null, claimed_until = null
    where c.case_id = finish_kyc_case.case_id
    returning * into strict ended;
    insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
    values (ended.case_id, ended.decided_by, finish_kyc_case.staff_id, ended.state,
        jsonb_build_object('reasons', ended.reasons));
    if ended.state = 'approved' then
        perform exchange.set_kyc_level(ended.account_id, ended.level, ended.expires_on);
    end if;
    select string_agg(r.words, ' ' order by r.reason) into words
    from exchange.kyc_reasons r where r.reason = any (ended.reasons);
    perform exchange.cause_mail(ended.account_id, 'kyc_decided', jsonb_strip_nulls(jsonb_build_object(
        'decision', ended.state,
        'level', (select l.name from exchange.accounts a join exchange.kyc_levels l on l.level = a.kyc_level
            where a.account_id = ended.account_id),
        'reasons', words)));
    perform exchange.append_event('kyc', jsonb_build_object(
        'change', ended.state, 'account_id', ended.account_id::text, 'case_id', ended.case_id::text, 'level', ended.level));
end $$;

ALTER FUNCTION exchange.finish_kyc_case(case_id bigint, state text, decider text, staff_id bigint, reasons text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.finish_kyc_case(case_id bigint, state text, decider text, staff_id bigint, reasons text[]) IS 'Ends a case: its level takes effect, the owner gets a mail, the stream kyc a message, all in this transaction. For other functions.';

CREATE FUNCTION exchange.finish_login(ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea) RETURNS TABLE(outcome text, session_id bigint, expires_at timestamp with time zone, device_id bigint, is_new_device boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    found_ceremony exchange.ceremonies;
    fitted text;
begin
    select * into found_ceremony from exchange.ceremonies c
    where c.token_hash = finish_login.ceremony_hash and c.kind in ('second_factor', 'passkey_login')
        and c.expires_at > clock_timestamp();
    if not found or coalesce(found_ceremony.account_id, finish_login.of_account_id) <> finish_login.of_account_id
        or (found_ceremony.kind = 'passkey_login' and finish_login.passkey_id is null) then
        perform exchange.reject('INVALID_TOKEN', 'this token is unknown, was used, or is too old; begin anew');
    end if;
    perform from exchange.accounts a where a.account_id = finish_login.of_account_id for no key update;
    finish_login.outcome := exchange.prove_factor(
        finish_login.of_account_id, finish_login.totp_step, finish_login.recovery_code_hash,
        finish_login.passkey_id, finish_login.passkey_before, finish_login.passkey_after);
    -- A wrong one leaves the ceremony for another try: what bounds the tries is counted by account.
    if finish_login.outcome = 'proved' then
        fitted := exchange.use_ceremony(finish_login.ceremony_hash, found_ceremony.kind, found_ceremony.account_id, null);
        select o.session_id, o.expires_at, o.device_id, o.is_new_device
        into finish_login.session_id, finish_login.expires_at, finish_login.device_id, finish_login.is_new_device
        from exchange.open_session(
            finish_login.of_account_id, finish_login.token_hash, finish_login.lifetime, finish_login.address,
            finish_login.user_agent, fitted, finish_login.device_hash, finish_login.new_device_hash, true) o;
        if finish_login.session_id is null then
            finish_login.outcome := 'denied';
        elsif finish_login.recovery_code_hash is not null then
            perform exchange.tell_factor_changed(
                finish_login.of_account_id, finish_login.session_id, 'recovery code', 'used', is_weaker => false);
        end if;
    end if;
    return next;
end $$;

ALTER FUNCTION exchange.finish_login(ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.finish_login(ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea) IS 'Ends a login by its second factor, or one by a passkey alone: opens the session, or says wrong or blocked, as prove_factor does. Denied: by a risk rule; the factor is used up. Rejects: INVALID_TOKEN, UNKNOWN_ACCOUNT, INVALID_LIFETIME, INVALID_TOKEN_HASH.';

CREATE FUNCTION exchange.finish_mail(mail_id bigint, max_attempts integer, failure text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_failure constant integer := 500;
    tried_again boolean;
begin
    update exchange.mails m
    set sent_at = case when finish_mail.failure is null then now() end,
        last_error = left(finish_mail.failure, max_failure),
        next_attempt_at = case
            when finish_mail.failure is not null and m.attempts < finish_mail.max_attempts then m.next_attempt_at
        end
    where m.mail_id = finish_mail.mail_id and m.sent_at is null
    returning m.next_attempt_at is not null into tried_again;
    return coalesce(tried_again, false);
end $$;

ALTER FUNCTION exchange.finish_mail(mail_id bigint, max_attempts integer, failure text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.finish_mail(mail_id bigint, max_attempts integer, failure text) IS 'After an attempt: sent where there is no failure. Returns whether it will be tried again.';

CREATE FUNCTION exchange.follow_risk_decision(activity_id bigint, decision text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    judged exchange.withdrawals;
begin
    select * into judged from exchange.withdrawals w where w.activity_id = follow_risk_decision.activity_id;
    if not found then
        return;
    end if;
    perform from exchange.accounts a where a.account_id = judged.account_id for share;
    select * into judged from exchange.withdrawals w where w.withdrawal_id = judged.withdrawal_id for no key update;
    if follow_risk_decision.decision = 'upheld' then
        -- Too late where it is being sent: then the decision is a matter for people.
        if judged.state in ('requested', 'approved') and judged.payment_id is null then
            perform exchange.refund_withdrawals(array[judged.withdrawal_id], 'rejected', 'it did not pass our checks');
        end if;
        return;
    end if;
    if judged.state <> 'requested' or not judged.is_risk_held
        or risk.standing_of(follow_risk_decision.activity_id) <> 'free' then
        return;
    end if;
    update exchange.withdrawals w set is_risk_held = false where w.withdrawal_id = judged.withdrawal_id;
    perform exchange.approve_withdrawal(judged.withdrawal_id);
end $$;

ALTER FUNCTION exchange.follow_risk_decision(activity_id bigint, decision text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.follow_risk_decision(activity_id bigint, decision text) IS 'What a decision about a risk event does to the withdrawal that it was about: once all that held it is released it goes on, as far as reviews allow; upheld, it is rejected unless it is being sent. For other functions. Rejects: ACCOUNT_FROZEN, IN_DEBT.';

CREATE FUNCTION exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = forget_device.account_id for no key update;
    perform exchange.require_session(forget_device.account_id, forget_device.session_id);
    perform exchange.end_sessions(forget_device.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = forget_device.account_id and s.device_id = forget_device.device_id));
    delete from exchange.devices d
    where d.device_id = forget_device.device_id and d.account_id = forget_device.account_id;
    if not found then
        perform exchange.reject('DEVICE_NOT_FOUND', format('no device %s of this account', forget_device.device_id));
    end if;
end $$;

ALTER FUNCTION exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) IS 'Ends a device''s sessions and forgets it, in the name of a session: its next login is one from a new device. Rejects: ACCESS_REVOKED, DEVICE_NOT_FOUND.';

CREATE FUNCTION exchange.forget_ended_sessions(limit_sessions integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    forgotten integer;
begin
    delete from exchange.sessions s
    where s.token_hash in (
        select e.token_hash from exchange.sessions e
        where e.expires_at <= now()
        order by e.expires_at
        limit least(greatest(limit_sessions, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;

ALTER FUNCTION exchange.forget_ended_sessions(limit_sessions integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_ended_sessions(limit_sessions integer) IS 'Deletes sessions that have ended, oldest first, so many at most; returns how many.';

CREATE FUNCTION exchange.forget_order_keys(age_days integer, from_block bigint DEFAULT 0, blocks integer DEFAULT 1000, OUT forgotten bigint, OUT next_block bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_variable
declare
    before timestamptz := now() - greatest(age_days, 1) * interval '1 day';
    until_block bigint := from_block + least(greatest(blocks, 1), 100000);
begin
    -- A walk over the table's blocks, so that no order pays for an index on the age of its key.
    execute format(
        'delete from exchange.order_keys k
        where k.ctid >= %L::tid and k.ctid < %L::tid and k.placed_at < $1
            and not exists (select from exchange.orders_open o where o.order_id = k.order_id)
            and not exists (
                select from exchange.orders_closed c where c.order_id = k.order_id and c.closed_at >= $1)',
        format('(%s,0)', from_block), format('(%s,0)', until_block)) using before;
    get diagnostics forgotten = row_count;
    next_block := until_block;
    if until_block * current_setting('block_size')::bigint >= pg_relation_size('exchange.order_keys') then
        next_block := null;
    end if;
end $_$;

ALTER FUNCTION exchange.forget_order_keys(age_days integer, from_block bigint, blocks integer, OUT forgotten bigint, OUT next_block bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_order_keys(age_days integer, from_block bigint, blocks integer, OUT forgotten bigint, OUT next_block bigint) IS 'Forgets the client order ids of orders that ended so many days ago, in a piece of the table; returns how many, and the block at which to go on, null at the end. A placement repeated after that is a new one.';

CREATE FUNCTION exchange.forget_request_keys(age_hours integer DEFAULT 24, limit_keys integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    forgotten integer;
begin
    delete from exchange.request_keys k
    where (k.account_id, k.request_key) in (
        select o.account_id, o.request_key from exchange.request_keys o
        where o.created_at < now() - greatest(age_hours, 1) * interval '1 hour'
        order by o.created_at
        limit least(greatest(limit_keys, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;

ALTER FUNCTION exchange.forget_request_keys(age_hours integer, limit_keys integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_request_keys(age_hours integer, limit_keys integer) IS 'Forgets the answers to requests that are so many hours old, the oldest first, so many at most; returns how many.';

CREATE FUNCTION exchange.forget_spent_access(limit_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- Long enough to answer a question about a mail.
    mails_kept constant interval := '30 days';
    tokens_kept constant interval := '1 day';
    devices_kept constant interval := '400 days';
    -- No pause and no window is as long.
    usage_kept constant interval := '2 days';
    at_most constant integer := least(greatest(limit_rows, 0), 100000);
    forgotten integer;
    total integer := 0;
begin
    delete from exchange.account_tokens t
    where t.token_hash in (
        select e.token_hash from exchange.account_tokens e
        where e.expires_at < now() - tokens_kept
        order by e.expires_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.ceremonies c
    where c.token_hash in (
        select e.token_hash from exchange.ceremonies e
        where e.expires_at < now()
        order by e.expires_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.mails m
    where m.mail_id in (
        select e.mail_id from exchange.mails e
        where e.requested_at < now() - mails_kept
        order by e.mail_id limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.rate_usage u
    where u.subject in (
        select e.subject from exchange.rate_usage e
        where e.window_start < now() - usage_kept
        limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.mail_requests r
    where r.mail_request_id in (
        select e.mail_request_id from exchange.mail_requests e
        where e.requested_at < now() - mails_kept
        order by e.requested_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.login_pauses p
    where p.subject in (
        select e.subject from exchange.login_pauses e
        where e.last_attempt_at < now() - usage_kept
        order by e.last_attempt_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.devices d
    where d.device_id in (
        select e.device_id from exchange.devices e
        where e.last_seen_at < now() - devices_kept
        limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    return total + forgotten;
end $$;

ALTER FUNCTION exchange.forget_spent_access(limit_rows integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_spent_access(limit_rows integer) IS 'Deletes one-time tokens, ceremonies, mails and what was asked for them, pauses, devices and windows of limits that nobody asks about any more, so many of each at most; returns how many.';

CREATE FUNCTION exchange.forget_withdrawal_quotes(limit_quotes integer DEFAULT 10000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    kept constant interval := '1 day';
    forgotten integer;
begin
    delete from exchange.withdrawal_quotes q
    where q.quote_id in (
        select o.quote_id from exchange.withdrawal_quotes o
        where o.expires_at < now() - kept
        order by o.expires_at
        limit least(greatest(limit_quotes, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;

ALTER FUNCTION exchange.forget_withdrawal_quotes(limit_quotes integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forget_withdrawal_quotes(limit_quotes integer) IS 'Forgets quotes that ended a day ago, the oldest first, so many at most; returns how many.';

CREATE FUNCTION exchange.forgive_login(email text, device_id bigint, address inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    subjects constant text[] := exchange.login_subjects(forgive_login.email, forgive_login.device_id, forgive_login.address);
begin
    perform from exchange.login_pauses p where p.subject = any (subjects) order by p.subject for no key update;
    delete from exchange.login_pauses p where p.subject = any (subjects) and not starts_with(p.subject, 'network:');
    -- Only this attempt: an own account does not buy guesses at others.
    update exchange.login_pauses p
    set failures = greatest(p.failures - 1, 0),
        paused_until = p.last_attempt_at + exchange.login_pause(p.subject, greatest(p.failures - 1, 0))
    where p.subject = any (subjects) and starts_with(p.subject, 'network:');
end $$;

ALTER FUNCTION exchange.forgive_login(email text, device_id bigint, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.forgive_login(email text, device_id bigint, address inet) IS 'An attempt proved right: earlier ones of its account or device are forgotten, of its network only this one. For other functions.';

CREATE FUNCTION exchange.freeze_account(token_hash bytea, address inet DEFAULT NULL::inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION exchange.freeze_account(token_hash bytea, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.freeze_account(token_hash bytea, address inet) IS 'Follows the link of a mail to an owner who was robbed: the account is frozen, its withdrawals that are not being sent are cancelled, its sessions end, its API keys and those of its sub-accounts are revoked and its devices forgotten. Only the operator frees it. Rejects: INVALID_TOKEN.';

CREATE FUNCTION exchange.has_balance(role text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select role not in ('external', 'debts', 'costs', 'capital')
$$;

ALTER FUNCTION exchange.has_balance(role text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.has_balance(role text) IS 'Whether accounts of a role have balance rows; the others are sides of the ledger alone. For checks and other functions.';

CREATE FUNCTION exchange.has_second_factor(account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select exists (
        select from exchange.totp_factors t
        where t.account_id = has_second_factor.account_id and t.confirmed_at is not null)
    or exists (select from exchange.passkeys p where p.account_id = has_second_factor.account_id)
$$;

ALTER FUNCTION exchange.has_second_factor(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.has_second_factor(account_id bigint) IS 'Whether the password alone is not enough for this account. For other functions.';

CREATE FUNCTION exchange.house_account(role text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    found_id bigint;
begin
    if house_account.role is null or house_account.role not in ('withdrawal_fees', 'external', 'debts', 'costs', 'capital') then
        raise exception 'no house account of role %', house_account.role using errcode = 'invalid_parameter_value';
    end if;
    select min(a.account_id) into found_id from exchange.accounts a where a.role = house_account.role;
    if found_id is null and house_account.role <> 'external' then
        insert into exchange.accounts (role) values (house_account.role)
        on conflict (role) where role in ('withdrawal_fees', 'debts', 'costs', 'capital') do nothing;
        select min(a.account_id) into found_id from exchange.accounts a where a.role = house_account.role;
    end if;
    if found_id is null then
        raise exception 'there is no account of role external: seed the database first'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return found_id;
end $$;

ALTER FUNCTION exchange.house_account(role text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.house_account(role text) IS 'The house''s account of a role: withdrawal_fees, debts, costs, capital (made when first asked for), or external. For other functions.';

CREATE FUNCTION exchange.is_in_debt(account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select exists (
        select from exchange.deposit_entries e
        where e.account_id = is_in_debt.account_id and e.debt_amount <> 0
        group by e.asset_id
        having sum(e.debt_amount) < 0)
$$;

ALTER FUNCTION exchange.is_in_debt(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.is_in_debt(account_id bigint) IS 'Whether an account owes something of any asset, because a deposit that was spent vanished from its chain. For other functions.';

CREATE FUNCTION exchange.kyc_case(staff_session_id bigint, case_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most_events constant integer := 500;
    most_cases constant integer := 100;
    reviewer constant bigint := staff.require(kyc_case.staff_session_id, 'reviewer');
    shown exchange.kyc_cases;
begin
    select * into shown from exchange.kyc_cases c where c.case_id = kyc_case.case_id;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', kyc_case.case_id));
    end if;
    perform audit.record(reviewer, 'kyc_case_read', 'kyc_case:' || shown.case_id, '{}');
    return jsonb_build_object(
        'caseId', shown.case_id, 'accountId', shown.account_id, 'level', shown.level, 'state', shown.state,
        'documentType', shown.document_type, 'issuer', shown.issuer, 'documentNumber', shown.document_number,
        'fullName', shown.full_name, 'birthDate', shown.birth_date, 'expiresOn', shown.expires_on, 'mrz', shown.mrz,
        'submittedAt', (extract(epoch from shown.submitted_at) * 1000)::bigint,
        'decidedAt', (extract(epoch from shown.decided_at) * 1000)::bigint, 'decidedBy', shown.decided_by,
        'reasons', shown.reasons,
        'claimedBy', case when shown.claimed_until > clock_timestamp() then shown.claimed_by end,
        'firstApprovedBy', shown.first_approved_by,
        'documents', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'documentId', d.document_id, 'kind', d.kind, 'mediaType', d.media_type) order by d.document_id), '[]')
            from exchange.kyc_documents d where d.case_id = shown.case_id),
        'findings', (
            select coalesce(jsonb_agg(jsonb_build_object('rule', f.rule, 'score', f.score, 'detail', f.detail)
                order by f.score desc, f.rule), '[]')
            from exchange.kyc_findings f where f.case_id = shown.case_id),
        'history', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'at', (extract(epoch from e.happened_at) * 1000)::bigint, 'actor', e.actor, 'staffId', e.staff_id,
                'action', e.action, 'detail', e.detail) order by e.kyc_event_id), '[]')
            from (select * from exchange.kyc_events h where h.case_id = shown.case_id
                order by h.kyc_event_id limit most_events) e),
        'earlierCases', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'caseId', c.case_id, 'state', c.state, 'reasons', c.reasons) order by c.case_id), '[]')
            from (select * from exchange.kyc_cases k where k.account_id = shown.account_id and k.case_id < shown.case_id
                order by k.case_id desc limit most_cases) c));
end $$;

ALTER FUNCTION exchange.kyc_case(staff_session_id bigint, case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.kyc_case(staff_session_id bigint, case_id bigint) IS 'All that is known of a case, with findings, history and the account''s earlier cases. For reviewers; logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND.';

CREATE FUNCTION exchange.kyc_documents_of(case_id bigint) RETURNS TABLE(kind text, media_type text, account_id bigint, seal_id bytea, key_label text, wrapped_key bytea, content bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    insert into exchange.kyc_events (case_id, actor, action)
    select c.case_id, 'automatic', 'files_read' from exchange.kyc_cases c
    where c.case_id = kyc_documents_of.case_id and c.state = 'submitted';
    if not found then
        return;
    end if;
    return query
    select d.kind, d.media_type, c.account_id, d.seal_id, d.key_label, d.wrapped_key, d.content
    from exchange.kyc_documents d join exchange.kyc_cases c on c.case_id = d.case_id
    where d.case_id = kyc_documents_of.case_id
    order by d.document_id;
end $$;

ALTER FUNCTION exchange.kyc_documents_of(case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.kyc_documents_of(case_id bigint) IS 'The encrypted files of a case whose automatic review is under way, for an outside provider; noted in the case''s history.';

CREATE FUNCTION exchange.kyc_facts_found(case_id bigint) RETURNS TABLE(rule text, score integer, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    least_age constant interval := '18 years';
    greatest_age constant interval := '110 years';
    short_validity constant integer := 30;
    -- A list's year of birth may be off by so many; a year further off makes a match less likely.
    year_tolerance constant integer := 2;
    year_discount constant integer := 30;
    asked exchange.kyc_cases;
    owner exchange.accounts;
    plain text;
begin
    select * into strict asked from exchange.kyc_cases c where c.case_id = kyc_facts_found.case_id;
    select * into strict owner from exchange.accounts a where a.account_id = asked.account_id;
    plain := exchange.plain_name(asked.full_name);

    rule := 'document_expiry';
    score := case
        when asked.expires_on < current_date then 100
        when asked.expires_on < current_date + short_validity then 60 else 0 end;
    detail := 'expires on ' || asked.expires_on;
    return next;

    rule := 'age';
    score := case
        when asked.birth_date + least_age > current_date then 100
        when asked.birth_date + greatest_age < current_date then 80 else 0 end;
    detail := 'born on ' || asked.birth_date;
    return next;

    if asked.mrz_name is not null then
        rule := 'name_on_document';
        score := 100 - round(100 * public.similarity(plain, exchange.plain_name(asked.mrz_name)))::integer;
        detail := asked.mrz_name;
        return next;
    end if;

    rule := 'account_against_form';
    score := case when owner.full_name is null then 0
        else 100 - round(100 * public.similarity(plain, exchange.plain_name(owner.full_name)))::integer end;
    detail := coalesce(owner.full_name, 'no name at registration');
    if owner.birth_date <> asked.birth_date then
        score := 100;
        detail := detail || ', born on ' || owner.birth_date;
    end if;
    return next;

    rule := 'same_document';
    select count(distinct c.account_id), 'accounts ' || string_agg(distinct c.account_id::text, ', ')
    into score, detail
    from exchange.kyc_cases c
    where c.issuer = asked.issuer and c.document_number = asked.document_number
        and c.account_id <> asked.account_id and c.state <> 'rejected';
    score := least(score, 1) * 100;
    detail := left(coalesce(detail, 'on no other account'), 500);
    return next;

    rule := 'same_picture';
    select count(distinct c.account_id), 'accounts ' || string_agg(distinct c.account_id::text, ', ')
    into score, detail
    from exchange.kyc_documents own
    join exchange.kyc_documents other on other.facts ->> 'digest' = own.facts ->> 'digest'
    join exchange.kyc_cases c on c.case_id = other.case_id and c.account_id <> asked.account_id
    where own.case_id = asked.case_id;
    score := least(score, 1) * 100;
    detail := left(coalesce(detail, 'on no other account'), 500);
    return next;

    rule := 'sanctions';
    select greatest(round(100 * m.similarity)::integer - m.discount, 0), left(m.list || ': ' || m.name, 500)
    into score, detail
    from (
        select s.list, s.name, public.similarity(s.plain_name, plain) as similarity,
            case when abs(s.birth_year - extract(year from asked.birth_date)) > year_tolerance
                then year_discount else 0 end as discount
        from exchange.sanctions s where s.plain_name operator(public.%) plain) m
    order by 1 desc
    limit 1;
    score := coalesce(score, 0);
    detail := coalesce(detail, 'on no list');
    return next;
end $$;

ALTER FUNCTION exchange.kyc_facts_found(case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.kyc_facts_found(case_id bigint) IS 'What tables say of a case, a row a rule with its score. For other functions.';

CREATE FUNCTION exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer) RETURNS TABLE(case_id bigint, account_id bigint, level integer, document_type text, submitted_at timestamp with time zone, claimed_by bigint, claimed_until timestamp with time zone, first_approved_by bigint, doubts text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 500;
begin
    perform staff.require(kyc_queue.staff_session_id, 'reviewer');
    return query
    select c.case_id, c.account_id, c.level, c.document_type, c.submitted_at,
        case when c.claimed_until > clock_timestamp() then c.claimed_by end,
        case when c.claimed_until > clock_timestamp() then c.claimed_until end,
        c.first_approved_by,
        array(select f.rule from exchange.kyc_findings f join exchange.kyc_rules r on r.rule = f.rule
            where f.case_id = c.case_id and r.is_on and f.score >= r.manual_at order by f.rule)
    from exchange.kyc_cases c
    where c.state = 'manual' and c.case_id > coalesce(kyc_queue.after_case_id, 0)
    order by c.case_id
    limit least(greatest(kyc_queue.at_most, 0), most);
end $$;

ALTER FUNCTION exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer) IS 'Cases that wait for reviewers, the oldest first, after a number, 500 at most; who is at work on which. For reviewers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION exchange.kyc_status_of(account_id bigint) RETURNS TABLE(level integer, level_name text, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric, expires_on date, case_id bigint, case_level integer, case_state text, document_type text, submitted_at timestamp with time zone, decided_at timestamp with time zone, reasons text[], words text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select l.level, l.name, a.may_trade, l.may_withdraw, l.daily_withdrawal, l.monthly_withdrawal, a.kyc_expires_on,
        c.case_id, c.level,
        -- How far a review has come is nobody's business but ours.
        case when c.state in ('approved', 'rejected') then c.state when c.case_id is not null then 'under_review' end,
        c.document_type, c.submitted_at, c.decided_at, coalesce(c.reasons, '{}'),
        array(select r.words from unnest(c.reasons) with ordinality as given (reason, place)
            join exchange.kyc_reasons r on r.reason = given.reason order by place)
    from exchange.accounts a
    join exchange.kyc_levels l on l.level = a.kyc_level
    left join lateral (
        select * from exchange.kyc_cases k where k.account_id = a.account_id order by k.case_id desc limit 1) c on true
    where a.account_id = kyc_status_of.account_id
$$;

ALTER FUNCTION exchange.kyc_status_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.kyc_status_of(account_id bigint) IS 'What an account''s owner sees: the level with its limits, and the newest case.';

CREATE FUNCTION exchange.ledger_of(account_id bigint, of_asset text DEFAULT NULL::text, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_fact_id bigint DEFAULT NULL::bigint, before_part integer DEFAULT NULL::integer, limit_entries integer DEFAULT 100) RETURNS TABLE(occurred_at timestamp with time zone, fact_kind text, fact_id bigint, part integer, leg text, market text, asset text, amount numeric)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    only_asset integer;
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_entries, 100), 0), 1000);
    since timestamptz := coalesce(from_time, '-infinity');
    until timestamptz := coalesce(to_time, 'infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_fact_id, 0);
    place_part integer := coalesce(before_part, 0);
begin
    if of_asset is not null then
        select a.asset_id into only_asset from exchange.assets a where a.symbol = of_asset;
        if not found then
            perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
        end if;
    end if;
    select array_agg(r.first_number), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(null, from_time, to_time, before_time, before_fact_id) r
    join exchange.markets m on m.market_id = r.market_id
    where r.first_number <= r.last_number
        and (only_asset is null or only_asset in (m.base_asset_id, m.quote_asset_id));
    -- One fact more than entries are wanted: that of the place itself may have none left to give.
    return query
    with facts as (
        select t.* from unnest(firsts, lasts) as r (first, last)
        cross join lateral (
            (select i.trade_id, i.market_id, 1 as is_maker, i.taker_side = 'sell' as is_buy, i.quantity, i.quote_amount,
                i.maker_fee as fee, i.traded_at
            from exchange.trades i
            where i.maker_account_id = ledger_of.account_id and i.trade_id between r.first and r.last
                and i.traded_at >= since and (i.traded_at, i.trade_id) <= (place_time, place_id)
            order by i.trade_id desc limit wanted + 1)
            union all
            (select i.trade_id, i.market_id, 0, i.taker_side = 'buy', i.quantity, i.quote_amount, i.taker_fee, i.traded_at
            from exchange.trades i
            where i.taker_account_id = ledger_of.account_id and i.trade_id between r.first and r.last
                and i.traded_at >= since and (i.traded_at, i.trade_id) <= (place_time, place_id)
            order by i.trade_id desc limit wanted + 1)
        ) t
    ), entries as (
        select f.traded_at as occurred_at, 'trade' as fact_kind, f.trade_id as fact_id, f.is_maker * 3 + e.part as part,
            e.leg, m.symbol as market, e.asset_id, e.amount
        from facts f
        join exchange.markets m on m.market_id = f.market_id
        cross join lateral (values
            (2, 'base', m.base_asset_id, case when f.is_buy then f.quantity else - f.quantity end),
            (1, 'quote', m.quote_asset_id, case when f.is_buy then - f.quote_amount else f.quote_amount end),
            (0, 'fee', case when f.is_buy then m.base_asset_id else m.quote_asset_id end, - f.fee)
        ) as e (part, leg, asset_id, amount)
        union all
        select d.adjusted_at, 'adjustment', d.adjustment_id, 0, 'adjustment', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.adjustments i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.adjusted_at >= since and i.adjusted_at < until and i.adjusted_at <= place_time
                and (i.adjusted_at, i.adjustment_id) < (place_time, place_id)
            order by i.adjusted_at desc, i.adjustment_id desc limit wanted) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.transferred_at, 'transfer', d.transfer_id, d.part, 'transfer', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            (select i.transfer_id, i.asset_id, - i.amount as amount, i.transferred_at, 1 as part
            from exchange.transfers i
            where i.from_account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.transferred_at >= since and i.transferred_at < until and i.transferred_at <= place_time
            order by i.transferred_at desc, i.transfer_id desc limit wanted + 1)
            union all
            (select i.transfer_id, i.asset_id, i.amount, i.transferred_at, 1
            from exchange.transfers i
            where i.to_account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.transferred_at >= since and i.transferred_at < until and i.transferred_at <= place_time
            order by i.transferred_at desc, i.transfer_id desc limit wanted + 1)
        ) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.occurred_at, 'deposit', d.deposit_entry_id, 2, 'deposit', null, d.asset_id, d.amount - d.debt_amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.deposit_entries i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.amount <> i.debt_amount
                and i.occurred_at >= since and i.occurred_at < until and i.occurred_at <= place_time
            order by i.occurred_at desc, i.deposit_entry_id desc limit wanted + 1) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.ended_at, 'withdrawal', d.withdrawal_id, e.part, e.leg, null, d.asset_id, e.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.withdrawals i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.state = 'confirmed'
                and i.ended_at >= since and i.ended_at < until and i.ended_at <= place_time
            order by i.ended_at desc, i.withdrawal_id desc limit wanted + 1) d
        cross join lateral (values (4, 'withdrawal', - d.amount), (3, 'fee', - d.fee)) as e (part, leg, amount)
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.ended_at, 'withdrawal', d.withdrawal_id, 5, 'withdrawal', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.withdrawals i
            where i.internal_account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.state = 'confirmed'
                and i.ended_at >= since and i.ended_at < until and i.ended_at <= place_time
            order by i.ended_at desc, i.withdrawal_id desc limit wanted + 1) d
        where only_asset is null or a.asset_id = only_asset
    )
    select e.occurred_at, e.fact_kind, e.fact_id, e.part, e.leg, e.market, a.symbol, round(e.amount, a.scale)
    from entries e
    join exchange.assets a on a.asset_id = e.asset_id
    where e.amount <> 0 and (only_asset is null or e.asset_id = only_asset)
        and (e.occurred_at, e.fact_id, e.part) < (place_time, place_id, place_part)
    order by e.occurred_at desc, e.fact_id desc, e.part desc
    limit wanted;
end $$;

ALTER FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) IS 'A user''s ledger entries, the newest first, at most 1,000: of one asset, from a time until before another, following a place in the list (occurred_at, fact_id and part of the last row), where given. Reads no more of the history than it gives. Row-level security applies. Rejects: UNKNOWN_ASSET.';

CREATE FUNCTION exchange.listed_coins() RETURNS TABLE(asset text, network text, family text, chain text, contract bytea, scale smallint, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, may_withdraw boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.symbol, n.name, n.family, n.chain, c.contract, a.scale, c.confirmations,
        round(c.large_amount, a.scale), c.large_confirmations, round(c.min_deposit, a.scale), round(c.min_withdrawal, a.scale),
        not (n.is_halted or c.is_halted)
    from chain.coins c
    join chain.networks n on n.network_id = c.network_id
    join exchange.assets a on a.asset_id = c.asset_id
    order by a.symbol, n.name
$$;

ALTER FUNCTION exchange.listed_coins() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.listed_coins() IS 'Every asset on every network that takes it: what deposits need, what withdrawals need, and whether any are sent at the moment.';

CREATE FUNCTION exchange.load_sanctions(list text, entries jsonb, replaces boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    loaded integer;
begin
    if load_sanctions.replaces then
        delete from exchange.sanctions s where s.list = load_sanctions.list;
    end if;
    insert into exchange.sanctions (list, name, birth_year, country)
    select load_sanctions.list, e.name, e.birth_year, e.country
    from jsonb_to_recordset(load_sanctions.entries) as e (name text, birth_year integer, country text);
    get diagnostics loaded = row_count;
    return loaded;
end $$;

ALTER FUNCTION exchange.load_sanctions(list text, entries jsonb, replaces boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.load_sanctions(list text, entries jsonb, replaces boolean) IS 'Loads names of a list, [{name, birth_year, country}], in the place of what the list had or beside it. Returns how many.';

CREATE FUNCTION exchange.lock_balances(account_ids bigint[], asset_ids integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    key record;
begin
    -- One after the other in key order, as every transaction that touches several.
    for key in
        select distinct k.account_id, k.asset_id, a.scale
        from unnest(lock_balances.account_ids, lock_balances.asset_ids) as k (account_id, asset_id)
        join exchange.assets a on a.asset_id = k.asset_id
        order by k.account_id, k.asset_id
    loop
        insert into exchange.balances (account_id, asset_id, available, held)
        values (key.account_id, key.asset_id, round(0::numeric, key.scale), round(0::numeric, key.scale))
        on conflict (account_id, asset_id) do nothing;
        perform from exchange.balances b
        where b.account_id = key.account_id and b.asset_id = key.asset_id for no key update;
    end loop;
end $$;

ALTER FUNCTION exchange.lock_balances(account_ids bigint[], asset_ids integer[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.lock_balances(account_ids bigint[], asset_ids integer[]) IS 'Locks the balances of these accounts and assets, pairs by place, in key order until the transaction ends; makes those that are missing. For other functions.';

CREATE TABLE exchange.deposits (
    deposit_id bigint NOT NULL,
    network_id integer NOT NULL,
    txid bytea NOT NULL,
    "position" text NOT NULL COLLATE pg_catalog."C",
    asset_id integer NOT NULL,
    account_id bigint NOT NULL,
    address_id bigint NOT NULL,
    amount numeric NOT NULL,
    from_address text,
    block_hash bytea,
    block_height bigint,
    required_confirmations integer NOT NULL,
    state text NOT NULL,
    activity_id bigint,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    credited_at timestamp with time zone,
    CONSTRAINT deposits_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT deposits_block_whole CHECK (((block_hash IS NULL) = (block_height IS NULL))),
    CONSTRAINT deposits_credited_when CHECK (((state <> 'credited'::text) OR (credited_at IS NOT NULL))),
    CONSTRAINT deposits_from_address_length CHECK (((length(from_address) >= 1) AND (length(from_address) <= 100))),
    CONSTRAINT deposits_pending_has_block CHECK (((state <> ALL (ARRAY['pending'::text, 'credited'::text])) OR (block_hash IS NOT NULL))),
    CONSTRAINT deposits_position_form CHECK (("position" ~ '^(output:[0-9]+|value|log:[0-9]+|trace:[0-9.]+)$'::text)),
    CONSTRAINT deposits_required_confirmations_positive CHECK ((required_confirmations > 0)),
    CONSTRAINT deposits_seen_has_no_block CHECK (((state <> ALL (ARRAY['seen'::text, 'orphaned'::text])) OR (block_hash IS NULL))),
    CONSTRAINT deposits_state_known CHECK ((state = ANY (ARRAY['seen'::text, 'pending'::text, 'credited'::text, 'suspicious'::text, 'orphaned'::text, 'below_minimum'::text, 'refunding'::text, 'refunded'::text]))),
    CONSTRAINT deposits_txid_length CHECK ((octet_length(txid) = 32))
);

ALTER TABLE exchange.deposits OWNER TO exchange_owner;

COMMENT ON TABLE exchange.deposits IS 'Every payment to a deposit address: an output, the value of a transaction, a log, a call inside one.';

COMMENT ON COLUMN exchange.deposits.deposit_id IS 'Number of the deposit.';

COMMENT ON COLUMN exchange.deposits.network_id IS 'On which network.';

COMMENT ON COLUMN exchange.deposits.txid IS 'Its transaction.';

COMMENT ON COLUMN exchange.deposits."position" IS 'Where in the transaction: output:n; value; log:n, counted inside the transaction; trace:a.b of a call inside it. Together with network and transaction it is credited once.';

COMMENT ON COLUMN exchange.deposits.asset_id IS 'What arrived.';

COMMENT ON COLUMN exchange.deposits.account_id IS 'For whom.';

COMMENT ON COLUMN exchange.deposits.address_id IS 'At which address.';

COMMENT ON COLUMN exchange.deposits.amount IS 'How much.';

COMMENT ON COLUMN exchange.deposits.from_address IS 'Where it came from, where the chain says so.';

COMMENT ON COLUMN exchange.deposits.block_hash IS 'The active block that holds it; null: in the mempool, or gone.';

COMMENT ON COLUMN exchange.deposits.block_height IS 'Height of that block; confirmations are counted from it to the highest block read.';

COMMENT ON COLUMN exchange.deposits.required_confirmations IS 'How many it needs, by its coin and amount as they were when it was first seen.';

COMMENT ON COLUMN exchange.deposits.state IS 'seen: in the mempool; pending: in a block; credited; suspicious: waits for staff; orphaned: gone from the chain; below_minimum: never credited; refunding, refunded: goes or went back.';

COMMENT ON COLUMN exchange.deposits.activity_id IS 'What the risk rules judged, once it had its confirmations.';

COMMENT ON COLUMN exchange.deposits.seen_at IS 'When it was first seen.';

COMMENT ON COLUMN exchange.deposits.changed_at IS 'When its state last changed.';

COMMENT ON COLUMN exchange.deposits.credited_at IS 'When it was last credited.';

CREATE FUNCTION exchange.lock_suspicious_deposit(deposit_id bigint) RETURNS exchange.deposits
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    found_deposit exchange.deposits;
begin
    -- The network first, as its watcher does: no reorganisation comes between.
    perform from chain.networks n
    where n.network_id = (select d.network_id from exchange.deposits d where d.deposit_id = lock_suspicious_deposit.deposit_id)
    for no key update;
    select * into found_deposit from exchange.deposits d where d.deposit_id = lock_suspicious_deposit.deposit_id for update;
    if not found then
        perform exchange.reject('DEPOSIT_NOT_FOUND', format('no deposit %s', lock_suspicious_deposit.deposit_id));
    end if;
    if found_deposit.state <> 'suspicious' then
        perform exchange.reject('DEPOSIT_DECIDED', 'the deposit does not wait for staff');
    end if;
    return found_deposit;
end $$;

ALTER FUNCTION exchange.lock_suspicious_deposit(deposit_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.lock_suspicious_deposit(deposit_id bigint) IS 'A deposit that waits for staff, locked with its network. For other functions. Rejects: DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED.';

CREATE FUNCTION exchange.login_account(email text) RETURNS TABLE(account_id bigint, password_hash text, status text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.account_id, a.password_hash, a.status
    from exchange.accounts a
    where a.email = lower(login_account.email) and a.role = 'user' and a.password_hash is not null
$$;

ALTER FUNCTION exchange.login_account(email text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.login_account(email text) IS 'What is needed to check a password: no row where no such login exists. For operators: the API begins a login by begin_login, which counts attempts.';

CREATE FUNCTION exchange.login_pause(subject text, failures integer) RETURNS interval
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- Attempts without a pause. Behind one address there may be many people.
    free_attempts constant integer := case when starts_with(subject, 'network:') then 100 else 5 end;
    -- The pause after the last free attempt; each further one doubles it.
    first_pause constant interval := '1 second';
    longest_pause constant interval := '15 minutes';
begin
    return exchange.doubling_pause(failures, free_attempts, first_pause, longest_pause);
end $$;

ALTER FUNCTION exchange.login_pause(subject text, failures integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.login_pause(subject text, failures integer) IS 'How long no attempt is taken after so many wrong ones in a row. For other functions.';

CREATE FUNCTION exchange.login_subjects(email text, device_id bigint, address inet) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- A known device has pauses of its own: what strangers guess elsewhere keeps no owner out.
    select case
        when device_id is not null then array['device:' || device_id]
        else array_remove(array[
            'account:' || encode(sha256(convert_to(lower(email), 'UTF8')), 'hex'),
            -- Who has one IPv6 address has the whole network of 64 bits.
            'network:' || host(network(set_masklen(address, case family(address) when 6 then 64 else 32 end)))], null)
    end
$$;

ALTER FUNCTION exchange.login_subjects(email text, device_id bigint, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.login_subjects(email text, device_id bigint, address inet) IS 'Whose pauses a login is subject to. For other functions.';

CREATE FUNCTION exchange.mail_deposits(kind text, deposit_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    insert into exchange.mails (account_id, kind, facts, recipient)
    select d.account_id, mail_deposits.kind, jsonb_build_object(
            'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'), 'amount', trim_scale(d.amount)::text,
            'asset', s.symbol, 'network', n.name, 'txid', encode(d.txid, 'hex')),
        a.email
    from exchange.deposits d
    join exchange.accounts a on a.account_id = d.account_id
    join exchange.assets s on s.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    where d.deposit_id = any (mail_deposits.deposit_ids) and a.email is not null
    order by d.deposit_id;
    if found then
        perform pg_notify('exchange_events', mail_bell);
    end if;
end $$;

ALTER FUNCTION exchange.mail_deposits(kind text, deposit_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.mail_deposits(kind text, deposit_ids bigint[]) IS 'Writes the owners of these deposits a mail each, as cause_mail does one. For other functions.';

CREATE FUNCTION exchange.mail_facts(address inet, program text DEFAULT NULL::text, blocked_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- No colon and no slash: a stranger's words make no link.
    select jsonb_strip_nulls(jsonb_build_object(
        'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
        'address', host(address),
        'program', nullif(trim(regexp_replace(left(program, 80), '[^A-Za-z0-9 ._()-]', ' ', 'g')), ''),
        'withdrawals_blocked_until', to_char(blocked_until at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')))
$$;

ALTER FUNCTION exchange.mail_facts(address inet, program text, blocked_until timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.mail_facts(address inet, program text, blocked_until timestamp with time zone) IS 'What a mail about security says of when and from where. For other functions.';

CREATE TABLE exchange.withdrawals (
    withdrawal_id bigint NOT NULL,
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    network_id integer NOT NULL,
    address text NOT NULL,
    script bytea NOT NULL,
    internal_account_id bigint,
    amount numeric NOT NULL,
    fee numeric NOT NULL,
    quote_id bigint,
    state text NOT NULL,
    required_reviews smallint NOT NULL,
    is_risk_held boolean DEFAULT false NOT NULL,
    activity_id bigint NOT NULL,
    payment_id bigint,
    fees_account_id bigint NOT NULL,
    external_account_id bigint NOT NULL,
    request_key text,
    end_reason text,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    approved_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT withdrawals_address_length CHECK (((length(address) >= 1) AND (length(address) <= 100))),
    CONSTRAINT withdrawals_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT withdrawals_end_reason_length CHECK (((length(end_reason) >= 1) AND (length(end_reason) <= 500))),
    CONSTRAINT withdrawals_ended_when CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['confirmed'::text, 'rejected'::text, 'cancelled'::text, 'failed'::text])))),
    CONSTRAINT withdrawals_fee_not_negative CHECK (((fee >= (0)::numeric) AND (fee < 'Infinity'::numeric))),
    CONSTRAINT withdrawals_internal_is_free CHECK (((internal_account_id IS NULL) OR (fee = (0)::numeric))),
    CONSTRAINT withdrawals_payment_when_sent CHECK (((internal_account_id IS NOT NULL) OR (state <> ALL (ARRAY['signed'::text, 'broadcast'::text, 'confirmed'::text])) OR (payment_id IS NOT NULL))),
    CONSTRAINT withdrawals_required_reviews_range CHECK (((required_reviews >= 0) AND (required_reviews <= 2))),
    CONSTRAINT withdrawals_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 42))),
    CONSTRAINT withdrawals_state_known CHECK ((state = ANY (ARRAY['requested'::text, 'approved'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text, 'rejected'::text, 'cancelled'::text, 'failed'::text])))
);

ALTER TABLE exchange.withdrawals OWNER TO exchange_owner;

COMMENT ON TABLE exchange.withdrawals IS 'What accounts asked to be sent. Amount and fee are held from the request until the end.';

COMMENT ON COLUMN exchange.withdrawals.withdrawal_id IS 'Number of the withdrawal.';

COMMENT ON COLUMN exchange.withdrawals.account_id IS 'Who pays.';

COMMENT ON COLUMN exchange.withdrawals.asset_id IS 'Of which asset.';

COMMENT ON COLUMN exchange.withdrawals.network_id IS 'On which network.';

COMMENT ON COLUMN exchange.withdrawals.address IS 'To where, in its canonical form.';

COMMENT ON COLUMN exchange.withdrawals.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN exchange.withdrawals.internal_account_id IS 'The address is a deposit address of this account: it was paid at once, without a chain.';

COMMENT ON COLUMN exchange.withdrawals.amount IS 'What arrives.';

COMMENT ON COLUMN exchange.withdrawals.fee IS 'What is taken besides.';

COMMENT ON COLUMN exchange.withdrawals.quote_id IS 'The quote whose fee it is, while that is kept.';

COMMENT ON COLUMN exchange.withdrawals.state IS 'requested: waits for people; approved: may be sent; signed; broadcast; and ended: confirmed, rejected, cancelled, failed (refunded).';

COMMENT ON COLUMN exchange.withdrawals.required_reviews IS 'How many reviewers must approve it.';

COMMENT ON COLUMN exchange.withdrawals.is_risk_held IS 'The risk rules hold it until a risk officer releases it.';

COMMENT ON COLUMN exchange.withdrawals.activity_id IS 'What the risk rules judged.';

COMMENT ON COLUMN exchange.withdrawals.payment_id IS 'The payment that carries it.';

COMMENT ON COLUMN exchange.withdrawals.fees_account_id IS 'Who receives the fee.';

COMMENT ON COLUMN exchange.withdrawals.external_account_id IS 'The ledger''s other side.';

COMMENT ON COLUMN exchange.withdrawals.request_key IS 'Idempotency key: a repeat gives the first one.';

COMMENT ON COLUMN exchange.withdrawals.end_reason IS 'Why it was rejected or failed.';

COMMENT ON COLUMN exchange.withdrawals.requested_at IS 'When it was asked for.';

COMMENT ON COLUMN exchange.withdrawals.approved_at IS 'When the last approval came.';

COMMENT ON COLUMN exchange.withdrawals.ended_at IS 'When it ended.';

CREATE FUNCTION exchange.mail_internal_receipt(paid exchange.withdrawals) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    facts jsonb;
begin
    select jsonb_build_object('amount', round(paid.amount, a.scale)::text, 'asset', a.symbol, 'network', n.name)
    into strict facts
    from exchange.assets a, chain.networks n
    where a.asset_id = paid.asset_id and n.network_id = paid.network_id;
    perform exchange.cause_mail(paid.internal_account_id, 'deposit_credited', exchange.mail_facts(null) || facts);
end $$;

ALTER FUNCTION exchange.mail_internal_receipt(paid exchange.withdrawals) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.mail_internal_receipt(paid exchange.withdrawals) IS 'Mails whom an internal withdrawal paid, as of a deposit. For other functions.';

CREATE FUNCTION exchange.mail_withdrawal(kind text, withdrawal exchange.withdrawals, address inet DEFAULT NULL::inet, program text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    facts jsonb;
begin
    select jsonb_strip_nulls(jsonb_build_object(
        'withdrawal_id', withdrawal.withdrawal_id::text, 'asset', a.symbol, 'network', n.name,
        'amount', round(withdrawal.amount, a.scale)::text, 'fee', round(withdrawal.fee, a.scale)::text,
        'to', withdrawal.address, 'state', withdrawal.state, 'reason', withdrawal.end_reason))
    into strict facts
    from exchange.assets a, chain.networks n
    where a.asset_id = withdrawal.asset_id and n.network_id = withdrawal.network_id;
    perform exchange.cause_mail(
        withdrawal.account_id, mail_withdrawal.kind, exchange.mail_facts(mail_withdrawal.address, mail_withdrawal.program) || facts);
end $$;

ALTER FUNCTION exchange.mail_withdrawal(kind text, withdrawal exchange.withdrawals, address inet, program text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.mail_withdrawal(kind text, withdrawal exchange.withdrawals, address inet, program text) IS 'Mails an owner about a withdrawal as it is now. For other functions.';

CREATE FUNCTION exchange.make_partitions(months_ahead integer DEFAULT 12) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    parent text;
    month date;
    leaf text;
    made integer := 0;
begin
    if months_ahead not between 1 and 120 then
        raise exception 'months_ahead must be between 1 and 120, not %', months_ahead using errcode = 'invalid_parameter_value';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('exchange.make_partitions', 0));
    foreach parent in array array['orders_closed', 'order_updates', 'trades', 'events'] loop
        for i in 0 .. months_ahead loop
            month := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
            leaf := parent || to_char(month, '_YYYY_MM');
            if to_regclass('exchange.' || leaf) is null then
                execute format(
                    'create table exchange.%I partition of exchange.%I for values from (%L) to (%L)',
                    leaf, parent, month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end $$;

ALTER FUNCTION exchange.make_partitions(months_ahead integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.make_partitions(months_ahead integer) IS 'Makes the monthly partitions up to so many months ahead; returns how many were missing.';

CREATE FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer DEFAULT 1000) RETURNS TABLE(sequence bigint, change text, order_id bigint, account_id bigint, counter_order_id bigint, counter_account_id bigint, side text, kind text, time_in_force text, post_only boolean, self_trade text, client_order_id text, price text, quantity text, amount text, fee text, counter_fee text, reason text, final_quote text, occurred_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    wanted integer := least(greatest(coalesce(limit_facts, 1000), 1), 10000);
    base bigint := of_market * numbers_per_market;
    last_fact bigint;
    began timestamptz;
    ended timestamptz;
begin
    if after_sequence is null or after_sequence not between 0 and numbers_per_market - 1 then
        raise exception 'after_sequence must be between 0 and 10^14 - 1, not %', after_sequence
            using errcode = 'invalid_parameter_value';
    end if;
    -- Whole transactions: as many as fit, or one that is larger. Their times say which months to read.
    select max(e.last_sequence), min(e.occurred_at), max(e.occurred_at) into last_fact, began, ended
    from exchange.events e
    where e.stream_id = of_market and e.last_sequence > after_sequence and e.last_sequence <= after_sequence + wanted;
    if last_fact is null then
        select e.last_sequence, e.occurred_at, e.occurred_at into last_fact, began, ended
        from exchange.events e
        where e.stream_id = of_market and e.last_sequence > after_sequence
        order by e.last_sequence
        limit 1;
        if not found then
            return;
        end if;
    end if;
    return query
    select m.number - base, m.change, m.order_id, m.account_id, m.counter_order_id, m.counter_account_id,
        m.side, m.kind, m.time_in_force, m.post_only, m.self_trade, m.client_order_id,
        m.price::text, m.quantity::text, m.amount::text, m.fee::text, m.counter_fee::text, m.reason, m.final_quote::text,
        m.occurred_at
    from (
        select o.order_id as number, 'placed' as change, o.order_id, o.account_id, null::bigint as counter_order_id,
            null::bigint as counter_account_id, o.side, o.kind, o.time_in_force, o.post_only, o.self_trade,
            o.client_order_id, o.price, o.quantity, o.budget as amount, null::numeric as fee,
            null::numeric as counter_fee, null::text as reason, null::numeric as final_quote, o.placed_at as occurred_at
        from exchange.orders_open o
        where o.order_id > base + after_sequence and o.order_id <= base + last_fact
        union all
        -- An order ends after it began, but for a clock that was set back, and not in the future.
        select o.order_id, 'placed', o.order_id, o.account_id, null, null, o.side, o.kind, o.time_in_force,
            o.post_only, o.self_trade, o.client_order_id, o.price, o.quantity, o.budget, null, null, null,
            case when o.budget is not null and o.state = 'filled' then o.filled_quote end, o.placed_at
        from exchange.orders_closed o
        where o.order_id > base + after_sequence and o.order_id <= base + last_fact
            and o.closed_at >= began - interval '1 day' and o.closed_at < clock_timestamp() + interval '1 day'
        union all
        select u.order_update_id, u.kind, u.order_id, u.account_id, u.counter_order_id, null, null, null, null,
            null, null, null, null, u.removed_quantity, null, null, null, u.reason, null, u.updated_at
        from exchange.order_updates u
        where u.order_update_id > base + after_sequence and u.order_update_id <= base + last_fact
            and u.updated_at >= began and u.updated_at <= ended
        union all
        select t.trade_id, 'traded', t.taker_order_id, t.taker_account_id, t.maker_order_id, t.maker_account_id,
            t.taker_side, null, null, null, null, null, t.price, t.quantity, t.quote_amount, t.taker_fee, t.maker_fee,
            null, null, t.traded_at
        from exchange.trades t
        where t.trade_id > base + after_sequence and t.trade_id <= base + last_fact
            and t.traded_at >= began and t.traded_at <= ended
    ) m
    order by m.number;
    -- What was read is handed out once nothing can lose it any more.
    perform exchange.wait_durable();
end $$;

ALTER FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) IS 'A market''s facts after a number, oldest first, in whole transactions: as many as fit the limit of at most 10,000, or one transaction that is larger. It returns once they are durable. A trade names the taker first and the maker as counter; final_quote is what a budget order had spent when it was filled. Decimals are text.';

CREATE FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) RETURNS TABLE(market_id integer, first_number bigint, last_number bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- A row of the same moment may still follow the place.
    moment timestamptz := least(to_time, before_time + interval '1 microsecond');
begin
    if of_market is not null and not exists (select from exchange.markets m where m.symbol = of_market) then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', of_market));
    end if;
    return query
    select m.market_id,
        case when from_time is null then m.market_id * 100000000000000
            else exchange.number_before(m.market_id, from_time) + 1 end,
        case when before_number / 100000000000000 = m.market_id and before_time < coalesce(to_time, 'infinity')
            then before_number else exchange.number_before(m.market_id, moment) end
    from exchange.markets m
    where of_market is null or m.symbol = of_market
    order by m.market_id;
end $$;

ALTER FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) IS 'Of one market or all: between which numbers lie the facts from a time until before another, up to a place in a list (its time and number, both included). Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.market_snapshot(of_market integer, history bigint DEFAULT 0) RETURNS TABLE(sequence bigint, last_sequence bigint, order_id bigint, account_id bigint, client_order_id text, side text, post_only boolean, self_trade text, price text, quantity text, reduced_quantity text, filled_quantity text, filled_quote text, placed_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint := of_market * numbers_per_market;
    newest bigint := coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = of_market order by e.last_sequence desc limit 1), 0);
    -- Between two transactions, at least so many facts ago.
    moment bigint := coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = of_market and e.last_sequence <= newest - greatest(coalesce(history, 0), 0)
        order by e.last_sequence desc limit 1), 0);
begin
    return query
    select moment, newest, null::bigint, null::bigint, null::text, null::text, null::boolean, null::text, null::text,
        null::text, null::text, null::text, null::text, null::timestamptz;
    -- From now backwards: what rests now, and what a later fact took from it.
    return query
    with later as materialized (
        select t.maker_order_id as order_id, 0::numeric as reduced, t.quantity as filled, t.quote_amount as filled_quote
        from exchange.trades t where t.trade_id > base + moment and t.trade_id <= base + newest
        union all
        select t.taker_order_id, 0, t.quantity, t.quote_amount
        from exchange.trades t where t.trade_id > base + moment and t.trade_id <= base + newest
        union all
        select u.order_id, case u.kind when 'reduced' then u.removed_quantity else 0 end, 0, 0
        from exchange.order_updates u where u.order_update_id > base + moment and u.order_update_id <= base + newest
    ), touched as materialized (
        select l.order_id, sum(l.reduced) as reduced, sum(l.filled) as filled, sum(l.filled_quote) as filled_quote
        from later l where l.order_id <= base + moment
        group by l.order_id
    ), resting as (
        select o.order_id, o.account_id, o.client_order_id, o.side, o.post_only, o.self_trade, o.price, o.quantity,
            o.reduced_quantity, o.filled_quantity, o.filled_quote, o.placed_at
        from exchange.orders_open o
        where o.order_id > base and o.order_id <= base + moment
            and not exists (select from touched c where c.order_id = o.order_id)
        union all
        select o.order_id, o.account_id, o.client_order_id, o.side, o.post_only, o.self_trade, o.price, o.quantity,
            o.reduced_quantity - c.reduced, o.filled_quantity - c.filled, o.filled_quote - c.filled_quote, o.placed_at
        from touched c
        join exchange.orders o on o.order_id = c.order_id
    )
    select moment, newest, r.order_id, r.account_id, r.client_order_id, r.side, r.post_only, r.self_trade, r.price::text,
        r.quantity::text, r.reduced_quantity::text, r.filled_quantity::text, r.filled_quote::text, r.placed_at
    from resting r
    order by r.order_id;
    perform exchange.wait_durable();
end $$;

ALTER FUNCTION exchange.market_snapshot(of_market integer, history bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.market_snapshot(of_market integer, history bigint) IS 'A market''s open orders as they were at least so many facts ago (0: now), with that number and the newest, in one consistent and durable look. The first row has the numbers alone. Facts after the number, applied in order, lead to now.';

CREATE FUNCTION exchange.may_change_security(account_id bigint, change text, session_id bigint DEFAULT NULL::bigint, address inet DEFAULT NULL::inet, more jsonb DEFAULT '{}'::jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    caller exchange.sessions;
begin
    select * into caller from exchange.sessions s where s.session_id = may_change_security.session_id;
    return risk.assess('security_change', may_change_security.account_id, jsonb_strip_nulls(jsonb_build_object(
        'change', may_change_security.change, 'session_id', caller.session_id::text,
        'address', host(coalesce(may_change_security.address, caller.address)))) || may_change_security.more) <> 'deny';
end $$;

ALTER FUNCTION exchange.may_change_security(account_id bigint, change text, session_id bigint, address inet, more jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.may_change_security(account_id bigint, change text, session_id bigint, address inet, more jsonb) IS 'Puts a change of an account''s security before the risk rules. False: it is denied, and the caller returns without doing it, so that the event stays. For other functions.';

CREATE FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer DEFAULT 1000) RETURNS TABLE(stream_id integer, sequence bigint, topic text, account_ids bigint[], payload jsonb, occurred_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    wanted integer := least(greatest(coalesce(limit_messages, 1000), 0), 10000);
    base bigint;
    first bigint;
    last bigint;
    symbol text;
    base_asset text;
    quote_asset text;
begin
    if after_sequence is null or after_sequence not between 0 and numbers_per_market - 1 then
        raise exception 'after_sequence must be between 0 and 10^14 - 1, not %', after_sequence
            using errcode = 'invalid_parameter_value';
    end if;
    if of_stream >= 10000 then
        return query
        select e.stream_id, e.last_sequence, s.name,
            case when e.payload ? 'account_id' then array[(e.payload ->> 'account_id')::bigint] else '{}' end,
            e.payload, e.occurred_at
        from exchange.events e
        join exchange.streams s on s.stream_id = e.stream_id
        where e.stream_id = of_stream and e.last_sequence > after_sequence
        order by e.last_sequence
        limit wanted;
        return;
    end if;

    select m.symbol, b.symbol, q.symbol into symbol, base_asset, quote_asset
    from exchange.markets m
    join exchange.assets b on b.asset_id = m.base_asset_id
    join exchange.assets q on q.asset_id = m.quote_asset_id
    where m.market_id = of_stream;
    -- Numbers are gapless, so the next messages are the next numbers: no limit is needed.
    base := of_stream * numbers_per_market;
    first := base + after_sequence + 1;
    last := least(base + after_sequence + wanted, base + numbers_per_market - 1);
    return query
    select of_stream, m.number - base, m.topic, m.account_ids, m.payload, m.occurred_at
    from (
        select o.order_id as number, 'order' as topic, array[o.account_id] as account_ids,
            jsonb_build_object(
                'change', 'placed', 'market', symbol, 'order_id', o.order_id::text, 'client_order_id', o.client_order_id,
                'side', o.side, 'kind', o.kind, 'time_in_force', o.time_in_force, 'post_only', o.post_only,
                'self_trade', o.self_trade, 'price', o.price::text, 'quantity', o.quantity::text,
                'budget', o.budget::text) as payload,
            o.placed_at as occurred_at
        from exchange.orders o
        where o.order_id between first and last
        union all
        select u.order_update_id, 'order', array[u.account_id],
            jsonb_build_object(
                'change', u.kind, 'market', symbol, 'order_id', u.order_id::text, 'reason', u.reason,
                'removed_quantity', u.removed_quantity::text, 'counter_order_id', u.counter_order_id::text,
                'prevented_quantity', u.prevented_quantity::text),
            u.updated_at
        from exchange.order_updates u
        where u.order_update_id between first and last
        union all
        select t.trade_id, 'trade',
            case when t.maker_account_id = t.taker_account_id then array[t.taker_account_id]
                else array[t.taker_account_id, t.maker_account_id] end,
            jsonb_build_object(
                'change', 'traded', 'market', symbol, 'trade_id', t.trade_id::text, 'price', t.price::text,
                'quantity', t.quantity::text, 'quote_amount', t.quote_amount::text, 'taker_side', t.taker_side,
                'maker', jsonb_build_object(
                    'account_id', t.maker_account_id::text, 'order_id', t.maker_order_id::text, 'fee', t.maker_fee::text,
                    'fee_asset', case t.taker_side when 'buy' then quote_asset else base_asset end),
                'taker', jsonb_build_object(
                    'account_id', t.taker_account_id::text, 'order_id', t.taker_order_id::text, 'fee', t.taker_fee::text,
                    'fee_asset', case t.taker_side when 'buy' then base_asset else quote_asset end)),
            t.traded_at
        from exchange.trades t
        where t.trade_id between first and last
    ) m
    order by m.number;
end $$;

ALTER FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) IS 'The next messages of a stream, oldest first, at most 10,000: of a market its orders, order updates and trades; of another stream its payloads. A trade''s maker and taker parts are private to account_ids; the rest of it is public.';

CREATE FUNCTION exchange.move_withdrawals(withdrawal_ids bigint[], state text, payment_id bigint DEFAULT NULL::bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    moved record;
    comes_from text[];
    changed bigint[] := '{}';
begin
    comes_from := case move_withdrawals.state
        when 'approved' then case when move_withdrawals.payment_id is null
            then array['approved', 'signed', 'broadcast'] else array['approved'] end
        when 'signed' then array['approved', 'signed']
        when 'broadcast' then array['signed', 'broadcast']
    end;
    if comes_from is null or (move_withdrawals.payment_id is null and move_withdrawals.state <> 'approved') then
        raise exception 'a withdrawal does not become % with payment %', move_withdrawals.state, move_withdrawals.payment_id
            using errcode = 'invalid_parameter_value';
    end if;
    for moved in
        select * from exchange.withdrawals w
        where w.withdrawal_id = any (move_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update
    loop
        if moved.state <> all (comes_from) or moved.internal_account_id is not null
            or moved.payment_id <> move_withdrawals.payment_id then
            raise exception 'withdrawal % is % with payment %: it does not become %',
                moved.withdrawal_id, moved.state, moved.payment_id, move_withdrawals.state
                using errcode = 'object_not_in_prerequisite_state';
        end if;
        if moved.state <> move_withdrawals.state then
            changed := changed || moved.withdrawal_id;
        end if;
    end loop;
    update exchange.withdrawals w set state = move_withdrawals.state, payment_id = move_withdrawals.payment_id
    where w.withdrawal_id = any (move_withdrawals.withdrawal_ids)
        and (w.state, w.payment_id) is distinct from (move_withdrawals.state, move_withdrawals.payment_id);
    perform exchange.tell_withdrawals(changed);
    return cardinality(changed);
end $$;

ALTER FUNCTION exchange.move_withdrawals(withdrawal_ids bigint[], state text, payment_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.move_withdrawals(withdrawal_ids bigint[], state text, payment_id bigint) IS 'Withdrawals go on with a payment: approved with it (planned: from now on they cannot be cancelled), signed, broadcast; approved without a payment gives them back to the planner, where that payment provably never happens. A repeat changes nothing. Returns how many states changed; an impossible step is an error. Call it after balances are done. For other functions.';

CREATE FUNCTION exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    named chain.addresses;
begin
    update chain.networks n set account_key = name_deposit_address.account_key
    from chain.addresses d
    where d.address_id = name_deposit_address.address_id and n.network_id = d.network_id and n.account_key is null;
    perform from chain.networks n join chain.addresses d on d.network_id = n.network_id
    where d.address_id = name_deposit_address.address_id and n.account_key = name_deposit_address.account_key;
    if not found then
        perform exchange.reject('OTHER_ACCOUNT_KEY', 'the addresses of this network come from another extended public key');
    end if;
    update chain.addresses d set address = name_deposit_address.address, script = name_deposit_address.script
    where d.address_id = name_deposit_address.address_id and d.address is null;
    select * into strict named from chain.addresses d where d.address_id = name_deposit_address.address_id;
    if (named.address, named.script) is distinct from (name_deposit_address.address, name_deposit_address.script) then
        perform exchange.reject('OTHER_ADDRESS', format('address %s has another name already', named.address_id));
    end if;
end $$;

ALTER FUNCTION exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) IS 'Stores what was derived for a deposit address, once: a repeat changes nothing, another name is refused. The first extended public key that a network''s address is derived from stays its only one. Rejects: OTHER_ACCOUNT_KEY, OTHER_ADDRESS.';

CREATE FUNCTION exchange.next_cancel_deadline() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select greatest(0, ceil(extract(epoch from min(d.due_at) - clock_timestamp()) * 1000))::bigint
    from exchange.cancel_deadlines d
$$;

ALTER FUNCTION exchange.next_cancel_deadline() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.next_cancel_deadline() IS 'Milliseconds until the next dead man''s switch is due, by this server''s clock; null where none is set.';

CREATE FUNCTION exchange.note_kyc_findings(case_id bigint, findings jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    insert into exchange.kyc_findings (case_id, rule, score, detail)
    select note_kyc_findings.case_id, f.rule, f.score, left(coalesce(f.detail, ''), 500)
    from jsonb_to_recordset(note_kyc_findings.findings) as f (rule text, score integer, detail text)
    on conflict (case_id, rule) do update set score = excluded.score, detail = excluded.detail
$$;

ALTER FUNCTION exchange.note_kyc_findings(case_id bigint, findings jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.note_kyc_findings(case_id bigint, findings jsonb) IS 'Keeps what was found of a case, [{rule, score, detail}], for its decision.';

CREATE FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    SET jit TO 'off'
    AS $$
declare
    month_begin timestamptz;
    month_end timestamptz;
    -- Numbers up to low happened before the moment, numbers above high did not.
    low bigint;
    high bigint;
    middle bigint;
    found_row record;
begin
    if moment is null or moment = 'infinity' then
        return of_market_id * 100000000000000 + 99999999999999;
    end if;
    month_begin := date_trunc('month', moment, 'UTC');
    month_end := date_trunc('month', month_begin + interval '32 days', 'UTC');
    select e.last_sequence into low from exchange.events e
    where e.stream_id = of_market_id and e.occurred_at < month_begin
    order by e.last_sequence desc limit 1;
    low := coalesce(low, 0);
    select e.last_sequence into high from exchange.events e
    where e.stream_id = of_market_id and e.occurred_at >= month_begin and e.occurred_at < month_end
    order by e.last_sequence desc limit 1;
    high := coalesce(high, low);
    while low < high loop
        middle := low + (high - low + 1) / 2;
        select e.first_sequence, e.last_sequence, e.occurred_at into found_row from exchange.events e
        where e.stream_id = of_market_id and e.last_sequence >= middle
            and e.occurred_at >= month_begin and e.occurred_at < month_end
        order by e.last_sequence limit 1;
        if found_row.occurred_at < moment then
            low := found_row.last_sequence;
        else
            high := found_row.first_sequence - 1;
        end if;
    end loop;
    return of_market_id * 100000000000000 + low;
end $$;

ALTER FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) IS 'The market''s last number before a moment, or its number 0: a search by halves, because numbers follow time. All numbers lie before null and infinity.';

CREATE FUNCTION exchange.open_session(account_id bigint, token_hash bytea, lifetime interval DEFAULT '1 day'::interval, address inet DEFAULT NULL::inet, user_agent text DEFAULT NULL::text, password_hash text DEFAULT NULL::text, device_hash bytea DEFAULT NULL::bytea, new_device_hash bytea DEFAULT NULL::bytea, is_factor_proved boolean DEFAULT false) RETURNS TABLE(session_id bigint, expires_at timestamp with time zone, device_id bigint, is_new_device boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Logins beyond this end the account's oldest ones, so that nobody fills the table.
    max_sessions constant integer := 100;
    max_user_agent constant integer := 200;
    crowded_out bigint[];
    owner exchange.accounts;
    device record;
begin
    if open_session.lifetime is null or open_session.lifetime <= '0' or open_session.lifetime > '31 days' then
        perform exchange.reject('INVALID_LIFETIME', 'a session lives longer than nothing and at most 31 days');
    end if;
    if open_session.token_hash is null or octet_length(open_session.token_hash) <> 32 then
        perform exchange.reject('INVALID_TOKEN_HASH', 'a token hash is 32 bytes of SHA-256');
    end if;
    select * into owner from exchange.accounts a
    where a.account_id = open_session.account_id and a.role = 'user'
        and (open_session.password_hash is null or a.password_hash = open_session.password_hash)
    for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s with that password', open_session.account_id));
    end if;
    if not open_session.is_factor_proved and exchange.has_second_factor(open_session.account_id) then
        perform exchange.reject('SECOND_FACTOR_REQUIRED', 'the account has a second factor: the password is not enough');
    end if;
    if risk.assess('login', open_session.account_id, jsonb_strip_nulls(jsonb_build_object(
        'address', host(open_session.address),
        'device', encode(coalesce(open_session.device_hash, open_session.new_device_hash), 'hex')))) = 'deny' then
        return;
    end if;
    select array_agg(o.session_id) into crowded_out
    from (
        select s.session_id from exchange.sessions s
        where s.account_id = open_session.account_id and s.expires_at > now()
        order by s.created_at desc, s.session_id desc offset max_sessions - 1) o;
    if crowded_out is not null then
        perform exchange.end_sessions(open_session.account_id, crowded_out);
    end if;
    delete from exchange.sessions s where s.account_id = open_session.account_id and s.expires_at <= now();
    select * into device from exchange.recognise_device(
        open_session.account_id, open_session.device_hash, open_session.new_device_hash, open_session.address,
        open_session.user_agent);
    perform exchange.forgive_login(
        owner.email, case when not device.is_new then device.device_id end, open_session.address);
    if owner.first_login_at is null then
        update exchange.accounts a set first_login_at = now() where a.account_id = open_session.account_id;
    end if;
    return query
    insert into exchange.sessions (token_hash, account_id, expires_at, address, user_agent, device_id)
    values (
        open_session.token_hash, open_session.account_id, now() + open_session.lifetime,
        open_session.address, left(open_session.user_agent, max_user_agent), device.device_id)
    returning session_id, expires_at, device.device_id, device.is_new;
end $$;

ALTER FUNCTION exchange.open_session(account_id bigint, token_hash bytea, lifetime interval, address inet, user_agent text, password_hash text, device_hash bytea, new_device_hash bytea, is_factor_proved boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.open_session(account_id bigint, token_hash bytea, lifetime interval, address inet, user_agent text, password_hash text, device_hash bytea, new_device_hash bytea, is_factor_proved boolean) IS 'Records a login and returns when it ends. A password hash given is the one that was checked: the login is refused where the password has changed since. A device that is not known becomes a new one, and its owner gets a mail. Ended sessions of the account are forgotten; the oldest beyond 100 end. An account with a second factor must have proved it. No row: a risk rule denies it. Rejects: INVALID_LIFETIME, INVALID_TOKEN_HASH, UNKNOWN_ACCOUNT, SECOND_FACTOR_REQUIRED.';

CREATE FUNCTION exchange.open_sub_account(account_id bigint, session_id bigint, label text) RETURNS TABLE(sub_account_id bigint, created_at timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_sub_accounts constant integer := 20;
    parent exchange.accounts;
begin
    -- One at a time, so that they can be counted and a repeat finds the first.
    select * into parent from exchange.accounts a where a.account_id = open_sub_account.account_id for no key update;
    perform exchange.require_session(open_sub_account.account_id, open_sub_account.session_id);
    select a.account_id, a.created_at, true
    into open_sub_account.sub_account_id, open_sub_account.created_at, open_sub_account.repeated
    from exchange.accounts a
    where a.parent_account_id = parent.account_id and a.label = open_sub_account.label;
    if not found then
        if parent.parent_account_id is not null then
            perform exchange.reject('PERMISSION_DENIED', 'a sub-account has none of its own');
        end if;
        if parent.status <> 'active' then
            perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen');
        end if;
        if (select count(*) from exchange.accounts a where a.parent_account_id = parent.account_id) >= max_sub_accounts then
            perform exchange.reject('TOO_MANY_SUB_ACCOUNTS', format('an account has at most %s sub-accounts', max_sub_accounts));
        end if;
        insert into exchange.accounts as a (parent_account_id, label, fee_tier_id, may_trade)
        values (parent.account_id, open_sub_account.label, parent.fee_tier_id, parent.may_trade)
        returning a.account_id, a.created_at, false
        into open_sub_account.sub_account_id, open_sub_account.created_at, open_sub_account.repeated;
        perform risk.link_accounts(a.account_id, open_sub_account.sub_account_id, 'sub-account')
        from exchange.accounts a
        where (a.parent_account_id = parent.account_id or a.account_id = parent.account_id)
            and a.account_id <> open_sub_account.sub_account_id;
    end if;
    return next;
end $$;

ALTER FUNCTION exchange.open_sub_account(account_id bigint, session_id bigint, label text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.open_sub_account(account_id bigint, session_id bigint, label text) IS 'Opens a sub-account of that name at the parent''s fees; a repeat returns the one that exists. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_FROZEN, TOO_MANY_SUB_ACCOUNTS.';

CREATE TABLE exchange.markets (
    market_id integer NOT NULL,
    symbol text NOT NULL,
    base_asset_id integer NOT NULL,
    quote_asset_id integer NOT NULL,
    fee_account_id bigint NOT NULL,
    tick numeric NOT NULL,
    lot numeric NOT NULL,
    min_quantity numeric NOT NULL,
    max_quantity numeric NOT NULL,
    min_notional numeric NOT NULL,
    price_band numeric(7,6) NOT NULL,
    reference_price numeric NOT NULL,
    max_open_orders integer DEFAULT 200 NOT NULL,
    allow_self_trade boolean DEFAULT false NOT NULL,
    status text DEFAULT 'trading'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT markets_assets_differ CHECK ((base_asset_id <> quote_asset_id)),
    CONSTRAINT markets_lot_positive CHECK (((lot > (0)::numeric) AND (lot < 'Infinity'::numeric))),
    CONSTRAINT markets_market_id_range CHECK (((market_id >= 1) AND (market_id <= 9999))),
    CONSTRAINT markets_max_open_orders_positive CHECK ((max_open_orders > 0)),
    CONSTRAINT markets_min_notional_range CHECK (((min_notional >= (0)::numeric) AND (min_notional < 'Infinity'::numeric))),
    CONSTRAINT markets_price_band_range CHECK (((price_band > (0)::numeric) AND (price_band < (1)::numeric))),
    CONSTRAINT markets_quantities_in_lots CHECK (((min_quantity > (0)::numeric) AND (mod(min_quantity, lot) = (0)::numeric) AND (mod(max_quantity, lot) = (0)::numeric) AND (min_quantity <= max_quantity) AND (max_quantity < 'Infinity'::numeric))),
    CONSTRAINT markets_reference_price_on_tick CHECK (((reference_price > (0)::numeric) AND (reference_price < 'Infinity'::numeric) AND (mod(reference_price, tick) = (0)::numeric))),
    CONSTRAINT markets_status_known CHECK ((status = ANY (ARRAY['trading'::text, 'cancel_only'::text, 'halted'::text]))),
    CONSTRAINT markets_tick_positive CHECK (((tick > (0)::numeric) AND (tick < 'Infinity'::numeric)))
);

ALTER TABLE exchange.markets OWNER TO exchange_owner;

COMMENT ON TABLE exchange.markets IS 'Pairs of assets that trade, and the rules.';

COMMENT ON COLUMN exchange.markets.market_id IS 'Chosen by the operator; the leading digits of every order and trade number.';

COMMENT ON COLUMN exchange.markets.symbol IS 'base/quote, such as BTC/USDT.';

COMMENT ON COLUMN exchange.markets.base_asset_id IS 'What is bought and sold.';

COMMENT ON COLUMN exchange.markets.quote_asset_id IS 'What is paid.';

COMMENT ON COLUMN exchange.markets.fee_account_id IS 'Receives this market''s fees; one account a market, so that markets never wait for each other here.';

COMMENT ON COLUMN exchange.markets.tick IS 'Prices are whole multiples of it.';

COMMENT ON COLUMN exchange.markets.lot IS 'Quantities are whole multiples of it.';

COMMENT ON COLUMN exchange.markets.min_quantity IS 'Smallest base quantity of an order.';

COMMENT ON COLUMN exchange.markets.max_quantity IS 'Largest base quantity of an order.';

COMMENT ON COLUMN exchange.markets.min_notional IS 'Smallest price times quantity of an order, in quote.';

COMMENT ON COLUMN exchange.markets.price_band IS 'How far a price may be from the last one, as a part of it.';

COMMENT ON COLUMN exchange.markets.reference_price IS 'Stands in for the last price until the first trade.';

COMMENT ON COLUMN exchange.markets.max_open_orders IS 'Open orders that one account may have here.';

COMMENT ON COLUMN exchange.markets.allow_self_trade IS 'Whether self-trade mode none is accepted.';

COMMENT ON COLUMN exchange.markets.status IS 'trading; cancel_only: cancels and reductions; halted: nothing.';

COMMENT ON COLUMN exchange.markets.created_at IS 'When the market was made.';

CREATE TABLE exchange.orders (
    order_id bigint NOT NULL,
    market_id integer NOT NULL,
    account_id bigint NOT NULL,
    client_order_id text COLLATE pg_catalog."C",
    side text NOT NULL,
    kind text NOT NULL,
    time_in_force text NOT NULL,
    post_only boolean NOT NULL,
    self_trade text NOT NULL,
    price numeric,
    quantity numeric,
    budget numeric,
    maker_rate numeric(7,6) NOT NULL,
    taker_rate numeric(7,6) NOT NULL,
    reduced_quantity numeric NOT NULL,
    filled_quantity numeric NOT NULL,
    filled_quote numeric NOT NULL,
    state text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT orders_amounts_in_range CHECK (((price > (0)::numeric) AND (quantity > (0)::numeric) AND (budget > (0)::numeric) AND (reduced_quantity >= (0)::numeric) AND (filled_quantity >= (0)::numeric) AND (filled_quote >= (0)::numeric) AND ((reduced_quantity + filled_quantity) <= quantity) AND (filled_quote <= budget))),
    CONSTRAINT orders_filled_is_whole CHECK (((state <> 'filled'::text) OR (quantity IS NULL) OR ((reduced_quantity + filled_quantity) = quantity))),
    CONSTRAINT orders_names_known CHECK (((side = ANY (ARRAY['buy'::text, 'sell'::text])) AND (kind = ANY (ARRAY['limit'::text, 'market'::text])) AND (time_in_force = ANY (ARRAY['gtc'::text, 'ioc'::text, 'fok'::text])) AND (self_trade = ANY (ARRAY['expire_taker'::text, 'expire_maker'::text, 'expire_both'::text, 'none'::text])) AND (state = ANY (ARRAY['open'::text, 'filled'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT orders_open_rests CHECK ((((state = 'open'::text) = (closed_at IS NULL)) AND ((state <> 'open'::text) OR ((time_in_force = 'gtc'::text) AND ((reduced_quantity + filled_quantity) < quantity))))),
    CONSTRAINT orders_terms_fit_kind CHECK ((((kind = 'limit'::text) = (price IS NOT NULL)) AND ((quantity IS NULL) = (budget IS NOT NULL)) AND ((budget IS NULL) OR ((kind = 'market'::text) AND (side = 'buy'::text))) AND ((NOT post_only) OR (time_in_force = 'gtc'::text)) AND ((kind = 'limit'::text) OR (time_in_force <> 'gtc'::text))))
)
PARTITION BY LIST (state);

ALTER TABLE exchange.orders OWNER TO exchange_owner;

COMMENT ON TABLE exchange.orders IS 'Every accepted order, once: in orders_open while it rests, then in the partition of the month in which it ended.';

COMMENT ON COLUMN exchange.orders.order_id IS 'market_id * 10^14 + sequence of the placement.';

COMMENT ON COLUMN exchange.orders.market_id IS 'Market.';

COMMENT ON COLUMN exchange.orders.account_id IS 'Owner.';

COMMENT ON COLUMN exchange.orders.client_order_id IS 'The owner''s own name for it and idempotency key; see order_keys.';

COMMENT ON COLUMN exchange.orders.side IS 'buy or sell.';

COMMENT ON COLUMN exchange.orders.kind IS 'limit or market.';

COMMENT ON COLUMN exchange.orders.time_in_force IS 'gtc, ioc or fok.';

COMMENT ON COLUMN exchange.orders.post_only IS 'Was refused rather than take.';

COMMENT ON COLUMN exchange.orders.self_trade IS 'What happens on meeting an order of the same account.';

COMMENT ON COLUMN exchange.orders.price IS 'Worst acceptable price; null for market orders.';

COMMENT ON COLUMN exchange.orders.quantity IS 'Base quantity as placed; null for budget orders.';

COMMENT ON COLUMN exchange.orders.budget IS 'Quote to spend at most; only market buys by budget.';

COMMENT ON COLUMN exchange.orders.maker_rate IS 'Fee rate of its fills as maker, fixed at placement.';

COMMENT ON COLUMN exchange.orders.taker_rate IS 'Fee rate of its fills as taker, fixed at placement.';

COMMENT ON COLUMN exchange.orders.reduced_quantity IS 'Taken off by reductions.';

COMMENT ON COLUMN exchange.orders.filled_quantity IS 'Base traded; the sum of its trades.';

COMMENT ON COLUMN exchange.orders.filled_quote IS 'Quote traded; the sum of its trades.';

COMMENT ON COLUMN exchange.orders.state IS 'open, filled, cancelled (by its owner) or expired (by a rule).';

COMMENT ON COLUMN exchange.orders.placed_at IS 'When it was accepted.';

COMMENT ON COLUMN exchange.orders.closed_at IS 'When it ended.';

CREATE VIEW exchange.account_orders WITH (security_invoker='true') AS
 SELECT o.order_id,
    o.account_id,
    m.symbol AS market,
    o.client_order_id,
    o.side,
    o.kind,
    o.time_in_force,
    o.post_only,
    o.self_trade,
    o.price,
    o.quantity,
    o.budget,
    o.reduced_quantity,
    o.filled_quantity,
    o.filled_quote,
        CASE
            WHEN (o.state = 'open'::text) THEN ((o.quantity - o.reduced_quantity) - o.filled_quantity)
            ELSE (o.filled_quantity - o.filled_quantity)
        END AS remaining_quantity,
    o.state,
    o.placed_at,
    o.closed_at
   FROM (exchange.orders o
     JOIN exchange.markets m ON ((m.market_id = o.market_id)));

ALTER TABLE exchange.account_orders OWNER TO exchange_owner;

COMMENT ON VIEW exchange.account_orders IS 'Orders with their market''s name. Whoever reads it as exchange_api sees the orders of the account that it acts for.';

CREATE FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text DEFAULT NULL::text) RETURNS SETOF exchange.account_orders
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    number bigint := order_of.order_id;
begin
    if number is null then
        select k.order_id into number from exchange.order_keys k
        where k.account_id = order_of.account_id and k.client_order_id = order_of.client_order_id;
    end if;
    return query
    select * from exchange.account_orders o
    where o.account_id = order_of.account_id and o.order_id = number and o.state = 'open'
    union all
    select * from exchange.account_orders o
    where o.account_id = order_of.account_id and o.order_id = number and o.state in ('filled', 'cancelled', 'expired');
end $$;

ALTER FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) IS 'One order of an account by its number, else by the account''s name for it; no row where there is none. Row-level security applies.';

CREATE FUNCTION exchange.orders_of(account_id bigint, market text DEFAULT NULL::text, states text[] DEFAULT NULL::text[], side text DEFAULT NULL::text, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_order_id bigint DEFAULT NULL::bigint, limit_orders integer DEFAULT 100) RETURNS SETOF exchange.account_orders
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_orders, 100), 0), 1000);
    all_states boolean := coalesce(cardinality(states), 0) = 0;
    since timestamptz := coalesce(from_time, '-infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_order_id, 0);
begin
    select array_agg(r.first_number), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(orders_of.market, from_time, to_time, before_time, before_order_id) r
    where r.first_number <= r.last_number;
    -- In a market numbers follow time, so each gives its newest; then they are merged. Two branches,
    -- so that a question for open orders never reads the ended ones.
    return query
    select newest.* from unnest(firsts, lasts) as r (first, last)
    cross join lateral (
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state = 'open' and o.order_id between r.first and r.last
            and (o.placed_at, o.order_id) < (place_time, place_id)
            and (all_states or 'open' = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
        union all
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state in ('filled', 'cancelled', 'expired')
            and o.order_id between r.first and r.last and o.closed_at >= since
            and (o.placed_at, o.order_id) < (place_time, place_id)
            and (all_states or states && array['filled', 'cancelled', 'expired'])
            and (all_states or o.state = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
    ) newest
    order by newest.placed_at desc, newest.order_id desc
    limit wanted;
end $$;

ALTER FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) IS 'An account''s orders, the newest first, at most 1,000: of one market, in some states, on one side, placed from a time until before another, following a place in the list (placed_at and number of the last row), where given. Row-level security applies. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.owns_account(account_id bigint, owned_account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select owns_account.account_id = owns_account.owned_account_id or exists (
        select from exchange.accounts a
        where a.account_id = owns_account.owned_account_id and a.parent_account_id = owns_account.account_id)
$$;

ALTER FUNCTION exchange.owns_account(account_id bigint, owned_account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.owns_account(account_id bigint, owned_account_id bigint) IS 'Whether an account is the other, or its parent. For other functions.';

CREATE FUNCTION exchange.passkeys_of(account_id bigint) RETURNS TABLE(passkey_id bigint, label text, credential jsonb, created_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p.passkey_id, p.label, p.credential, p.created_at, p.last_used_at
    from exchange.passkeys p
    where p.account_id = passkeys_of.account_id
    order by p.passkey_id desc
$$;

ALTER FUNCTION exchange.passkeys_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.passkeys_of(account_id bigint) IS 'The account''s passkeys, the newest first.';

CREATE FUNCTION exchange.plain_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select btrim(regexp_replace(
        regexp_replace(
            normalize(
                replace(replace(replace(replace(replace(
                    translate(upper(plain_name.name), 'ØŁĐÐı', 'OLDDI'),
                    'ß', 'SS'), 'ẞ', 'SS'), 'Æ', 'AE'), 'Œ', 'OE'), 'Þ', 'TH'),
                nfkd),
            '[\u0300-\u036f''`’]', '', 'g'),
        '[\s!-/:-@\[-_{-~]+', ' ', 'g'))
$$;

ALTER FUNCTION exchange.plain_name(name text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.plain_name(name text) IS 'A name as names are compared: capitals, without marks and punctuation.';

CREATE FUNCTION exchange.positions_of(stream_ids integer[]) RETURNS TABLE(stream_id integer, last_sequence bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    return query
    select w.stream_id, coalesce(
        case when w.stream_id < 10000 then (
            select e.last_sequence from exchange.events e
            where e.stream_id = w.stream_id order by e.last_sequence desc limit 1)
        else (select s.last_sequence from exchange.streams s where s.stream_id = w.stream_id) end, 0)
    from unnest(stream_ids) w (stream_id);
end $$;

ALTER FUNCTION exchange.positions_of(stream_ids integer[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.positions_of(stream_ids integer[]) IS 'The number of the last message of each of these streams; 0 where nothing was said yet.';

CREATE FUNCTION exchange.profile_of(account_id bigint) RETURNS TABLE(email text, email_verified_at timestamp with time zone, full_name text, country text, birth_date text, phone text, status text, anti_phishing_code text, withdrawals_blocked_until timestamp with time zone, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.email, a.email_verified_at, a.full_name, a.country, a.birth_date::text, a.phone, a.status,
        a.anti_phishing_code, case when a.withdrawals_blocked_until > now() then a.withdrawals_blocked_until end, a.created_at
    from exchange.accounts a
    where a.account_id = profile_of.account_id and a.role = 'user'
$$;

ALTER FUNCTION exchange.profile_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.profile_of(account_id bigint) IS 'What an account''s owner may see of it; a block of withdrawals that has passed is none.';

CREATE FUNCTION exchange.prove_factor(account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION exchange.prove_factor(account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.prove_factor(account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb) IS 'Uses up the proof of a second factor, whose arithmetic the API has checked, for an account that the caller has locked: the half minute of a code, a recovery code, or a passkey as it was and as it is after. Without any it is a wrong code, which is counted. Returns proved, wrong, or blocked: too many wrong codes. For other functions.';

CREATE FUNCTION exchange.put_recovery_codes(account_id bigint, code_hashes bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    codes_a_set constant integer := 10;
begin
    if coalesce(cardinality(put_recovery_codes.code_hashes), 0) <> codes_a_set then
        raise exception 'a set has % recovery codes', codes_a_set using errcode = 'invalid_parameter_value';
    end if;
    delete from exchange.recovery_codes where account_id = put_recovery_codes.account_id;
    insert into exchange.recovery_codes (account_id, code_hash)
    select put_recovery_codes.account_id, h from unnest(put_recovery_codes.code_hashes) h;
end $$;

ALTER FUNCTION exchange.put_recovery_codes(account_id bigint, code_hashes bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.put_recovery_codes(account_id bigint, code_hashes bytea[]) IS 'Gives an account a new set of recovery codes, of which only hashes come here; the earlier ones are gone. For other functions.';

CREATE FUNCTION exchange.queue_kyc_case(case_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    update exchange.kyc_cases c set state = 'manual', next_review_at = null where c.case_id = queue_kyc_case.case_id;
    insert into exchange.kyc_events (case_id, actor, action, detail)
    values (queue_kyc_case.case_id, 'automatic', 'queued', jsonb_build_object('reason', queue_kyc_case.reason));
end $$;

ALTER FUNCTION exchange.queue_kyc_case(case_id bigint, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.queue_kyc_case(case_id bigint, reason text) IS 'Hands a case to the reviewers. For other functions.';

CREATE FUNCTION exchange.quote_withdrawal_fee(account_id bigint, asset text, network text DEFAULT NULL::text) RETURNS TABLE(quote_id bigint, network_name text, fee numeric, quiet_ppm integer, min_withdrawal numeric, expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lifetime constant interval := '60 seconds';
    coin constant chain.coins := exchange.find_coin(quote_withdrawal_fee.asset, quote_withdrawal_fee.network);
    given record;
    made exchange.withdrawal_quotes;
begin
    given := exchange.withdrawal_fee_of(coin);
    insert into exchange.withdrawal_quotes (account_id, asset_id, network_id, fee, quiet_ppm, created_at, expires_at)
    values (quote_withdrawal_fee.account_id, coin.asset_id, coin.network_id, given.fee, given.quiet_ppm, now(), now() + lifetime)
    returning * into made;
    return query
    select made.quote_id, n.name, made.fee, made.quiet_ppm, round(coin.min_withdrawal, a.scale), made.expires_at
    from chain.networks n, exchange.assets a
    where n.network_id = coin.network_id and a.asset_id = coin.asset_id;
end $$;

ALTER FUNCTION exchange.quote_withdrawal_fee(account_id bigint, asset text, network text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.quote_withdrawal_fee(account_id bigint, asset text, network text) IS 'Promises an account the fee of a withdrawal for 60 seconds. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, FEE_UNKNOWN.';

CREATE FUNCTION exchange.read_kyc_document(staff_session_id bigint, document_id bigint) RETURNS TABLE(kind text, media_type text, account_id bigint, seal_id bytea, key_label text, wrapped_key bytea, content bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(read_kyc_document.staff_session_id, 'reviewer');
    shown exchange.kyc_documents;
begin
    select * into shown from exchange.kyc_documents d where d.document_id = read_kyc_document.document_id;
    if not found then
        perform exchange.reject('DOCUMENT_NOT_FOUND', format('no document %s', read_kyc_document.document_id));
    end if;
    -- Written down before anything is given out: they commit together.
    insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
    values (shown.case_id, 'reviewer', reviewer, 'document_read', jsonb_build_object('kind', shown.kind));
    perform audit.record(reviewer, 'kyc_document_read', 'kyc_case:' || shown.case_id,
        jsonb_build_object('document_id', shown.document_id, 'kind', shown.kind));
    return query
    select shown.kind, shown.media_type, c.account_id, shown.seal_id, shown.key_label, shown.wrapped_key, shown.content
    from exchange.kyc_cases c where c.case_id = shown.case_id;
end $$;

ALTER FUNCTION exchange.read_kyc_document(staff_session_id bigint, document_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.read_kyc_document(staff_session_id bigint, document_id bigint) IS 'A file, encrypted, with its wrapped key. For reviewers; each read is logged in the same transaction. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DOCUMENT_NOT_FOUND.';

CREATE FUNCTION exchange.rebuild_candles(market text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    piece constant integer := 100000;
    numbers_per_market constant bigint := 100000000000000;
    rebuilt integer;
    counted integer;
    total bigint := 0;
begin
    select m.market_id into rebuilt from exchange.markets m where m.symbol = rebuild_candles.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(rebuild_candles.market, 'null')));
    end if;
    -- The position's lock keeps those away who count meanwhile.
    insert into exchange.candle_positions as p (market_id, last_trade_id)
    values (rebuilt, rebuilt * numbers_per_market)
    on conflict (market_id) do update set last_trade_id = excluded.last_trade_id;
    delete from exchange.candles c where c.market_id = rebuilt;
    loop
        counted := exchange.advance_candles(rebuilt, piece);
        total := total + counted;
        exit when counted < piece;
    end loop;
    return total;
end $$;

ALTER FUNCTION exchange.rebuild_candles(market text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.rebuild_candles(market text) IS 'Makes a market''s candles anew from all its trades, in one transaction: readers see the old ones until it ends. Returns how many trades there were. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.recent_trades(market text, limit_trades integer DEFAULT 50, before_trade_id bigint DEFAULT NULL::bigint) RETURNS TABLE(trade_id bigint, price numeric, quantity numeric, quote_amount numeric, taker_side text, traded_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint;
begin
    select m.market_id * numbers_per_market into base from exchange.markets m where m.symbol = recent_trades.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(recent_trades.market, 'null')));
    end if;
    return query
    select t.trade_id, t.price, t.quantity, t.quote_amount, t.taker_side, t.traded_at
    from exchange.trades t
    where t.trade_id > base and t.trade_id < least(coalesce(before_trade_id, base + numbers_per_market), base + numbers_per_market)
    order by t.trade_id desc
    limit least(greatest(coalesce(limit_trades, 50), 0), 1000);
end $$;

ALTER FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) IS 'A market''s trades, newest first, at most 1,000, without the parties; public. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.recognise_device(account_id bigint, device_hash bytea, new_device_hash bytea, address inet, user_agent text) RETURNS TABLE(device_id bigint, is_new boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_user_agent constant integer := 200;
    known bigint;
    had_login boolean;
begin
    update exchange.devices d
    set last_seen_at = now(), address = recognise_device.address, user_agent = left(recognise_device.user_agent, max_user_agent)
    where d.token_hash = recognise_device.device_hash and d.account_id = recognise_device.account_id
    returning d.device_id into known;
    if found then
        return query select known, false;
        return;
    end if;
    select a.first_login_at is not null into had_login
    from exchange.accounts a where a.account_id = recognise_device.account_id;
    if had_login then
        perform exchange.cause_mail(recognise_device.account_id, 'new_device', exchange.mail_facts(
            recognise_device.address, recognise_device.user_agent));
    end if;
    return query select exchange.add_device(
        recognise_device.account_id, recognise_device.new_device_hash, recognise_device.address,
        recognise_device.user_agent), true;
end $$;

ALTER FUNCTION exchange.recognise_device(account_id bigint, device_hash bytea, new_device_hash bytea, address inet, user_agent text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.recognise_device(account_id bigint, device_hash bytea, new_device_hash bytea, address inet, user_agent text) IS 'The device of a login; one that is not known is added, and after an account''s first login a mail tells of it. For open_session.';

CREATE FUNCTION exchange.refund_deposit(deposit_id bigint, address text, script bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    found_deposit exchange.deposits := exchange.lock_suspicious_deposit(refund_deposit.deposit_id);
    needed integer;
begin
    -- What goes out is final; so must be what came in.
    select c.large_confirmations into strict needed from chain.coins c
    where c.asset_id = found_deposit.asset_id and c.network_id = found_deposit.network_id;
    perform exchange.require_confirmations(found_deposit, needed);
    if coalesce(length(refund_deposit.address) not between 1 and 100, true)
        or coalesce(octet_length(refund_deposit.script) not between 20 and 42, true)
        or exists (select from chain.addresses a
            where a.network_id = found_deposit.network_id and a.script = refund_deposit.script)
        or exists (select from chain.wallets w
            where w.network_id = found_deposit.network_id and w.script = refund_deposit.script) then
        perform exchange.reject('INVALID_ADDRESS', 'a deposit goes back to an address outside of the exchange');
    end if;
    insert into exchange.deposit_refunds (deposit_id, address, script)
    values (found_deposit.deposit_id, refund_deposit.address, refund_deposit.script);
    update exchange.deposits d set state = 'refunding', changed_at = now() where d.deposit_id = found_deposit.deposit_id;
    perform chain.tell_deposits(array[found_deposit.deposit_id]);
    -- No stream has this number: payments have work.
    perform pg_notify('exchange_events', '10921');
end $$;

ALTER FUNCTION exchange.refund_deposit(deposit_id bigint, address text, script bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.refund_deposit(deposit_id bigint, address text, script bytea) IS 'Lets a suspicious deposit go back, once it is as old as a large one must be. For staff.run_action: two people decide it. Rejects: DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED, NOT_CONFIRMED, INVALID_ADDRESS.';

CREATE FUNCTION exchange.refund_withdrawal(withdrawal_id bigint, state text, reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return exchange.refund_withdrawals(array[refund_withdrawal.withdrawal_id], refund_withdrawal.state, refund_withdrawal.reason);
end $$;

ALTER FUNCTION exchange.refund_withdrawal(withdrawal_id bigint, state text, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.refund_withdrawal(withdrawal_id bigint, state text, reason text) IS 'As refund_withdrawals, of one. Where several end in one transaction, call that once. For other functions.';

CREATE FUNCTION exchange.refund_withdrawals(withdrawal_ids bigint[], state text, reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    open_ids bigint[];
    ended exchange.withdrawals;
    accounts bigint[];
    assets integer[];
begin
    if refund_withdrawals.state is null or refund_withdrawals.state not in ('rejected', 'cancelled', 'failed') then
        raise exception 'a withdrawal is not given back as %', refund_withdrawals.state using errcode = 'invalid_parameter_value';
    end if;
    perform from exchange.withdrawals w
    where w.withdrawal_id = any (refund_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update;
    select array_agg(w.withdrawal_id order by w.withdrawal_id), array_agg(w.account_id), array_agg(w.asset_id)
    into open_ids, accounts, assets
    from exchange.withdrawals w
    where w.withdrawal_id = any (refund_withdrawals.withdrawal_ids) and w.state <> refund_withdrawals.state;
    if open_ids is null then
        return 0;
    end if;
    select * into ended from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.ended_at is not null limit 1;
    if found then
        raise exception 'withdrawal % is %: it cannot be given back', ended.withdrawal_id, ended.state
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    perform exchange.lock_balances(accounts, assets);
    with summed as (
        select w.account_id, w.asset_id, sum(w.amount + w.fee) as amount
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) group by w.account_id, w.asset_id
    )
    update exchange.balances b
    set available = b.available + s.amount, held = b.held - s.amount
    from summed s
    where b.account_id = s.account_id and b.asset_id = s.asset_id;
    update exchange.withdrawals w
    set state = refund_withdrawals.state, end_reason = left(refund_withdrawals.reason, 500), ended_at = now()
    where w.withdrawal_id = any (open_ids);

    for ended in select * from exchange.withdrawals w where w.withdrawal_id = any (open_ids) order by w.withdrawal_id loop
        perform exchange.mail_withdrawal('withdrawal_ended', ended);
        perform exchange.tell_balance(
            'withdrawal_returned', ended.withdrawal_id, ended.account_id, ended.asset_id, ended.amount + ended.fee);
    end loop;
    perform exchange.tell_withdrawals(open_ids);
    return cardinality(open_ids);
end $$;

ALTER FUNCTION exchange.refund_withdrawals(withdrawal_ids bigint[], state text, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.refund_withdrawals(withdrawal_ids bigint[], state text, reason text) IS 'Withdrawals end as rejected, cancelled or failed: what was held for them is available again. Those that ended so already are left as they are. Returns how many it gave back. Who calls it has made sure that nothing was or will be sent. Locks the withdrawals, then balances in key order; one call a transaction. For other functions.';

CREATE FUNCTION exchange.rehash_password(account_id bigint, old_hash text, new_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
begin
    if rehash_password.new_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    update exchange.accounts
    set password_hash = rehash_password.new_hash
    where account_id = rehash_password.account_id and password_hash = rehash_password.old_hash;
    return found;
end $_$;

ALTER FUNCTION exchange.rehash_password(account_id bigint, old_hash text, new_hash text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.rehash_password(account_id bigint, old_hash text, new_hash text) IS 'The same password at another cost: no session ends. False where the password was changed meanwhile. Rejects: INVALID_PASSWORD_HASH.';

CREATE FUNCTION exchange.reject(code text, message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    raise exception using errcode = 'RJECT', message = code || ': ' || message;
end $$;

ALTER FUNCTION exchange.reject(code text, message text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.reject(code text, message text) IS 'Refuses the caller''s input: SQLSTATE RJECT, message "CODE: words". Nothing of the statement stays.';

CREATE FUNCTION exchange.release_kyc_case(staff_session_id bigint, case_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(release_kyc_case.staff_session_id, 'reviewer');
begin
    update exchange.kyc_cases c set claimed_by = null, claimed_until = null
    where c.case_id = release_kyc_case.case_id and c.state = 'manual' and c.claimed_by = reviewer;
    if not found then
        perform exchange.reject('CASE_NOT_CLAIMED', 'you do not have this case');
    end if;
    insert into exchange.kyc_events (case_id, actor, staff_id, action)
    values (release_kyc_case.case_id, 'reviewer', reviewer, 'released');
    perform audit.record(reviewer, 'kyc_case_released', 'kyc_case:' || release_kyc_case.case_id, '{}');
end $$;

ALTER FUNCTION exchange.release_kyc_case(staff_session_id bigint, case_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.release_kyc_case(staff_session_id bigint, case_id bigint) IS 'Gives a case back that the reviewer has. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_CLAIMED.';

CREATE FUNCTION exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.require_owner(remove_passkey.account_id, remove_passkey.session_id);
    if not exchange.may_change_security(remove_passkey.account_id, 'passkey_removed', remove_passkey.session_id) then
        return false;
    end if;
    delete from exchange.passkeys
    where passkey_id = remove_passkey.passkey_id and account_id = remove_passkey.account_id;
    if not found then
        perform exchange.reject('PASSKEY_NOT_FOUND', format('no passkey %s of this account', remove_passkey.passkey_id));
    end if;
    perform exchange.drop_unneeded_codes(remove_passkey.account_id);
    perform exchange.tell_factor_changed(
        remove_passkey.account_id, remove_passkey.session_id, 'passkey', 'removed', is_weaker => true);
    return true;
end $$;

ALTER FUNCTION exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) IS 'Takes a passkey away. Nothing is withdrawn for a day, and the owner gets a mail. False: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, PASSKEY_NOT_FOUND.';

CREATE FUNCTION exchange.remove_totp(account_id bigint, session_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    was_on boolean;
begin
    perform exchange.require_owner(remove_totp.account_id, remove_totp.session_id);
    if not exchange.may_change_security(remove_totp.account_id, 'totp_removed', remove_totp.session_id) then
        return false;
    end if;
    delete from exchange.totp_factors where account_id = remove_totp.account_id
    returning confirmed_at is not null into was_on;
    if not found then
        perform exchange.reject('FACTOR_NOT_FOUND', 'the account has no authenticator app');
    end if;
    perform exchange.drop_unneeded_codes(remove_totp.account_id);
    if was_on then
        perform exchange.tell_factor_changed(
            remove_totp.account_id, remove_totp.session_id, 'authenticator app', 'removed', is_weaker => true);
    end if;
    return true;
end $$;

ALTER FUNCTION exchange.remove_totp(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.remove_totp(account_id bigint, session_id bigint) IS 'Takes the authenticator app away, also one whose first code has not come. Nothing is withdrawn for a day, and the owner gets a mail. False: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';

CREATE FUNCTION exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.require_owner(remove_withdrawal_address.account_id, remove_withdrawal_address.session_id);
    update exchange.withdrawal_addresses w set removed_at = coalesce(w.removed_at, now())
    where w.withdrawal_address_id = remove_withdrawal_address.withdrawal_address_id
        and w.account_id = remove_withdrawal_address.account_id;
    if not found then
        perform exchange.reject('ADDRESS_NOT_FOUND', format(
            'no address %s in the address book', remove_withdrawal_address.withdrawal_address_id));
    end if;
end $$;

ALTER FUNCTION exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) IS 'Takes an address out of the address book, in the name of a session that has stepped up; a repeat changes nothing. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, ADDRESS_NOT_FOUND.';

CREATE FUNCTION exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.require_owner(replace_recovery_codes.account_id, replace_recovery_codes.session_id);
    if not exchange.has_second_factor(replace_recovery_codes.account_id) then
        perform exchange.reject('FACTOR_NOT_FOUND', 'the account has no second factor that codes could stand in for');
    end if;
    perform exchange.put_recovery_codes(replace_recovery_codes.account_id, replace_recovery_codes.code_hashes);
    perform exchange.tell_factor_changed(
        replace_recovery_codes.account_id, replace_recovery_codes.session_id, 'recovery codes', 'replaced', is_weaker => false);
end $$;

ALTER FUNCTION exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) IS 'Gives the account a new set of recovery codes; the earlier ones are gone. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';

CREATE FUNCTION exchange.request_email_change(account_id bigint, session_id bigint, email text, address inet DEFAULT NULL::inet, user_agent text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    max_user_agent constant integer := 200;
    mail_bell constant text := '10900';
begin
    if request_email_change.email is null or request_email_change.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    perform exchange.require_owner(request_email_change.account_id, request_email_change.session_id);
    insert into exchange.mail_requests (kind, email, account_id, address, user_agent)
    values (
        'change_email', lower(request_email_change.email), request_email_change.account_id,
        request_email_change.address, left(request_email_change.user_agent, max_user_agent));
    perform pg_notify('exchange_events', mail_bell);
end $_$;

ALTER FUNCTION exchange.request_email_change(account_id bigint, session_id bigint, email text, address inet, user_agent text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.request_email_change(account_id bigint, session_id bigint, email text, address inet, user_agent text) IS 'Writes down, in the name of a session, that an account shall have another address; it moves when the link of a mail to that address is followed. Nothing tells whether the address is another account''s. Rejects: INVALID_EMAIL, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';

CREATE FUNCTION exchange.request_mail(kind text, email text, address inet DEFAULT NULL::inet, user_agent text DEFAULT NULL::text, full_name text DEFAULT NULL::text, country text DEFAULT NULL::text, birth_date date DEFAULT NULL::date, phone text DEFAULT NULL::text, device_hash bytea DEFAULT NULL::bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    max_user_agent constant integer := 200;
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    if request_mail.kind is null or request_mail.kind not in ('register', 'reset_password') then
        raise exception 'nobody asks for %', request_mail.kind using errcode = 'invalid_parameter_value';
    end if;
    if request_mail.email is null or request_mail.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    -- Nothing here depends on whose address it is: neither the answer nor its time.
    insert into exchange.mail_requests (kind, email, full_name, country, birth_date, phone, address, user_agent, device)
    values (
        request_mail.kind, lower(request_mail.email), request_mail.full_name, request_mail.country,
        request_mail.birth_date, request_mail.phone, request_mail.address,
        left(request_mail.user_agent, max_user_agent), encode(request_mail.device_hash, 'hex'));
    perform pg_notify('exchange_events', mail_bell);
end $_$;

ALTER FUNCTION exchange.request_mail(kind text, email text, address inet, user_agent text, full_name text, country text, birth_date date, phone text, device_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.request_mail(kind text, email text, address inet, user_agent text, full_name text, country text, birth_date date, phone text, device_hash bytea) IS 'Writes down that somebody wants to register, or to reset the password of an address. Answering is another''s work (answer_mail_requests), so that neither answer nor time tell whether the address is known. Rejects: INVALID_EMAIL.';

CREATE FUNCTION exchange.request_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text, to_script bytea, amount numeric, quote_id bigint DEFAULT NULL::bigint, request_key text DEFAULT NULL::text, from_address inet DEFAULT NULL::inet, program text DEFAULT NULL::text) RETURNS TABLE(withdrawal_id bigint, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(request_withdrawal.asset, request_withdrawal.network);
    of_asset exchange.assets;
    owner exchange.accounts;
    made exchange.withdrawals;
    quote exchange.withdrawal_quotes;
    caller exchange.sessions;
    assessed record;
    receiver bigint;
    asked_fee numeric;
begin
    select * into strict of_asset from exchange.assets a where a.asset_id = coin.asset_id;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if request_withdrawal.amount is null or request_withdrawal.amount = 'NaN' or request_withdrawal.amount <= 0
        or request_withdrawal.amount > power(10::numeric, 36 - of_asset.scale)
        or round(request_withdrawal.amount, of_asset.scale) <> request_withdrawal.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is withdrawn by a positive amount with at most %s decimals', of_asset.symbol, of_asset.scale));
    end if;
    -- One at a time an account: of two for the same money, or of the same key, the second sees the
    -- first. Accounts are locked before sessions everywhere.
    select * into owner from exchange.accounts a
    where a.account_id = request_withdrawal.account_id and a.role = 'user' for no key update;
    perform exchange.require_withdrawer(
        request_withdrawal.account_id, request_withdrawal.session_id, request_withdrawal.api_key_id, request_withdrawal.valid_until);
    select * into made from exchange.withdrawals w
    where w.account_id = owner.account_id and w.request_key = request_withdrawal.request_key;
    if found then
        if (made.asset_id, made.network_id, made.script, made.amount)
            is distinct from (coin.asset_id, coin.network_id, request_withdrawal.to_script, request_withdrawal.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another withdrawal');
        end if;
        return query select made.withdrawal_id, true;
        return;
    end if;
    perform exchange.require_may_withdraw(owner, coin);
    if request_withdrawal.amount < coin.min_withdrawal then
        perform exchange.reject('BELOW_MINIMUM', format(
            'at least %s %s is withdrawn', round(coin.min_withdrawal, of_asset.scale), of_asset.symbol));
    end if;
    perform exchange.require_target(coin.network_id, request_withdrawal.to_script);
    select d.account_id into receiver from chain.addresses d
    where d.network_id = coin.network_id and d.script = request_withdrawal.to_script;
    if receiver = owner.account_id then
        perform exchange.reject('SAME_ACCOUNT', 'this is the account''s own deposit address');
    end if;
    perform exchange.require_in_book(owner.account_id, coin.network_id, request_withdrawal.to_script);

    if receiver is not null then
        asked_fee := 0;
    elsif request_withdrawal.quote_id is null then
        asked_fee := (exchange.withdrawal_fee_of(coin)).fee;
    else
        select * into quote from exchange.withdrawal_quotes q
        where q.quote_id = request_withdrawal.quote_id and q.account_id = owner.account_id
            and q.asset_id = coin.asset_id and q.network_id = coin.network_id;
        if not found then
            perform exchange.reject('QUOTE_NOT_FOUND', 'the account has no such quote for this asset and network');
        end if;
        if quote.expires_at <= clock_timestamp() then
            perform exchange.reject('QUOTE_EXPIRED', 'the quote has ended; ask for another');
        end if;
        asked_fee := quote.fee;
    end if;
    -- Only looked at: balances are locked after the stream of the risk rules, as by orders.
    if not exists (
        select from exchange.balances b
        where b.account_id = owner.account_id and b.asset_id = coin.asset_id and b.available >= request_withdrawal.amount + asked_fee) then
        perform exchange.reject('INSUFFICIENT_BALANCE', format(
            'less than %s %s is available', round(request_withdrawal.amount + asked_fee, of_asset.scale), of_asset.symbol));
    end if;

    select * into caller from exchange.sessions s where s.session_id = request_withdrawal.session_id;
    assessed := risk.assess_activity('withdrawal', owner.account_id, jsonb_strip_nulls(jsonb_build_object(
        'asset', of_asset.symbol, 'amount', request_withdrawal.amount::text, 'wallet', request_withdrawal.to_address,
        'address', host(coalesce(request_withdrawal.from_address, caller.address)), 'session_id', caller.session_id::text,
        'api_key_id', request_withdrawal.api_key_id::text, 'is_internal', case when receiver is not null then true end)));
    if assessed.verdict = 'deny' then
        return;
    end if;
    insert into exchange.withdrawals (
        account_id, asset_id, network_id, address, script, internal_account_id, amount, fee, quote_id, state, required_reviews,
        is_risk_held, activity_id, fees_account_id, external_account_id, request_key)
    values (
        owner.account_id, coin.asset_id, coin.network_id, request_withdrawal.to_address, request_withdrawal.to_script, receiver,
        round(request_withdrawal.amount, of_asset.scale), asked_fee, quote.quote_id, 'requested',
        -- What stays in the house waits for nobody because of its size.
        greatest(
            case when receiver is null then exchange.required_reviews(coin, request_withdrawal.amount, owner.kyc_level) else 0 end,
            -- Also where a stricter rule holds it: a hold can end by itself.
            exists (select from risk.events e where e.activity_id = assessed.activity_id and e.action = 'review')::integer),
        assessed.verdict = 'hold', assessed.activity_id, exchange.house_account('withdrawal_fees'),
        exchange.house_account('external'), request_withdrawal.request_key)
    returning * into made;
    update exchange.balances b
    set available = b.available - made.amount - made.fee, held = b.held + made.amount + made.fee
    where b.account_id = made.account_id and b.asset_id = made.asset_id and b.available >= made.amount + made.fee;
    if not found then
        perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', made.amount + made.fee, of_asset.symbol));
    end if;
    perform exchange.mail_withdrawal('withdrawal_requested', made, coalesce(request_withdrawal.from_address, caller.address),
        coalesce(request_withdrawal.program, caller.user_agent));
    perform exchange.tell_balance('withdrawal_held', made.withdrawal_id, made.account_id, made.asset_id, - made.amount - made.fee);
    if not exchange.approve_withdrawal(made.withdrawal_id) then
        perform exchange.tell_withdrawals(array[made.withdrawal_id]);
    end if;
    return query select made.withdrawal_id, false;
end $$;

ALTER FUNCTION exchange.request_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text, to_script bytea, amount numeric, quote_id bigint, request_key text, from_address inet, program text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.request_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text, to_script bytea, amount numeric, quote_id bigint, request_key text, from_address inet, program text) IS 'Asks for a withdrawal in the name of a session that has stepped up, or of an API key that may withdraw; address and script are what was read of the user''s text. Holds amount and fee. It goes on by itself where nobody must be waited for; one to a deposit address of the exchange is paid at once, free. A repeat of the request key gives the first. No row: the risk rules deny it. Rejects, the first that holds: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, INVALID_AMOUNT, REQUEST_EXPIRED, ACCESS_REVOKED, STEP_UP_REQUIRED, DUPLICATE_IDEMPOTENCY_KEY, ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED, BELOW_MINIMUM, UNSUPPORTED_ADDRESS, SAME_ACCOUNT, ADDRESS_NOT_IN_BOOK, ADDRESS_COOLING_DOWN, FEE_UNKNOWN, QUOTE_NOT_FOUND, QUOTE_EXPIRED, INSUFFICIENT_BALANCE.';

CREATE FUNCTION exchange.require_authority(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if require_authority.valid_until < extract(epoch from clock_timestamp()) * 1000 then
        perform exchange.reject('REQUEST_EXPIRED', 'the request came later than it allows');
    end if;
    if require_authority.session_id is not null and not exists (
        select from exchange.sessions s
        where s.session_id = require_authority.session_id and s.account_id = require_authority.account_id
            and s.expires_at > clock_timestamp())
    or require_authority.api_key_id is not null and not exists (
        select from exchange.api_keys k
        where k.api_key_id = require_authority.api_key_id and k.account_id = require_authority.account_id
            and k.revoked_at is null and 'trade' = any (k.permissions))
    then
        perform exchange.reject('ACCESS_REVOKED', 'this session or key may not do this, or no longer');
    end if;
end $$;

ALTER FUNCTION exchange.require_authority(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_authority(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint) IS 'Refuses a request whose session has ended, whose key was revoked or does not allow to trade, or that came after its time (milliseconds UTC); what is null is not checked. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED.';

CREATE FUNCTION exchange.require_confirmations(deposit exchange.deposits, confirmations integer) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if deposit.block_height is null
        or chain.tip_height(deposit.network_id) - deposit.block_height + 1 < require_confirmations.confirmations then
        perform exchange.reject('NOT_CONFIRMED', format(
            'the deposit does not lie under %s blocks of its chain', require_confirmations.confirmations));
    end if;
end $$;

ALTER FUNCTION exchange.require_confirmations(deposit exchange.deposits, confirmations integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_confirmations(deposit exchange.deposits, confirmations integer) IS 'Refuses where a deposit has fewer confirmations. For other functions. Rejects: NOT_CONFIRMED.';

CREATE FUNCTION exchange.require_in_book(account_id bigint, network_id integer, script bytea) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    usable_from timestamptz;
begin
    select w.usable_from into usable_from from exchange.withdrawal_addresses w
    where w.account_id = require_in_book.account_id and w.network_id = require_in_book.network_id
        and w.script = require_in_book.script and w.removed_at is null;
    if not found and exchange.sends_to_book_only(require_in_book.account_id) then
        perform exchange.reject('ADDRESS_NOT_IN_BOOK', 'the account sends to addresses of its address book alone');
    end if;
    if usable_from > now() then
        perform exchange.reject('ADDRESS_COOLING_DOWN', format('the address can be used from %s UTC',
            to_char(usable_from at time zone 'utc', 'YYYY-MM-DD HH24:MI')));
    end if;
end $$;

ALTER FUNCTION exchange.require_in_book(account_id bigint, network_id integer, script bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_in_book(account_id bigint, network_id integer, script bytea) IS 'Refuses an address whose cool-down has not passed, and one that is not in the book where the owner wants that. For other functions. Rejects: ADDRESS_NOT_IN_BOOK, ADDRESS_COOLING_DOWN.';

CREATE TABLE exchange.accounts (
    account_id bigint NOT NULL,
    role text DEFAULT 'user'::text NOT NULL,
    email text,
    password_hash text,
    fee_tier_id integer DEFAULT 1 NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    email_verified_at timestamp with time zone,
    full_name text,
    country text COLLATE pg_catalog."C",
    birth_date date,
    phone text,
    anti_phishing_code text,
    first_login_at timestamp with time zone,
    withdrawals_blocked_until timestamp with time zone,
    parent_account_id bigint,
    label text,
    kyc_level integer DEFAULT 0 NOT NULL,
    kyc_expires_on date,
    kyc_expiry_noticed_at timestamp with time zone,
    may_trade boolean DEFAULT true NOT NULL,
    is_linked boolean DEFAULT false NOT NULL,
    withdrawals_to_book_only boolean DEFAULT false NOT NULL,
    book_only_ends_at timestamp with time zone,
    CONSTRAINT accounts_anti_phishing_code_form CHECK ((anti_phishing_code ~ '^[A-Za-z0-9 _-]{4,20}$'::text)),
    CONSTRAINT accounts_birth_date_range CHECK ((birth_date >= '1900-01-01'::date)),
    CONSTRAINT accounts_book_only_ends_while_on CHECK (((book_only_ends_at IS NULL) OR withdrawals_to_book_only)),
    CONSTRAINT accounts_country_form CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT accounts_email_lower CHECK ((email = lower(email))),
    CONSTRAINT accounts_full_name_length CHECK (((length(full_name) >= 1) AND (length(full_name) <= 100))),
    CONSTRAINT accounts_label_length CHECK (((length(label) >= 1) AND (length(label) <= 64))),
    CONSTRAINT accounts_parent_is_another CHECK ((parent_account_id <> account_id)),
    CONSTRAINT accounts_phone_form CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT accounts_role_known CHECK ((role = ANY (ARRAY['user'::text, 'fees'::text, 'withdrawal_fees'::text, 'external'::text, 'debts'::text, 'costs'::text, 'capital'::text]))),
    CONSTRAINT accounts_status_known CHECK ((status = ANY (ARRAY['active'::text, 'frozen'::text]))),
    CONSTRAINT accounts_sub_account_has_no_login CHECK (((parent_account_id IS NULL) OR ((role = 'user'::text) AND (email IS NULL) AND (password_hash IS NULL) AND (label IS NOT NULL)))),
    CONSTRAINT accounts_user_has_email CHECK (((role <> 'user'::text) OR (email IS NOT NULL) OR (parent_account_id IS NOT NULL)))
);

ALTER TABLE exchange.accounts OWNER TO exchange_owner;

COMMENT ON TABLE exchange.accounts IS 'Who owns balances: users, and house accounts by role.';

COMMENT ON COLUMN exchange.accounts.account_id IS 'Names the account everywhere.';

COMMENT ON COLUMN exchange.accounts.role IS 'user; fees: receives a market''s fees; withdrawal_fees: those of withdrawals. Without balance rows, sides of the ledger alone: external: the world outside; debts: what accounts owe after a deposit vanished; costs: what networks were paid; capital: what the house put into its own wallets.';

COMMENT ON COLUMN exchange.accounts.email IS 'Login name of a user, in lower case.';

COMMENT ON COLUMN exchange.accounts.password_hash IS 'bcrypt; null where no login is possible.';

COMMENT ON COLUMN exchange.accounts.fee_tier_id IS 'The fee rates of orders placed from now on.';

COMMENT ON COLUMN exchange.accounts.status IS 'active, or frozen by its owner or by us: may cancel and reduce, not place.';

COMMENT ON COLUMN exchange.accounts.created_at IS 'When the account was opened.';

COMMENT ON COLUMN exchange.accounts.email_verified_at IS 'When the owner proved to read the address; null where nobody did.';

COMMENT ON COLUMN exchange.accounts.full_name IS 'As its owner wrote it at registration.';

COMMENT ON COLUMN exchange.accounts.country IS 'Where its owner lives, by ISO 3166-1 alpha-2.';

COMMENT ON COLUMN exchange.accounts.birth_date IS 'When its owner was born, by the owner''s word.';

COMMENT ON COLUMN exchange.accounts.phone IS 'E.164, such as +4930123456; null where none was given.';

COMMENT ON COLUMN exchange.accounts.anti_phishing_code IS 'Words of the owner''s choice that every mail of ours repeats and no forger knows.';

COMMENT ON COLUMN exchange.accounts.first_login_at IS 'When somebody first logged in; from then on a new device is worth a mail.';

COMMENT ON COLUMN exchange.accounts.withdrawals_blocked_until IS 'Before this time nothing is withdrawn, because the password or the address was changed.';

COMMENT ON COLUMN exchange.accounts.parent_account_id IS 'Of a sub-account: whose it is. Who logs in as the parent owns both; a parent is never a sub-account.';

COMMENT ON COLUMN exchange.accounts.label IS 'The owner''s name for a sub-account.';

COMMENT ON COLUMN exchange.accounts.kyc_level IS 'How well the owner is known; see kyc_levels.';

COMMENT ON COLUMN exchange.accounts.kyc_expires_on IS 'Last good day of the document that the level rests on; null at level 0.';

COMMENT ON COLUMN exchange.accounts.kyc_expiry_noticed_at IS 'When the owner was told that it expires.';

COMMENT ON COLUMN exchange.accounts.may_trade IS 'Whether the level allows to place orders; kept equal to kyc_levels.may_trade.';

COMMENT ON COLUMN exchange.accounts.is_linked IS 'Whether risk.links knows the account: only then are its orders looked at for trades with linked accounts.';

COMMENT ON COLUMN exchange.accounts.withdrawals_to_book_only IS 'Its owner wants withdrawals to addresses of the book alone.';

COMMENT ON COLUMN exchange.accounts.book_only_ends_at IS 'The owner has taken withdrawals_to_book_only back: it counts until then.';

CREATE FUNCTION exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if owner.status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing can be withdrawn');
    end if;
    if owner.withdrawals_blocked_until > now() then
        perform exchange.reject('WITHDRAWALS_BLOCKED', format('nothing can be withdrawn before %s UTC',
            to_char(owner.withdrawals_blocked_until at time zone 'utc', 'YYYY-MM-DD HH24:MI')));
    end if;
    if exchange.is_in_debt(owner.account_id) then
        perform exchange.reject('IN_DEBT', 'a deposit vanished from its chain and the account owes it: nothing can be withdrawn');
    end if;
    if not exists (select from exchange.kyc_levels l where l.level = owner.kyc_level and l.may_withdraw) then
        perform exchange.reject('KYC_REQUIRED', 'the account''s level does not allow to withdraw');
    end if;
    if coin.is_halted or exists (select from chain.networks n where n.network_id = coin.network_id and n.is_halted) then
        perform exchange.reject('WITHDRAWALS_HALTED', 'withdrawals of this asset are halted at the moment');
    end if;
end $$;

ALTER FUNCTION exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) IS 'Refuses unless the account, which the caller has locked, may withdraw at all, and the coin may be sent. For other functions. Rejects: ACCOUNT_FROZEN, WITHDRAWALS_BLOCKED, IN_DEBT, KYC_REQUIRED, WITHDRAWALS_HALTED.';

CREATE FUNCTION exchange.require_owner(account_id bigint, session_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    status text;
begin
    -- Accounts are locked before sessions everywhere.
    select a.status into status from exchange.accounts a
    where a.account_id = require_owner.account_id for no key update;
    perform exchange.require_stepped_up(require_owner.account_id, require_owner.session_id);
    if status <> 'active' then
        perform exchange.reject('ACCOUNT_FROZEN', 'the account is frozen: nothing about it can be changed');
    end if;
end $$;

ALTER FUNCTION exchange.require_owner(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_owner(account_id bigint, session_id bigint) IS 'Locks an account for a change of its security settings in the name of a session that has stepped up. For other functions. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';

CREATE FUNCTION exchange.require_session(account_id bigint, session_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    -- Locked, so that it cannot be ended before what it allows is done.
    perform from exchange.sessions s
    where s.session_id = require_session.session_id and s.account_id = require_session.account_id
        and s.expires_at > clock_timestamp()
    for share;
    if not found then
        perform exchange.reject('ACCESS_REVOKED', 'the session has ended; log in again');
    end if;
end $$;

ALTER FUNCTION exchange.require_session(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_session(account_id bigint, session_id bigint) IS 'Refuses unless the session is the account''s and has not ended, and keeps it so until the transaction ends. For other functions. Rejects: ACCESS_REVOKED.';

CREATE FUNCTION exchange.require_stepped_up(account_id bigint, session_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform exchange.require_session(require_stepped_up.account_id, require_stepped_up.session_id);
    if exchange.stepped_up_until(require_stepped_up.account_id, require_stepped_up.session_id) <= clock_timestamp() then
        perform exchange.reject('STEP_UP_REQUIRED', 'prove again who you are, by /api/auth/step-up; it is good for 5 minutes');
    end if;
end $$;

ALTER FUNCTION exchange.require_stepped_up(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_stepped_up(account_id bigint, session_id bigint) IS 'As require_session, and the session has proved of late what the account asks for. For other functions. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED.';

CREATE FUNCTION exchange.require_target(network_id integer, script bytea) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    family text;
begin
    select n.family into strict family from chain.networks n where n.network_id = require_target.network_id;
    -- The API has read the text; this holds against whoever else calls.
    if require_target.script is null
        or (family = 'evm' and octet_length(require_target.script) <> 20)
        or (family = 'bitcoin' and octet_length(require_target.script) not between 22 and 42)
        or exists (
            select from chain.wallets w
            where w.network_id = require_target.network_id and w.script = require_target.script)
        or exists (
            select from chain.coins c
            where c.network_id = require_target.network_id and c.contract = require_target.script) then
        perform exchange.reject('UNSUPPORTED_ADDRESS', 'nothing can be sent to this address');
    end if;
end $$;

ALTER FUNCTION exchange.require_target(network_id integer, script bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_target(network_id integer, script bytea) IS 'Refuses what is no address of the network, a wallet of the house and a token''s contract. For other functions. Rejects: UNSUPPORTED_ADDRESS.';

CREATE FUNCTION exchange.require_withdrawer(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, stepped_up boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if require_withdrawer.valid_until < extract(epoch from clock_timestamp()) * 1000 then
        perform exchange.reject('REQUEST_EXPIRED', 'the request came later than it allows');
    end if;
    if require_withdrawer.session_id is not null and require_withdrawer.stepped_up then
        perform exchange.require_stepped_up(require_withdrawer.account_id, require_withdrawer.session_id);
    elsif require_withdrawer.session_id is not null then
        perform exchange.require_session(require_withdrawer.account_id, require_withdrawer.session_id);
    else
        -- Locked, so that it cannot be revoked before what it allows is done.
        perform from exchange.api_keys k
        where k.api_key_id = require_withdrawer.api_key_id and k.account_id = require_withdrawer.account_id
            and k.revoked_at is null and 'withdraw' = any (k.permissions)
        for share;
        if not found then
            perform exchange.reject('ACCESS_REVOKED', 'this key may not do this, or no longer');
        end if;
    end if;
end $$;

ALTER FUNCTION exchange.require_withdrawer(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, stepped_up boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.require_withdrawer(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, stepped_up boolean) IS 'Refuses unless the session is the account''s and live, and has proved of late who it is where that is asked for, or the API key is the account''s, live and may withdraw; or after the request''s time (milliseconds UTC). One of session and key must be given. For other functions. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED, STEP_UP_REQUIRED.';

CREATE FUNCTION exchange.required_reviews(coin chain.coins, amount numeric, kyc_level integer) RETURNS smallint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when required_reviews.amount * 1000000 > coin.second_review_above * l.review_ppm then 2
        when required_reviews.amount * 1000000 > coin.review_above * l.review_ppm then 1
        else 0
    end::smallint
    from exchange.kyc_levels l where l.level = required_reviews.kyc_level
$$;

ALTER FUNCTION exchange.required_reviews(coin chain.coins, amount numeric, kyc_level integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.required_reviews(coin chain.coins, amount numeric, kyc_level integer) IS 'How many reviewers must approve a withdrawal of such an amount by an account of such a level. For other functions.';

CREATE FUNCTION exchange.reverse_deposits(deposit_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    debts constant bigint := exchange.house_account('debts');
    messages jsonb[];
begin
    if coalesce(cardinality(reverse_deposits.deposit_ids), 0) = 0 then
        return;
    end if;
    -- In key order, as every transaction locks balances.
    perform from exchange.balances b
    where (b.account_id, b.asset_id) in (
        select d.account_id, d.asset_id from exchange.deposits d where d.deposit_id = any (reverse_deposits.deposit_ids))
    order by b.account_id, b.asset_id
    for update;
    with reversed as materialized (
        select d.*, b.available, b.held,
            -- What the reversals before this one have taken already.
            coalesce(sum(d.amount) over (
                partition by d.account_id, d.asset_id order by d.deposit_id
                rows between unbounded preceding and 1 preceding), 0) as before
        from exchange.deposits d
        join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
        where d.deposit_id = any (reverse_deposits.deposit_ids)
    ), split as materialized (
        select r.*, least(r.amount, greatest(r.available - r.before, 0)) as taken from reversed r
    ), facts as (
        insert into exchange.deposit_entries (
            deposit_id, account_id, asset_id, amount, debt_amount, external_account_id, debts_account_id)
        select s.deposit_id, s.account_id, s.asset_id, - s.amount, s.taken - s.amount,
            external, debts
        from split s
        order by s.deposit_id
    ), moved as (
        update exchange.balances b set available = b.available - t.taken
        from (select s.account_id, s.asset_id, sum(s.taken) as taken from split s group by s.account_id, s.asset_id) t
        where b.account_id = t.account_id and b.asset_id = t.asset_id
    )
    select array_agg(jsonb_build_object(
        'change', 'deposit_reversed', 'deposit_id', s.deposit_id::text, 'account_id', s.account_id::text, 'asset', a.symbol,
        'amount', (- s.taken)::text, 'owed', (s.amount - s.taken)::text,
        'available', (s.available - least(s.available, s.before + s.taken))::text, 'held', s.held::text) order by s.deposit_id)
    into messages
    from split s
    join exchange.assets a on a.asset_id = s.asset_id;
    perform exchange.mail_deposits('deposit_reversed', reverse_deposits.deposit_ids);
    perform exchange.append_events('asset', messages);
end $$;

ALTER FUNCTION exchange.reverse_deposits(deposit_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.reverse_deposits(deposit_ids bigint[]) IS 'Takes back credited deposits that have vanished from their chain: from what is available; what is missing the account owes. The caller has locked the deposits and changes their state. For chain.reorganise.';

CREATE FUNCTION exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    was_live boolean;
    holder bigint;
begin
    perform exchange.require_session(revoke_api_key.account_id, revoke_api_key.session_id);
    select k.revoked_at is null, k.account_id into was_live, holder from exchange.api_keys k
    where k.api_key_id = revoke_api_key.api_key_id and exchange.owns_account(revoke_api_key.account_id, k.account_id)
    for no key update;
    if not found then
        perform exchange.reject('KEY_NOT_FOUND', format('no key %s of this account', revoke_api_key.api_key_id));
    end if;
    if was_live then
        update exchange.api_keys set revoked_at = now() where api_key_id = revoke_api_key.api_key_id;
        perform exchange.append_event('access', jsonb_build_object(
            'change', 'revoked', 'account_id', holder::text,
            'session_ids', '[]'::jsonb, 'api_key_ids', jsonb_build_array(revoke_api_key.api_key_id)));
    end if;
end $$;

ALTER FUNCTION exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) IS 'Ends an API key of the account or of one of its sub-accounts, in the name of a session; a repeat changes nothing. Rejects: ACCESS_REVOKED, KEY_NOT_FOUND.';

CREATE FUNCTION exchange.ring_network(network text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- No stream has these numbers: the bell of a network is this and its own number.
    first_bell constant integer := 10910;
    rung integer;
begin
    select n.network_id into rung from chain.networks n where n.name = ring_network.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', ring_network.network));
    end if;
    perform pg_notify('exchange_events', (first_bell + rung)::text);
end $$;

ALTER FUNCTION exchange.ring_network(network text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.ring_network(network text) IS 'Has the network''s worker look at its node now. What is there the node says. Rejects: UNKNOWN_NETWORK.';

CREATE FUNCTION exchange.run_cancel_deadlines(limit_deadlines integer DEFAULT 100) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- When a market that is halted, and so keeps its orders, is asked again.
    patience constant interval := '1 second';
    due exchange.cancel_deadlines[];
begin
    select array_agg((d.account_id, d.holder, d.market_id, d.due_at)::exchange.cancel_deadlines) into due from (
        select d.* from exchange.cancel_deadlines d
        where d.due_at <= clock_timestamp()
        order by d.due_at
        limit least(greatest(limit_deadlines, 0), 1000)
        for update skip locked) d;
    if due is null then
        return 0;
    end if;
    -- One batch, so that markets are locked in their order whatever is due.
    perform exchange.submit((
        select json_agg(json_strip_nulls(json_build_object('verb', 'cancel_all', 'account_id', d.account_id, 'market', m.symbol)))
        from unnest(due) d
        left join exchange.markets m on m.market_id = d.market_id));
    delete from exchange.cancel_deadlines d using unnest(due) done
    where d.account_id = done.account_id and d.holder = done.holder and d.market_id = done.market_id;
    -- What a halted market kept is cancelled once it takes cancels again.
    insert into exchange.cancel_deadlines (account_id, holder, market_id, due_at)
    select done.account_id, done.holder, m.market_id, clock_timestamp() + patience
    from unnest(due) done
    join exchange.markets m on done.market_id in (0, m.market_id)
    where exists (
        select from exchange.orders_open o
        where o.account_id = done.account_id
            and o.order_id between m.market_id * 100000000000000 and m.market_id * 100000000000000 + 99999999999999)
    on conflict do nothing;
    return cardinality(due);
end $$;

ALTER FUNCTION exchange.run_cancel_deadlines(limit_deadlines integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.run_cancel_deadlines(limit_deadlines integer) IS 'Cancels the orders of up to so many dead man''s switches that are due, and removes these; returns how many. Several at once see to different ones.';

CREATE FUNCTION exchange.sends_to_book_only(account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select exists (
        select from exchange.accounts a
        where a.account_id = sends_to_book_only.account_id and a.withdrawals_to_book_only
            and (a.book_only_ends_at is null or a.book_only_ends_at > now()))
$$;

ALTER FUNCTION exchange.sends_to_book_only(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.sends_to_book_only(account_id bigint) IS 'Whether an account''s withdrawals go to addresses of its book alone. For other functions.';

CREATE FUNCTION exchange.session_account(token_hash bytea) RETURNS TABLE(session_id bigint, account_id bigint, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select s.session_id, s.account_id, s.expires_at
    from exchange.sessions s
    where s.token_hash = session_account.token_hash and s.expires_at > now()
$$;

ALTER FUNCTION exchange.session_account(token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.session_account(token_hash bytea) IS 'Whose session it is: no row where the token is unknown or its session has ended.';

CREATE FUNCTION exchange.sessions_of(account_id bigint) RETURNS TABLE(session_id bigint, created_at timestamp with time zone, expires_at timestamp with time zone, address inet, user_agent text, device_id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select s.session_id, s.created_at, s.expires_at, s.address, s.user_agent, s.device_id
    from exchange.sessions s
    where s.account_id = sessions_of.account_id and s.expires_at > now()
    order by s.created_at desc, s.session_id desc
$$;

ALTER FUNCTION exchange.sessions_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.sessions_of(account_id bigint) IS 'The account''s logins that have not ended, the newest first.';

CREATE FUNCTION exchange.set_account_status(account_id bigint, status text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if set_account_status.status is null or set_account_status.status not in ('active', 'frozen') then
        perform exchange.reject('INVALID_STATUS', 'an account is active or frozen');
    end if;
    update exchange.accounts
    set status = set_account_status.status
    where account_id = set_account_status.account_id and role = 'user';
    if found then
        -- What is one person's is frozen together.
        update exchange.accounts
        set status = set_account_status.status
        where parent_account_id = set_account_status.account_id and status <> set_account_status.status;
    else
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_account_status.account_id));
    end if;
end $$;

ALTER FUNCTION exchange.set_account_status(account_id bigint, status text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_account_status(account_id bigint, status text) IS 'Freezes an account (it may cancel and reduce, not place) or frees it, and its sub-accounts with it. Rejects: INVALID_STATUS, UNKNOWN_ACCOUNT.';

CREATE FUNCTION exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet DEFAULT NULL::inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
end $_$;

ALTER FUNCTION exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet) IS 'Sets the words that every mail to the account repeats, or takes them away (null), in the name of a session, and mails that. Rejects: INVALID_CODE, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';

CREATE FUNCTION exchange.set_fee_rates(fee_tier_id integer, maker_rate numeric, taker_rate numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- A slip of the decimal point is no fee.
    highest constant numeric := 0.1;
    decimals constant integer := 6;
    rate numeric;
begin
    foreach rate in array array[set_fee_rates.maker_rate, set_fee_rates.taker_rate] loop
        if rate is null or rate = 'NaN' or rate not between 0 and highest or round(rate, decimals) <> rate then
            perform exchange.reject('INVALID_FEE_RATE', 'a fee rate is 0 to 0.1 with at most 6 decimals');
        end if;
    end loop;
    update exchange.fee_tiers t set maker_rate = set_fee_rates.maker_rate, taker_rate = set_fee_rates.taker_rate
    where t.fee_tier_id = set_fee_rates.fee_tier_id;
    if not found then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', set_fee_rates.fee_tier_id));
    end if;
end $$;

ALTER FUNCTION exchange.set_fee_rates(fee_tier_id integer, maker_rate numeric, taker_rate numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_fee_rates(fee_tier_id integer, maker_rate numeric, taker_rate numeric) IS 'Sets the rates of a fee tier, for all of its accounts; orders that are placed already keep theirs. Rejects: INVALID_FEE_RATE, UNKNOWN_FEE_TIER.';

CREATE FUNCTION exchange.set_fee_tier(account_id bigint, fee_tier_id integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if not exists (select from exchange.fee_tiers t where t.fee_tier_id = set_fee_tier.fee_tier_id) then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', set_fee_tier.fee_tier_id));
    end if;
    update exchange.accounts a set fee_tier_id = set_fee_tier.fee_tier_id
    where a.account_id = set_fee_tier.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_fee_tier.account_id));
    end if;
    update exchange.accounts a set fee_tier_id = set_fee_tier.fee_tier_id
    where a.parent_account_id = set_fee_tier.account_id and a.fee_tier_id <> set_fee_tier.fee_tier_id;
end $$;

ALTER FUNCTION exchange.set_fee_tier(account_id bigint, fee_tier_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_fee_tier(account_id bigint, fee_tier_id integer) IS 'Sets which fees an account and its sub-accounts pay; orders that are placed already keep theirs. Rejects: UNKNOWN_FEE_TIER, UNKNOWN_ACCOUNT.';

CREATE FUNCTION exchange.set_kyc_level(account_id bigint, level integer, expires_on date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    given exchange.kyc_levels;
begin
    select * into strict given from exchange.kyc_levels l where l.level = set_kyc_level.level;
    update exchange.accounts a
    set kyc_level = given.level, may_trade = given.may_trade, kyc_expiry_noticed_at = null,
        kyc_expires_on = case when given.level > 0 then set_kyc_level.expires_on end
    where a.account_id = set_kyc_level.account_id;
    -- A sub-account trades as its parent may. It has no level, and so withdraws nothing by itself:
    -- else each would have the limits of the level once more.
    update exchange.accounts a set may_trade = given.may_trade
    where a.parent_account_id = set_kyc_level.account_id and a.may_trade <> given.may_trade;
end $$;

ALTER FUNCTION exchange.set_kyc_level(account_id bigint, level integer, expires_on date) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_kyc_level(account_id bigint, level integer, expires_on date) IS 'Gives an account a level and what it allows; its sub-accounts trade as it may. For other functions.';

CREATE FUNCTION exchange.set_kyc_limits(level integer, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if set_kyc_limits.daily_withdrawal is null or set_kyc_limits.monthly_withdrawal is null
        or set_kyc_limits.may_trade is null or set_kyc_limits.may_withdraw is null
        or not (set_kyc_limits.daily_withdrawal between 0 and set_kyc_limits.monthly_withdrawal
            and set_kyc_limits.monthly_withdrawal < 'infinity'
            and (set_kyc_limits.may_withdraw or set_kyc_limits.monthly_withdrawal = 0)) then
        perform exchange.reject('INVALID_LIMITS', 'limits are 0 or more, a day''s at most a month''s, and 0 where nothing may be withdrawn');
    end if;
    update exchange.kyc_levels l
    set may_trade = set_kyc_limits.may_trade, may_withdraw = set_kyc_limits.may_withdraw,
        daily_withdrawal = set_kyc_limits.daily_withdrawal, monthly_withdrawal = set_kyc_limits.monthly_withdrawal
    where l.level = set_kyc_limits.level;
    if not found then
        perform exchange.reject('UNKNOWN_LEVEL', format('there is no level %s', set_kyc_limits.level));
    end if;
    update exchange.accounts a set may_trade = set_kyc_limits.may_trade
    where a.may_trade <> set_kyc_limits.may_trade and (
        a.parent_account_id is null and a.kyc_level = set_kyc_limits.level
        or a.parent_account_id in (
            select p.account_id from exchange.accounts p where p.kyc_level = set_kyc_limits.level));
end $$;

ALTER FUNCTION exchange.set_kyc_limits(level integer, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_kyc_limits(level integer, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric) IS 'Changes what a level allows, for all its accounts at once. For the operator. Rejects: INVALID_LIMITS, UNKNOWN_LEVEL.';

CREATE FUNCTION exchange.set_market_limits(market text, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, max_open_orders integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- As in exchange.create_market: the engine counts lots in 64 bits.
    largest constant numeric := 9223372036854775807;
    changed exchange.markets;
    quote_scale smallint;
begin
    select m.* into changed from exchange.markets m where m.symbol = set_market_limits.market for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', set_market_limits.market));
    end if;
    select a.scale into strict quote_scale from exchange.assets a where a.asset_id = changed.quote_asset_id;
    changed.min_quantity := coalesce(set_market_limits.min_quantity, changed.min_quantity);
    changed.max_quantity := coalesce(set_market_limits.max_quantity, changed.max_quantity);
    changed.min_notional := coalesce(set_market_limits.min_notional, changed.min_notional);
    changed.price_band := coalesce(set_market_limits.price_band, changed.price_band);
    changed.max_open_orders := coalesce(set_market_limits.max_open_orders, changed.max_open_orders);
    if changed.min_quantity <= 0 or mod(changed.min_quantity, changed.lot) <> 0
        or changed.max_quantity < changed.min_quantity or mod(changed.max_quantity, changed.lot) <> 0
        or changed.max_quantity / changed.lot > largest
        or changed.min_notional < 0 or scale(trim_scale(changed.min_notional)) > quote_scale
        or changed.min_notional * power(10::numeric, quote_scale) > power(10::numeric, 36)
        or changed.price_band <= 0 or changed.price_band >= 1 or round(changed.price_band, 6) <> changed.price_band
        or changed.max_open_orders <= 0 then
        perform exchange.reject('INVALID_LIMITS', 'quantities are whole lots, the smallest not above the largest; the smallest notional has the quote''s decimals; the band is between 0 and 1 with at most 6 decimals; open orders are positive');
    end if;
    update exchange.markets m
    set min_quantity = changed.min_quantity, max_quantity = changed.max_quantity, min_notional = changed.min_notional,
        price_band = changed.price_band, max_open_orders = changed.max_open_orders
    where m.market_id = changed.market_id;
end $$;

ALTER FUNCTION exchange.set_market_limits(market text, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, max_open_orders integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_market_limits(market text, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, max_open_orders integer) IS 'Changes the limits of a market''s orders, which stream markets tells; what is null stays. Open orders stay as they are. Rejects: UNKNOWN_MARKET, INVALID_LIMITS.';

CREATE FUNCTION exchange.set_market_status(market text, status text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if set_market_status.status is null or set_market_status.status not in ('trading', 'cancel_only', 'halted') then
        perform exchange.reject('INVALID_STATUS', 'a market is trading, cancel_only or halted');
    end if;
    update exchange.markets m set status = set_market_status.status where m.symbol = set_market_status.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', set_market_status.market));
    end if;
end $$;

ALTER FUNCTION exchange.set_market_status(market text, status text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_market_status(market text, status text) IS 'Halts a market, lets it take cancels only, or lets it trade, which stream markets tells. Rejects: INVALID_STATUS, UNKNOWN_MARKET.';

CREATE FUNCTION exchange.set_password(token_hash bytea, password_hash text, new_device_hash bytea DEFAULT NULL::bytea, address inet DEFAULT NULL::inet, user_agent text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
            set_password.address, blocked_until => exchange.block_withdrawals(owner.account_id)));
    end if;
    return true;
end $$;

ALTER FUNCTION exchange.set_password(token_hash bytea, password_hash text, new_device_hash bytea, address inet, user_agent text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_password(token_hash bytea, password_hash text, new_device_hash bytea, address inet, user_agent text) IS 'Sets the password by a one-time token, uses up the account''s other ones, ends its sessions, and makes the device the only known one. Where there was a password before, nothing is withdrawn for a day, and a mail says so. False: a risk rule denies it; the token is used up. Rejects: INVALID_TOKEN, INVALID_PASSWORD_HASH.';

CREATE FUNCTION exchange.set_password_hash(account_id bigint, password_hash text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
begin
    if set_password_hash.password_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    update exchange.accounts
    set password_hash = set_password_hash.password_hash
    where account_id = set_password_hash.account_id and role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_password_hash.account_id));
    end if;
    perform exchange.end_sessions(
        set_password_hash.account_id,
        array(select session_id from exchange.sessions where account_id = set_password_hash.account_id));
end $_$;

ALTER FUNCTION exchange.set_password_hash(account_id bigint, password_hash text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_password_hash(account_id bigint, password_hash text) IS 'Changes a password and ends the account''s sessions. Rejects: INVALID_PASSWORD_HASH, UNKNOWN_ACCOUNT.';

CREATE FUNCTION exchange.set_withdrawal_halt(asset text, network text, reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    halts constant boolean := set_withdrawal_halt.reason is not null;
    changed integer;
begin
    if set_withdrawal_halt.asset is not null
        and not exists (select from exchange.assets a where a.symbol = set_withdrawal_halt.asset) then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', set_withdrawal_halt.asset));
    end if;
    if set_withdrawal_halt.network is not null
        and not exists (select from chain.networks n where n.name = set_withdrawal_halt.network) then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', set_withdrawal_halt.network));
    end if;
    -- The first reason stays.
    if set_withdrawal_halt.asset is null then
        update chain.networks n set is_halted = halts, halt_reason = set_withdrawal_halt.reason
        where n.name = coalesce(set_withdrawal_halt.network, n.name) and n.is_halted <> halts;
    else
        update chain.coins c set is_halted = halts, halt_reason = set_withdrawal_halt.reason
        from exchange.assets a, chain.networks n
        where a.asset_id = c.asset_id and a.symbol = set_withdrawal_halt.asset and n.network_id = c.network_id
            and n.name = coalesce(set_withdrawal_halt.network, n.name) and c.is_halted <> halts;
    end if;
    get diagnostics changed = row_count;
    if changed > 0 and not halts then
        -- What waited can be sent.
        perform pg_notify('exchange_events', '10921');
    end if;
    return changed;
end $$;

ALTER FUNCTION exchange.set_withdrawal_halt(asset text, network text, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_withdrawal_halt(asset text, network text, reason text) IS 'Halts withdrawals for a reason, or lets them go on where that is null: of an asset (on one network, or on all), of a network, or of all networks where both are null. Returns how many coins or networks changed. For the operator, the reconciliation and other functions. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';

CREATE FUNCTION exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean) RETURNS TABLE(now_book_only boolean, book_only_ends_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    cool_down constant interval := '24 hours';
    caller exchange.sessions;
    ends_at timestamptz;
begin
    perform exchange.require_owner(set_withdrawal_mode.account_id, set_withdrawal_mode.session_id);
    if set_withdrawal_mode.book_only then
        -- More careful: at once, and nobody needs to be told.
        update exchange.accounts a set withdrawals_to_book_only = true, book_only_ends_at = null
        where a.account_id = set_withdrawal_mode.account_id;
    elsif exchange.sends_to_book_only(set_withdrawal_mode.account_id) and exists (
        select from exchange.accounts a where a.account_id = set_withdrawal_mode.account_id and a.book_only_ends_at is null) then
        if not exchange.may_change_security(set_withdrawal_mode.account_id, 'book_only_ended', set_withdrawal_mode.session_id) then
            return;
        end if;
        update exchange.accounts a set book_only_ends_at = now() + cool_down
        where a.account_id = set_withdrawal_mode.account_id returning a.book_only_ends_at into ends_at;
        select * into caller from exchange.sessions s where s.session_id = set_withdrawal_mode.session_id;
        perform exchange.cause_mail(set_withdrawal_mode.account_id, 'withdrawal_address_added',
            exchange.mail_facts(caller.address, caller.user_agent) || jsonb_build_object(
                'any_from', to_char(ends_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')));
    end if;
    return query select m.book_only, m.book_only_ends_at from exchange.withdrawal_mode_of(set_withdrawal_mode.account_id) m;
end $$;

ALTER FUNCTION exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean) IS 'Whether withdrawals go to addresses of the book alone, in the name of a session that has stepped up: from now on, or no more after 24 hours, of which the owner gets a mail. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';

CREATE FUNCTION exchange.settle_withdrawal(withdrawal_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return exchange.settle_withdrawals(array[settle_withdrawal.withdrawal_id]);
end $$;

ALTER FUNCTION exchange.settle_withdrawal(withdrawal_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.settle_withdrawal(withdrawal_id bigint) IS 'As settle_withdrawals, of one. Where several end in one transaction, call that once. For other functions.';

CREATE FUNCTION exchange.settle_withdrawals(withdrawal_ids bigint[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    open_ids bigint[];
    ended exchange.withdrawals;
    accounts bigint[];
    assets integer[];
begin
    perform from exchange.withdrawals w
    where w.withdrawal_id = any (settle_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update;
    select array_agg(w.withdrawal_id order by w.withdrawal_id) into open_ids
    from exchange.withdrawals w
    where w.withdrawal_id = any (settle_withdrawals.withdrawal_ids) and w.state <> 'confirmed';
    if open_ids is null then
        return 0;
    end if;
    select * into ended from exchange.withdrawals w
    where w.withdrawal_id = any (open_ids)
        and w.state <> all (case when w.internal_account_id is null then array['signed', 'broadcast'] else array['approved'] end)
    limit 1;
    if found then
        raise exception 'withdrawal % is %: it cannot be settled', ended.withdrawal_id, ended.state
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    with keys as (
        select w.account_id, w.asset_id from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
        union
        select coalesce(w.internal_account_id, w.fees_account_id), w.asset_id
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
    )
    select array_agg(k.account_id), array_agg(k.asset_id) into accounts, assets from keys k;
    perform exchange.lock_balances(accounts, assets);
    with changes as (
        select w.account_id, w.asset_id, 0 as available, w.amount + w.fee as held
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
        union all
        select w.fees_account_id, w.asset_id, w.fee, 0
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.internal_account_id is null
        union all
        select w.internal_account_id, w.asset_id, w.amount, 0
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.internal_account_id is not null
    ), summed as (
        select c.account_id, c.asset_id, sum(c.available) as available, sum(c.held) as held
        from changes c group by c.account_id, c.asset_id
    )
    update exchange.balances b
    set available = b.available + s.available, held = b.held - s.held
    from summed s
    where b.account_id = s.account_id and b.asset_id = s.asset_id;
    update exchange.withdrawals w set state = 'confirmed', ended_at = now() where w.withdrawal_id = any (open_ids);

    for ended in select * from exchange.withdrawals w where w.withdrawal_id = any (open_ids) order by w.withdrawal_id loop
        perform exchange.mail_withdrawal('withdrawal_ended', ended);
        perform exchange.tell_balance('withdrawn', ended.withdrawal_id, ended.account_id, ended.asset_id, - ended.amount - ended.fee);
        if ended.internal_account_id is not null then
            perform exchange.mail_internal_receipt(ended);
            perform exchange.tell_balance('received', ended.withdrawal_id, ended.internal_account_id, ended.asset_id, ended.amount);
        elsif ended.fee > 0 then
            perform exchange.tell_balance('withdrawal_fee', ended.withdrawal_id, ended.fees_account_id, ended.asset_id, ended.fee);
        end if;
    end loop;
    perform exchange.tell_withdrawals(open_ids);
    return cardinality(open_ids);
end $$;

ALTER FUNCTION exchange.settle_withdrawals(withdrawal_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.settle_withdrawals(withdrawal_ids bigint[]) IS 'Withdrawals have arrived for good: what was held for them is gone, the fee is the house''s; an internal one pays the other account. Those that are confirmed already are left as they are. Returns how many it settled. Locks the withdrawals, then balances in key order; one call a transaction. For other functions.';

CREATE FUNCTION exchange.step_up(account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea, ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea) RETURNS TABLE(outcome text, new_session_id bigint, expires_at timestamp with time zone, device_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    by_password boolean;
begin
    perform from exchange.accounts a where a.account_id = step_up.account_id for no key update;
    perform exchange.require_session(step_up.account_id, step_up.session_id);
    by_password := not exchange.has_second_factor(step_up.account_id);
    if step_up.password_hash is not null and not by_password then
        perform exchange.reject('SECOND_FACTOR_REQUIRED', 'the account has a second factor: the password is not enough');
    end if;
    if step_up.passkey_id is not null then
        perform exchange.use_ceremony(step_up.ceremony_hash, 'step_up', step_up.account_id, step_up.session_id);
    end if;
    if by_password and exists (
        select from exchange.accounts a
        where a.account_id = step_up.account_id and a.password_hash = step_up.password_hash)
        and not exists (
            select from exchange.factor_failures f
            where f.account_id = step_up.account_id and f.blocked_until > clock_timestamp()) then
        delete from exchange.factor_failures f where f.account_id = step_up.account_id;
        step_up.outcome := 'proved';
    else
        step_up.outcome := exchange.prove_factor(
            step_up.account_id, step_up.totp_step, step_up.recovery_code_hash,
            step_up.passkey_id, step_up.passkey_before, step_up.passkey_after);
    end if;
    if step_up.outcome = 'proved' then
        -- A token that somebody saw before gains nothing: what it could do now is a new token's.
        insert into exchange.sessions (token_hash, account_id, expires_at, address, user_agent, device_id)
        select step_up.token_hash, s.account_id, s.expires_at, s.address, s.user_agent, s.device_id
        from exchange.sessions s where s.session_id = step_up.session_id
        returning session_id, expires_at, device_id
        into step_up.new_session_id, step_up.expires_at, step_up.device_id;
        perform exchange.end_sessions(step_up.account_id, array[step_up.session_id]);
        if step_up.recovery_code_hash is not null then
            perform exchange.tell_factor_changed(
                step_up.account_id, step_up.new_session_id, 'recovery code', 'used', is_weaker => false);
        end if;
    end if;
    return next;
end $$;

ALTER FUNCTION exchange.step_up(account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea, ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.step_up(account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea, ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea) IS 'Proves again who a session is, by a second factor, or by the password where the account has none (the hash that it fitted): then another session with a new token takes its place until the same end. Otherwise says wrong or blocked, as prove_factor does. Rejects: ACCESS_REVOKED, SECOND_FACTOR_REQUIRED, INVALID_TOKEN.';

CREATE FUNCTION exchange.step_up_length() RETURNS interval
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select interval '5 minutes'
$$;

ALTER FUNCTION exchange.step_up_length() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.step_up_length() IS 'For how long what a session has proved is good for what needs more than a session. For other functions.';

CREATE FUNCTION exchange.stepped_up_until(account_id bigint, session_id bigint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select least(s.stepped_up_at + exchange.step_up_length(), s.expires_at)
    from exchange.sessions s
    where s.session_id = stepped_up_until.session_id and s.account_id = stepped_up_until.account_id
        and s.expires_at > clock_timestamp()
$$;

ALTER FUNCTION exchange.stepped_up_until(account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.stepped_up_until(account_id bigint, session_id bigint) IS 'Until when the account''s session may do what needs a proof of late; null where it has ended.';

CREATE FUNCTION exchange.stream_positions() RETURNS TABLE(stream_id integer, name text, last_sequence bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select m.market_id, m.symbol, coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = m.market_id order by e.last_sequence desc limit 1), 0)
    from exchange.markets m
    union all
    select s.stream_id, s.name, s.last_sequence from exchange.streams s
    order by 1
$$;

ALTER FUNCTION exchange.stream_positions() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.stream_positions() IS 'Every stream and the number of its last message: where a follower that needs no history begins.';

CREATE FUNCTION exchange.sub_accounts_of(account_id bigint) RETURNS TABLE(sub_account_id bigint, label text, status text, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.account_id, a.label, a.status, a.created_at
    from exchange.accounts a
    where a.parent_account_id = sub_accounts_of.account_id
    order by a.account_id
$$;

ALTER FUNCTION exchange.sub_accounts_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.sub_accounts_of(account_id bigint) IS 'The account''s sub-accounts, the oldest first.';

CREATE FUNCTION exchange.submit_kyc(account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea, kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[], request_key text DEFAULT NULL::text) RETURNS TABLE(case_id bigint, submitted_at timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- Submissions of an account in 24 hours.
    max_submissions constant integer := 5;
    -- No stream has this number: the bell alone says that a review is due.
    review_bell constant text := '10902';
    earlier exchange.kyc_cases;
    owner exchange.accounts;
    wanted exchange.kyc_levels;
    made exchange.kyc_cases;
begin
    -- One at a time an account. Accounts are locked before sessions everywhere.
    select * into owner from exchange.accounts a where a.account_id = submit_kyc.account_id for no key update;
    perform exchange.require_session(submit_kyc.account_id, submit_kyc.session_id);
    select * into earlier from exchange.kyc_cases c
    where c.account_id = submit_kyc.account_id and c.request_key = submit_kyc.request_key;
    if found then
        if earlier.content_hash <> submit_kyc.content_hash then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'something else was submitted under this idempotency key');
        end if;
        return query select earlier.case_id, earlier.submitted_at, true;
        return;
    end if;
    select * into wanted from exchange.kyc_levels l where l.level = submit_kyc.level and l.level > 0;
    if not found then
        perform exchange.reject('UNKNOWN_LEVEL', format('there is no level %s to ask for', submit_kyc.level));
    end if;
    -- A document that is about to expire may be replaced at the same level.
    if wanted.level < owner.kyc_level or wanted.level = owner.kyc_level and owner.kyc_expiry_noticed_at is null then
        perform exchange.reject('LEVEL_REACHED', format('the account has level %s already', owner.kyc_level));
    end if;
    if wanted.needs_selfie and not 'selfie' = any (submit_kyc.kinds) then
        perform exchange.reject('DOCUMENT_MISSING', 'this level needs a picture of the person: selfie');
    end if;
    if submit_kyc.document_type <> 'passport' and not 'back' = any (submit_kyc.kinds) then
        perform exchange.reject('DOCUMENT_MISSING', 'this document has a second side: back');
    end if;
    if exists (select from exchange.kyc_cases c
        where c.account_id = submit_kyc.account_id and c.state in ('submitted', 'provider', 'manual')) then
        perform exchange.reject('CASE_OPEN', 'documents are under review already');
    end if;
    if (select count(*) from exchange.kyc_cases c
        where c.account_id = submit_kyc.account_id and c.submitted_at > now() - interval '24 hours') >= max_submissions then
        perform exchange.reject('TOO_MANY_CASES', format('at most %s submissions in 24 hours', max_submissions));
    end if;
    insert into exchange.kyc_cases (
        account_id, level, document_type, issuer, document_number, full_name, birth_date, expires_on, mrz, mrz_name,
        content_hash, request_key)
    values (
        submit_kyc.account_id, wanted.level, submit_kyc.document_type, submit_kyc.issuer, submit_kyc.document_number,
        submit_kyc.full_name, submit_kyc.birth_date, submit_kyc.expires_on, submit_kyc.mrz, submit_kyc.mrz_name,
        submit_kyc.content_hash, submit_kyc.request_key)
    returning * into made;
    insert into exchange.kyc_documents (case_id, kind, media_type, seal_id, key_label, wrapped_key, content, facts)
    select made.case_id, d.kind, d.media_type, d.seal_id, d.key_label, d.wrapped_key, d.content, nullif(d.facts, 'null')
    from unnest(
        submit_kyc.kinds, submit_kyc.media_types, submit_kyc.seal_ids, submit_kyc.key_labels, submit_kyc.wrapped_keys,
        submit_kyc.contents, submit_kyc.facts)
        as d (kind, media_type, seal_id, key_label, wrapped_key, content, facts);
    insert into exchange.kyc_events (case_id, actor, action, detail)
    values (made.case_id, 'owner', 'submitted', jsonb_build_object('level', made.level, 'files', submit_kyc.kinds));
    perform pg_notify('exchange_events', review_bell);
    return query select made.case_id, made.submitted_at, false;
end $$;

ALTER FUNCTION exchange.submit_kyc(account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea, kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[], request_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.submit_kyc(account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea, kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[], request_key text) IS 'Submits documents, encrypted already, in the name of a session; the review is due at once. One open case an account; an earlier one is kept. A repeat of the request key returns the first case. Rejects: ACCESS_REVOKED, DUPLICATE_IDEMPOTENCY_KEY, UNKNOWN_LEVEL, LEVEL_REACHED, DOCUMENT_MISSING, CASE_OPEN, TOO_MANY_CASES.';

CREATE FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- What is asked, without the right to ask, which differs from attempt to attempt.
    asked jsonb := (
        select jsonb_agg(c - array['session_id', 'api_key_id', 'valid_until'] order by n)
        from jsonb_array_elements(batch::jsonb) with ordinality as commands (c, n));
    first jsonb := batch::jsonb -> 0;
    kept exchange.request_keys;
    outcomes json;
begin
    if exists (select from jsonb_array_elements(asked) c
        where c ->> 'account_id' is distinct from submit_once.account_id::text) then
        perform exchange.reject('MALFORMED', 'all commands must be of the account that asks');
    end if;
    -- Waits for another transaction that is about to answer the same request.
    insert into exchange.request_keys (account_id, request_key, content)
    values (submit_once.account_id, submit_once.request_key, asked)
    on conflict do nothing;
    if found then
        outcomes := exchange.submit(batch);
        if exists (select from json_array_elements(outcomes) o where o ->> 'reject' in ('ACCESS_REVOKED', 'REQUEST_EXPIRED')) then
            -- Whoever asks by a better right may use the key.
            delete from exchange.request_keys k
            where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
        else
            update exchange.request_keys k set answer = outcomes::jsonb
            where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
        end if;
        return outcomes;
    end if;

    perform exchange.require_authority(submit_once.account_id, (first ->> 'session_id')::bigint,
        (first ->> 'api_key_id')::bigint, (first ->> 'valid_until')::bigint);
    select * into kept from exchange.request_keys k
    where k.account_id = submit_once.account_id and k.request_key = submit_once.request_key;
    if not found then
        raise exception 'the first answer has just been forgotten' using errcode = 'serialization_failure';
    end if;
    if kept.content <> asked then
        perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another request');
    end if;
    return (select json_agg(o || '{"repeated": true}' order by n)
        from jsonb_array_elements(kept.answer) with ordinality as outcomes (o, n));
end $$;

ALTER FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) IS 'Runs an account''s commands as submit does, once only under an idempotency key: a repeat gets the first outcomes again, marked as repeated. Refusals of the credential are not kept. Rejects: MALFORMED, DUPLICATE_IDEMPOTENCY_KEY, ACCESS_REVOKED, REQUEST_EXPIRED.';

CREATE FUNCTION exchange.take_login_attempt(subjects text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    quiet constant interval := '1 day';
    max_failures constant integer := 1000;
    taken_at timestamptz;
    paused_until timestamptz;
begin
    -- Everybody locks rows in this order, so that nobody waits in a circle.
    insert into exchange.login_pauses (subject, failures, last_attempt_at, paused_until)
    select s.subject, 0, now(), now() from unnest(subjects) as s (subject) order by s.subject collate "C"
    on conflict (subject) do nothing;
    perform from exchange.login_pauses p where p.subject = any (subjects) order by p.subject for no key update;
    taken_at := clock_timestamp();
    select max(p.paused_until) into paused_until from exchange.login_pauses p where p.subject = any (subjects);
    if paused_until > taken_at then
        return greatest(1, ceil(extract(epoch from paused_until - taken_at) * 1000));
    end if;
    update exchange.login_pauses p
    set failures = n.failures, last_attempt_at = taken_at,
        paused_until = taken_at + exchange.login_pause(p.subject, n.failures)
    from (
        select o.subject,
            case when o.last_attempt_at < taken_at - quiet then 1 else least(o.failures + 1, max_failures) end as failures
        from exchange.login_pauses o where o.subject = any (subjects)) n
    where p.subject = n.subject;
    return 0;
end $$;

ALTER FUNCTION exchange.take_login_attempt(subjects text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.take_login_attempt(subjects text[]) IS 'Takes an attempt of all these subjects, or of none: 0, or the milliseconds until one is taken. An attempt during a pause does not lengthen it. For other functions.';

CREATE FUNCTION exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[]) RETURNS TABLE(subject text, granted bigint, remaining bigint, ends_in_ms bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    return query
    insert into exchange.rate_usage as u (subject, window_start, allowed, granted, used)
    select a.subject, date_bin(make_interval(secs => a.seconds), now(), 'epoch'), a.allowed,
        least(a.amount, a.allowed), least(a.amount, a.allowed)
    from unnest(subjects, amounts, limits, seconds) as a (subject, amount, allowed, seconds)
    -- Everybody locks rows in this order, so that nobody waits in a circle.
    order by a.subject collate "C"
    on conflict (subject) do update
    set window_start = greatest(u.window_start, excluded.window_start),
        allowed = excluded.allowed,
        granted = case
            when u.window_start < excluded.window_start then excluded.granted
            else least(excluded.granted, greatest(excluded.allowed - u.used, 0))
        end,
        used = case
            when u.window_start < excluded.window_start then excluded.granted
            else u.used + least(excluded.granted, greatest(excluded.allowed - u.used, 0))
        end
    returning u.subject, u.granted, greatest(u.allowed - u.used, 0),
        (extract(epoch from u.window_start - clock_timestamp()) * 1000)::bigint
            + 1000 * seconds[array_position(subjects, u.subject)];
end $$;

ALTER FUNCTION exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[]) IS 'Reserves parts of limits for a server, for many subjects at once, each given once: what was granted of the amount, what nobody has reserved yet, and when the window ends. What all servers are granted in a window is never more than the limit.';

CREATE FUNCTION exchange.tell_balance(change text, withdrawal_id bigint, account_id bigint, asset_id integer, amount numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    payload jsonb;
begin
    select jsonb_build_object(
        'change', tell_balance.change, 'withdrawal_id', tell_balance.withdrawal_id::text,
        'account_id', b.account_id::text, 'asset', a.symbol, 'amount', round(tell_balance.amount, a.scale)::text,
        'available', round(b.available, a.scale)::text, 'held', round(b.held, a.scale)::text)
    into strict payload
    from exchange.balances b
    join exchange.assets a on a.asset_id = b.asset_id
    where b.account_id = tell_balance.account_id and b.asset_id = tell_balance.asset_id;
    perform exchange.append_event('asset', payload);
end $$;

ALTER FUNCTION exchange.tell_balance(change text, withdrawal_id bigint, account_id bigint, asset_id integer, amount numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.tell_balance(change text, withdrawal_id bigint, account_id bigint, asset_id integer, amount numeric) IS 'Writes to stream asset what a withdrawal did to a balance, which is locked and changed already. For other functions.';

CREATE FUNCTION exchange.tell_factor_changed(account_id bigint, session_id bigint, factor text, change text, is_weaker boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    caller exchange.sessions;
begin
    select * into caller from exchange.sessions s where s.session_id = tell_factor_changed.session_id;
    perform exchange.cause_mail(
        tell_factor_changed.account_id, 'factor_changed',
        exchange.mail_facts(caller.address, caller.user_agent, case
            when tell_factor_changed.is_weaker then exchange.block_withdrawals(tell_factor_changed.account_id)
        end)
        || jsonb_build_object('factor', tell_factor_changed.factor, 'change', tell_factor_changed.change));
end $$;

ALTER FUNCTION exchange.tell_factor_changed(account_id bigint, session_id bigint, factor text, change text, is_weaker boolean) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.tell_factor_changed(account_id bigint, session_id bigint, factor text, change text, is_weaker boolean) IS 'Mails an owner that a second factor was changed by a session; where less is asked for from now on, nothing is withdrawn for a day. For other functions.';

CREATE FUNCTION exchange.tell_market() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    told exchange.markets := coalesce(new, old);
    change text := case tg_op when 'INSERT' then 'made' when 'DELETE' then 'removed' else 'rules' end;
begin
    if tg_op = 'UPDATE' then
        -- The fee account and the time of making are nobody's business.
        if (new.symbol, new.min_quantity, new.max_quantity, new.min_notional, new.price_band,
            new.reference_price, new.max_open_orders, new.allow_self_trade, new.status)
            is not distinct from (old.symbol, old.min_quantity, old.max_quantity, old.min_notional, old.price_band,
            old.reference_price, old.max_open_orders, old.allow_self_trade, old.status) then
            return null;
        end if;
        if new.status <> old.status then
            change := 'status';
        end if;
    end if;
    perform exchange.append_event('markets', jsonb_build_object(
        'change', change, 'market', told.symbol, 'status', told.status));
    return null;
end $$;

ALTER FUNCTION exchange.tell_market() OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.tell_market() IS 'Says in stream markets what became of a market: made, status, rules or removed.';

CREATE FUNCTION exchange.tell_withdrawals(withdrawal_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    told record;
    facts jsonb;
begin
    -- Last in the transaction: whoever changes a withdrawal or a deposit waits for this stream's counter.
    for told in
        select w.*, a.symbol, a.scale, n.name as network
        from exchange.withdrawals w
        join exchange.assets a on a.asset_id = w.asset_id
        join chain.networks n on n.network_id = w.network_id
        where w.withdrawal_id = any (tell_withdrawals.withdrawal_ids)
        order by w.withdrawal_id
    loop
        facts := jsonb_strip_nulls(jsonb_build_object(
            'change', told.state, 'withdrawal_id', told.withdrawal_id::text, 'account_id', told.account_id::text,
            'asset', told.symbol, 'network', told.network, 'amount', round(told.amount, told.scale)::text,
            'fee', round(told.fee, told.scale)::text, 'state', told.state, 'reason', told.end_reason));
        perform exchange.append_event('finance', facts);
        if told.state = 'confirmed' and told.internal_account_id is not null then
            -- To whom it was paid: neither who paid nor what for.
            perform exchange.append_event('finance', facts - 'fee' || jsonb_build_object(
                'change', 'received', 'account_id', told.internal_account_id::text));
        end if;
    end loop;
end $$;

ALTER FUNCTION exchange.tell_withdrawals(withdrawal_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.tell_withdrawals(withdrawal_ids bigint[]) IS 'Writes to stream finance in which state withdrawals are now; after everything else of the transaction. For other functions.';

CREATE FUNCTION exchange.token_owner(token_hash bytea, purpose text) RETURNS TABLE(account_id bigint, email text, full_name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select a.account_id, a.email, a.full_name
    from exchange.account_tokens t
    join exchange.accounts a on a.account_id = t.account_id
    where t.token_hash = token_owner.token_hash and t.purpose = token_owner.purpose
        and t.used_at is null and t.expires_at > now()
$$;

ALTER FUNCTION exchange.token_owner(token_hash bytea, purpose text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.token_owner(token_hash bytea, purpose text) IS 'Whose one-time token it is, without using it: no row where it would be refused. So that no work is done for a token that is none.';

CREATE FUNCTION exchange.trades_of(account_id bigint, of_market text DEFAULT NULL::text, of_order_id bigint DEFAULT NULL::bigint, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_trade_id bigint DEFAULT NULL::bigint, before_part integer DEFAULT NULL::integer, limit_trades integer DEFAULT 100) RETURNS TABLE(trade_id bigint, market text, liquidity text, side text, order_id bigint, price numeric, quantity numeric, quote_amount numeric, fee numeric, fee_asset text, traded_at timestamp with time zone, client_order_id text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_trades, 100), 0), 1000);
    since timestamptz := coalesce(from_time, '-infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_trade_id, 0);
    place_part integer := coalesce(before_part, 2);
begin
    -- An order's trades are in its market, after its number.
    select array_agg(greatest(r.first_number, of_order_id)), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(of_market, from_time, to_time, before_time, before_trade_id) r
    where greatest(r.first_number, of_order_id) <= r.last_number
        and (of_order_id is null or r.market_id = of_order_id / 100000000000000);
    return query
    select t.trade_id, m.symbol, t.liquidity, t.side, t.order_id, t.price, t.quantity, t.quote_amount, t.fee,
        case t.side when 'buy' then b.symbol else q.symbol end, t.traded_at, o.client_order_id
    from (select l.* from unnest(firsts, lasts) as r (first, last)
    cross join lateral (
        (select i.trade_id, i.market_id, 0 as part, 'maker' as liquidity,
            case i.taker_side when 'buy' then 'sell' else 'buy' end as side, i.maker_order_id as order_id,
            i.price, i.quantity, i.quote_amount, i.maker_fee as fee, i.traded_at
        from exchange.trades i
        where i.maker_account_id = trades_of.account_id and i.trade_id between r.first and r.last and i.traded_at >= since
            and (i.traded_at, i.trade_id, - 0) < (place_time, place_id, - place_part)
            and (of_order_id is null or i.maker_order_id = of_order_id)
        order by i.trade_id desc limit wanted)
        union all
        (select i.trade_id, i.market_id, 1, 'taker', i.taker_side, i.taker_order_id,
            i.price, i.quantity, i.quote_amount, i.taker_fee, i.traded_at
        from exchange.trades i
        where i.taker_account_id = trades_of.account_id and i.trade_id between r.first and r.last and i.traded_at >= since
            and (i.traded_at, i.trade_id, - 1) < (place_time, place_id, - place_part)
            and (of_order_id is null or i.taker_order_id = of_order_id)
        order by i.trade_id desc limit wanted)
    ) l
    order by l.traded_at desc, l.trade_id desc, l.part limit wanted) t
    join exchange.markets m on m.market_id = t.market_id
    join exchange.assets b on b.asset_id = m.base_asset_id
    join exchange.assets q on q.asset_id = m.quote_asset_id
    -- For the rows that are shown alone, and only where the order can be: it ended after its trade.
    left join lateral (
        select h.client_order_id from exchange.orders h where h.state = 'open' and h.order_id = t.order_id
        union all
        select h.client_order_id from exchange.orders h
        where h.state in ('filled', 'cancelled', 'expired') and h.order_id = t.order_id and h.closed_at >= t.traded_at
        limit 1) o on true
    order by t.traded_at desc, t.trade_id desc, t.part;
end $$;

ALTER FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) IS 'An account''s trades, the newest first, at most 1,000: of one market, of one order, from a time until before another, following a place in the list (traded_at, number and, 0 for the maker and 1 for the taker, part of the last row), where given. A trade with itself is there twice. With the account''s name for its order. Row-level security applies. Rejects: UNKNOWN_MARKET.';

CREATE FUNCTION exchange.transfer(account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric, request_key text DEFAULT NULL::text) RETURNS TABLE(transfer_id bigint, transferred_at timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    moved exchange.assets;
    made exchange.transfers;
    side bigint;
    change numeric;
    after exchange.balances;
begin
    select * into moved from exchange.assets a where a.symbol = transfer.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(transfer.asset, 'null')));
    end if;
    -- 10^36 atoms is the engine's largest amount (extension/engine/src/rules.rs, MAX_NOTIONAL).
    if transfer.amount is null or transfer.amount = 'NaN' or transfer.amount <= 0
        or transfer.amount > power(10::numeric, 36 - moved.scale)
        or round(transfer.amount, moved.scale) <> transfer.amount then
        perform exchange.reject('INVALID_AMOUNT', format(
            '%s is moved by a positive amount with at most %s decimals', moved.symbol, moved.scale));
    end if;
    -- Nobody freezes one of them meanwhile. Accounts are locked before sessions everywhere.
    perform from exchange.accounts a
    where a.account_id in (transfer.account_id, transfer.from_account_id, transfer.to_account_id)
        and (a.account_id = transfer.account_id or a.parent_account_id = transfer.account_id)
    order by a.account_id for share;
    perform exchange.require_session(transfer.account_id, transfer.session_id);
    if not exchange.owns_account(transfer.account_id, transfer.from_account_id)
        or not exchange.owns_account(transfer.account_id, transfer.to_account_id) then
        perform exchange.reject('ACCOUNT_NOT_FOUND', 'both sides are the account itself or its sub-accounts');
    end if;
    if transfer.from_account_id = transfer.to_account_id then
        perform exchange.reject('SAME_ACCOUNT', 'money moves between two accounts');
    end if;
    if exists (
        select from exchange.accounts a
        where a.account_id in (transfer.account_id, transfer.from_account_id, transfer.to_account_id)
            and a.status <> 'active') then
        perform exchange.reject('ACCOUNT_FROZEN', 'one of the accounts is frozen');
    end if;

    insert into exchange.transfers (owner_account_id, from_account_id, to_account_id, asset_id, amount, request_key)
    values (transfer.account_id, transfer.from_account_id, transfer.to_account_id, moved.asset_id,
        round(transfer.amount, moved.scale), transfer.request_key)
    on conflict (owner_account_id, request_key) do nothing
    returning * into made;
    if not found then
        select * into made from exchange.transfers t
        where t.owner_account_id = transfer.account_id and t.request_key = transfer.request_key;
        if not found then
            raise exception 'another transaction has just used this idempotency key' using errcode = 'serialization_failure';
        end if;
        if (made.from_account_id, made.to_account_id, made.asset_id, made.amount)
            is distinct from (transfer.from_account_id, transfer.to_account_id, moved.asset_id, transfer.amount) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another transfer');
        end if;
        return query select made.transfer_id, made.transferred_at, true;
        return;
    end if;

    -- In key order, as every transaction locks balances.
    foreach side in array array[
        least(made.from_account_id, made.to_account_id), greatest(made.from_account_id, made.to_account_id)]
    loop
        change := case when side = made.from_account_id then - made.amount else made.amount end;
        insert into exchange.balances as b (account_id, asset_id, available, held)
        values (side, made.asset_id, round(0::numeric, moved.scale), round(0::numeric, moved.scale))
        on conflict (account_id, asset_id) do nothing;
        update exchange.balances b set available = b.available + change
        where b.account_id = side and b.asset_id = made.asset_id and b.available + change >= 0;
        if not found then
            perform exchange.reject('INSUFFICIENT_BALANCE', format('less than %s %s is available', made.amount, moved.symbol));
        end if;
    end loop;

    -- Last, because everybody who moves money by hand waits for this stream's counter.
    for after in
        select b.* from exchange.balances b
        where b.account_id in (made.from_account_id, made.to_account_id) and b.asset_id = made.asset_id
        order by b.account_id
    loop
        perform exchange.append_event('asset', jsonb_build_object(
            'change', 'transferred', 'transfer_id', made.transfer_id::text, 'account_id', after.account_id::text,
            'asset', moved.symbol,
            'amount', (case when after.account_id = made.from_account_id then - made.amount else made.amount end)::text,
            'available', after.available::text, 'held', after.held::text));
    end loop;
    return query select made.transfer_id, made.transferred_at, false;
end $$;

ALTER FUNCTION exchange.transfer(account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric, request_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.transfer(account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric, request_key text) IS 'Moves money between accounts of one owner, at once and without a fee, in the name of the owner''s session. A repeat of the request key with the same content returns the first transfer. Rejects: UNKNOWN_ASSET, INVALID_AMOUNT, ACCESS_REVOKED, ACCOUNT_NOT_FOUND, SAME_ACCOUNT, ACCOUNT_FROZEN, DUPLICATE_IDEMPOTENCY_KEY, INSUFFICIENT_BALANCE.';

CREATE FUNCTION exchange.try_commands(batch json) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    outcomes json;
begin
    begin
        outcomes := exchange.submit(batch);
        -- Variables survive what is rolled back: rows, rings, the book's memory and the locks do not.
        raise exception 'only a try' using errcode = 'RTRY0';
    exception when sqlstate 'RTRY0' then
        return outcomes;
    end;
end $$;

ALTER FUNCTION exchange.try_commands(batch json) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.try_commands(batch json) IS 'What submit would answer now. Nothing is booked, nobody is rung, and the markets are free again when it returns.';

CREATE FUNCTION exchange.txid_of_payment(payment_id bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- The one that was mined, else the last that a node has.
    select case n.family when 'evm' then '0x' else '' end || encode(t.txid, 'hex')
    from chain.attempts t
    join chain.networks n on n.network_id = t.network_id
    where t.payment_id = txid_of_payment.payment_id and t.state in ('broadcast', 'mined')
    order by t.state = 'mined' desc, t.number desc
    limit 1
$$;

ALTER FUNCTION exchange.txid_of_payment(payment_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.txid_of_payment(payment_id bigint) IS 'The transaction that carries a payment, as the chain''s tools print it; null before a node has one.';

CREATE FUNCTION exchange.use_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    used exchange.ceremonies;
begin
    delete from exchange.ceremonies c
    where c.token_hash = use_ceremony.token_hash and c.kind = use_ceremony.kind and c.expires_at > clock_timestamp()
        and c.account_id is not distinct from use_ceremony.account_id
        and c.session_id is not distinct from use_ceremony.session_id
    returning * into used;
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'this token is unknown, was used, or is too old; begin anew');
    end if;
    return used.password_hash;
end $$;

ALTER FUNCTION exchange.use_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.use_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint) IS 'Uses a ceremony up: of two answers the second finds nothing. Returns the password hash of a login. For other functions. Rejects: INVALID_TOKEN.';

CREATE TABLE exchange.account_tokens (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    purpose text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT account_tokens_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT account_tokens_purpose_known CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'set_password'::text, 'reset_password'::text, 'change_email'::text, 'freeze'::text]))),
    CONSTRAINT account_tokens_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE exchange.account_tokens OWNER TO exchange_owner;

COMMENT ON TABLE exchange.account_tokens IS 'One-time tokens of links and next steps; the token itself is nowhere stored.';

COMMENT ON COLUMN exchange.account_tokens.token_hash IS 'SHA-256 of the token.';

COMMENT ON COLUMN exchange.account_tokens.account_id IS 'For whom.';

COMMENT ON COLUMN exchange.account_tokens.purpose IS 'verify_email, reset_password, change_email, freeze: came by mail; set_password: the step after the first two.';

COMMENT ON COLUMN exchange.account_tokens.created_at IS 'When it was made.';

COMMENT ON COLUMN exchange.account_tokens.expires_at IS 'From when on it is refused.';

COMMENT ON COLUMN exchange.account_tokens.used_at IS 'When it was used; it works once.';

COMMENT ON COLUMN exchange.account_tokens.facts IS 'The facts of the mail that it came by.';

CREATE FUNCTION exchange.use_token(token_hash bytea, purposes text[]) RETURNS exchange.account_tokens
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    used exchange.account_tokens;
    owner_id bigint;
begin
    select t.account_id into owner_id from exchange.account_tokens t where t.token_hash = use_token.token_hash;
    -- Accounts are locked before what belongs to them. Of two clicks the second waits here.
    perform from exchange.accounts a where a.account_id = owner_id for no key update;
    update exchange.account_tokens t set used_at = now()
    where t.token_hash = use_token.token_hash and t.purpose = any (use_token.purposes)
        and t.used_at is null and t.expires_at > now()
    returning * into used;
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'this link is unknown, was used, or is too old');
    end if;
    return used;
end $$;

ALTER FUNCTION exchange.use_token(token_hash bytea, purposes text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.use_token(token_hash bytea, purposes text[]) IS 'Uses up a one-time token of one of these purposes and returns it, with its account locked. For other functions. Rejects: INVALID_TOKEN.';

CREATE FUNCTION exchange.use_up_tokens(account_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    update exchange.account_tokens t set used_at = now()
    where t.account_id = use_up_tokens.account_id and t.used_at is null and t.purpose <> 'freeze'
$$;

ALTER FUNCTION exchange.use_up_tokens(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.use_up_tokens(account_id bigint) IS 'After a change of an account''s security no older link changes anything, but for those that freeze it. For other functions.';

CREATE FUNCTION exchange.verify_email(token_hash bytea, password_token_hash bytea) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lifetime constant interval := '1 hour';
    used exchange.account_tokens;
begin
    used := exchange.use_token(verify_email.token_hash, array['verify_email', 'reset_password']);
    -- Who reads the address says who its owner is: by the request that this very link answers.
    update exchange.accounts a
    set full_name = r.full_name, country = r.country, birth_date = r.birth_date, phone = r.phone
    from exchange.mail_requests r
    where a.account_id = used.account_id and used.purpose = 'verify_email'
        and (a.full_name is null or a.password_hash is null)
        and r.mail_request_id = (used.facts ->> 'mail_request_id')::bigint and r.kind = 'register';
    update exchange.accounts set email_verified_at = coalesce(email_verified_at, now())
    where account_id = used.account_id;
    insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
    values (verify_email.password_token_hash, used.account_id, 'set_password', now() + lifetime);
    return now() + lifetime;
end $$;

ALTER FUNCTION exchange.verify_email(token_hash bytea, password_token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.verify_email(token_hash bytea, password_token_hash bytea) IS 'Follows the link of a mail: the address is proved, what was said of the person at registration is taken over, and the second token allows to set the password until the time returned. Rejects: INVALID_TOKEN.';

CREATE FUNCTION exchange.withdrawal_addresses_of(account_id bigint) RETURNS TABLE(withdrawal_address_id bigint, network text, address text, label text, created_at timestamp with time zone, usable_from timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select w.withdrawal_address_id, n.name, w.address, w.label, w.created_at, w.usable_from
    from exchange.withdrawal_addresses w
    join chain.networks n on n.network_id = w.network_id
    where w.account_id = withdrawal_addresses_of.account_id and w.removed_at is null
    order by w.withdrawal_address_id
$$;

ALTER FUNCTION exchange.withdrawal_addresses_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.withdrawal_addresses_of(account_id bigint) IS 'An account''s address book, the oldest entry first; 100 at most.';

CREATE FUNCTION exchange.withdrawal_fee_of(coin chain.coins, OUT fee numeric, OUT quiet_ppm integer) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- A median over so long: a spike of some minutes does not move it.
    smoothed_over constant interval := '30 minutes';
    -- An hour is known to be quiet once it was measured on so many days.
    known_after_days constant integer := 7;
    -- The most that quiet hours take off.
    most_quiet_ppm constant integer := 200000;
    of_asset exchange.assets;
    native exchange.assets;
    newest timestamptz;
    rate numeric;
    cost numeric;
begin
    select * into strict of_asset from exchange.assets a where a.asset_id = coin.asset_id;
    -- The last that the node said counts, however old: while it is away nothing is sent anyway.
    select max(s.sampled_at) into newest from chain.fee_samples s where s.network_id = coin.network_id;
    if newest is null then
        perform exchange.reject('FEE_UNKNOWN', 'the network has not said yet what a transaction costs; try again');
    end if;
    select percentile_disc(0.5) within group (order by s.rate) into strict rate
    from chain.fee_samples s
    where s.network_id = coin.network_id and s.sampled_at > newest - smoothed_over;
    select coalesce(least(most_quiet_ppm, greatest(0, trunc((h.usual_rate - h.rate) * 1000000 / h.usual_rate)))::integer, 0)
    into quiet_ppm
    from (values (1)) as one
    left join chain.fee_hours h on h.network_id = coin.network_id and h.days >= known_after_days
        and h.hour = extract(hour from now() at time zone 'utc');

    select a.* into native
    from chain.coins c join exchange.assets a on a.asset_id = c.asset_id
    where c.network_id = coin.network_id and c.contract is null;
    cost := rate * coin.fee_units / power(10::numeric, native.scale);
    if native.asset_id <> of_asset.asset_id then
        cost := risk.value_of(native.symbol, cost, now()) / risk.value_of(of_asset.symbol, 1, now());
    end if;
    -- Without a price the most is asked. Rounded up to the atom.
    fee := least(coin.fee_ceiling, greatest(coin.fee_floor, coalesce(
        ceil(cost * (1000000 - quiet_ppm) / 1000000 * power(10::numeric, of_asset.scale)) / power(10::numeric, of_asset.scale),
        coin.fee_ceiling)));
    fee := round(fee, of_asset.scale);
end $$;

ALTER FUNCTION exchange.withdrawal_fee_of(coin chain.coins, OUT fee numeric, OUT quiet_ppm integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.withdrawal_fee_of(coin chain.coins, OUT fee numeric, OUT quiet_ppm integer) IS 'What a withdrawal of a coin costs now: the network''s smoothed rate for fee_units, less in hours that are quiet as measured, in the asset by last prices, rounded up, between floor and ceiling. For other functions. Rejects: FEE_UNKNOWN.';

CREATE FUNCTION exchange.withdrawal_mode_of(account_id bigint) RETURNS TABLE(book_only boolean, book_only_ends_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select exchange.sends_to_book_only(a.account_id),
        case when exchange.sends_to_book_only(a.account_id) then a.book_only_ends_at end
    from exchange.accounts a where a.account_id = withdrawal_mode_of.account_id
$$;

ALTER FUNCTION exchange.withdrawal_mode_of(account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.withdrawal_mode_of(account_id bigint) IS 'Whether an account''s withdrawals go to addresses of its book alone, and until when, where the owner took that back.';

CREATE FUNCTION exchange.withdrawal_network(asset text, network text DEFAULT NULL::text) RETURNS TABLE(name text, family text, chain text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(withdrawal_network.asset, withdrawal_network.network);
begin
    return query select n.name, n.family, n.chain from chain.networks n where n.network_id = coin.network_id;
end $$;

ALTER FUNCTION exchange.withdrawal_network(asset text, network text) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.withdrawal_network(asset text, network text) IS 'By which network''s rules an address of a withdrawal is read. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED.';

CREATE FUNCTION exchange.withdrawals_of(account_id bigint, of_asset text DEFAULT NULL::text, of_network text DEFAULT NULL::text, of_states text[] DEFAULT NULL::text[], from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_withdrawal_id bigint DEFAULT NULL::bigint, limit_withdrawals integer DEFAULT 100, only_withdrawal_id bigint DEFAULT NULL::bigint) RETURNS TABLE(withdrawal_id bigint, asset text, network text, address text, amount numeric, fee numeric, state text, is_internal boolean, may_cancel boolean, txid text, end_reason text, requested_at timestamp with time zone, approved_at timestamp with time zone, ended_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    only_asset integer;
    only_network integer;
begin
    if of_asset is not null then
        select a.asset_id into only_asset from exchange.assets a where a.symbol = of_asset;
        if not found then
            perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
        end if;
    end if;
    if of_network is not null then
        select n.network_id into only_network from chain.networks n where n.name = of_network;
        if not found then
            perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', of_network));
        end if;
    end if;
    return query
    with page as (
        select w.* from exchange.withdrawals w
        where w.account_id = withdrawals_of.account_id
            and w.withdrawal_id < coalesce(before_withdrawal_id, 9223372036854775807)
            and (only_withdrawal_id is null or w.withdrawal_id = only_withdrawal_id)
            and (only_asset is null or w.asset_id = only_asset)
            and (only_network is null or w.network_id = only_network)
            and (coalesce(cardinality(of_states), 0) = 0 or w.state = any (of_states))
            and (from_time is null or w.requested_at >= from_time) and (to_time is null or w.requested_at < to_time)
        order by w.withdrawal_id desc
        limit least(greatest(coalesce(limit_withdrawals, 100), 0), 1000)
    )
    select w.withdrawal_id, a.symbol, n.name, w.address, round(w.amount, a.scale), round(w.fee, a.scale), w.state,
        w.internal_account_id is not null, w.state in ('requested', 'approved') and w.payment_id is null,
        exchange.txid_of_payment(w.payment_id), w.end_reason, w.requested_at, w.approved_at, w.ended_at
    from page w
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    order by w.withdrawal_id desc;
end $$;

ALTER FUNCTION exchange.withdrawals_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_withdrawal_id bigint, limit_withdrawals integer, only_withdrawal_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION exchange.withdrawals_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_withdrawal_id bigint, limit_withdrawals integer, only_withdrawal_id bigint) IS 'An account''s withdrawals, the newest first, at most 1,000: of one asset, of one network, in one of these states, asked for from a time until before another, before a number in the list, or one alone, where given; with the transaction that carries each. Row-level security applies. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';

CREATE FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if session_user <> 'exchange_signer_' || add_signature.signer then
        raise exception 'signer % signs as its own role', add_signature.signer using errcode = 'insufficient_privilege';
    end if;
    insert into proof.signatures (proof_id, network_id, signer, holder, public_key, signature)
    values (
        add_signature.proof_id, add_signature.network_id, add_signature.signer, add_signature.holder, add_signature.public_key,
        add_signature.signature)
    on conflict do nothing;
end $$;

ALTER FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) IS 'Stores a signer''s signature over a statement; a second one is ignored. Whether it is right everybody can verify.';

CREATE FUNCTION proof.atom_bytes(atoms numeric) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    AS $$
    select case
        when atoms < 9223372036854775808 then '\x0000000000000000'::bytea || int8send(atoms::bigint)
        else int8send((div(atoms, 18446744073709551616)
                - case when atoms >= 170141183460469231731687303715884105728 then 18446744073709551616 else 0 end)::bigint)
            || int8send((mod(atoms, 18446744073709551616)
                - case when mod(atoms, 18446744073709551616) >= 9223372036854775808 then 18446744073709551616 else 0 end)::bigint)
    end
$$;

ALTER FUNCTION proof.atom_bytes(atoms numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.atom_bytes(atoms numeric) IS 'A whole number below 2^128 as 16 bytes, big-endian, as hashes have it.';

CREATE FUNCTION proof.book_loss(network text, wallet text, asset text, txid bytea, amount numeric, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    robbed record;
    booked bigint;
begin
    select n.network_id, w.wallet_id, a.asset_id, a.scale into robbed
    from chain.networks n
    join chain.wallets w on w.network_id = n.network_id and w.role = book_loss.wallet
    join chain.coins c on c.network_id = n.network_id
    join exchange.assets a on a.asset_id = c.asset_id and a.symbol = book_loss.asset
    where n.name = book_loss.network;
    if not found then
        raise exception 'no wallet % of % on %', book_loss.wallet, book_loss.asset, book_loss.network using errcode = 'no_data_found';
    end if;
    if book_loss.amount is null or book_loss.amount <> round(book_loss.amount, robbed.scale) or coalesce(book_loss.reason, '') = '' then
        raise exception 'a loss has an amount in atoms and a reason' using errcode = 'invalid_parameter_value';
    end if;
    insert into exchange.reserve_entries (
        network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
    -- It hangs on no block: no reorganisation takes it back.
    values (
        robbed.network_id, book_loss.txid, 'lost', robbed.asset_id, robbed.wallet_id, - book_loss.amount, 0,
        exchange.house_account('capital'), exchange.house_account('external'))
    returning reserve_entry_id into booked;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'loss_booked', 'network', book_loss.network, 'asset', book_loss.asset, 'amount', book_loss.amount::text,
        'txid', encode(book_loss.txid, 'hex'), 'reason', book_loss.reason));
    return booked;
end $$;

ALTER FUNCTION proof.book_loss(network text, wallet text, asset text, txid bytea, amount numeric, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.book_loss(network text, wallet text, asset text, txid bytea, amount numeric, reason text) IS 'Books what left our wallets without a payment of ours, at the cost of the house''s capital; negative: what came in and was not seen. After it the comparison agrees again. The operator''s alone.';

CREATE FUNCTION proof.depth_of(leaves bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$ select length(ltrim((leaves - 1)::bit(63)::text, '0')) $$;

ALTER FUNCTION proof.depth_of(leaves bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.depth_of(leaves bigint) IS 'Levels above so many leaves until one node is left: 0 for one leaf.';

CREATE FUNCTION proof.facts_of(network_id integer) RETURNS TABLE(asset_id integer, asset text, scale integer, contract bytea, block_height bigint, block_hash bytea, expected numeric, parts jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
    -- One statement, so one snapshot. docs/decisions/0020 has the equation in words.
    with tip as (
        select b.height, b.hash from chain.blocks b
        where b.network_id = facts_of.network_id and b.is_active
        order by b.height desc
        limit 1
    ), mined as materialized (
        select t.attempt_id, t.payment_id, t.fee, t.is_success is true or n.family = 'bitcoin' as is_success
        from chain.attempts t
        join chain.networks n on n.network_id = t.network_id
        join chain.blocks b on b.network_id = t.network_id and b.hash = t.block_hash and b.is_active
        where t.network_id = facts_of.network_id and t.state = 'mined'
    ), terms (asset_id, term, amount) as (
        -- What the ledger has of this network.
        select e.asset_id, 'credited', sum(e.amount)
        from exchange.deposit_entries e
        join exchange.deposits d on d.deposit_id = e.deposit_id
        where d.network_id = facts_of.network_id
        group by e.asset_id
        union all
        select r.asset_id, 'reserves', sum(r.amount)
        from exchange.reserve_entries r
        where r.network_id = facts_of.network_id
        group by r.asset_id
        union all
        select w.asset_id, 'withdrawn', - sum(w.amount)
        from exchange.withdrawals w
        where w.network_id = facts_of.network_id and w.state = 'confirmed' and w.internal_account_id is null
        group by w.asset_id
        union all
        select c.asset_id, 'costs', - sum(c.amount)
        from exchange.network_costs c
        join chain.attempts t on t.attempt_id = c.attempt_id
        where t.network_id = facts_of.network_id
        group by c.asset_id
        union all
        -- What is in the chain and not, or not yet, in the ledger.
        select d.asset_id, 'not_credited', sum(d.amount)
        from exchange.deposits d
        where d.network_id = facts_of.network_id and d.block_hash is not null and d.state <> 'credited'
        group by d.asset_id
        union all
        select p.asset_id, 'mined', - sum(i.amount)
        from mined m
        join chain.payments p on p.payment_id = m.payment_id and p.purpose in ('withdrawal', 'refund')
        join chain.payment_items i on i.payment_id = p.payment_id
        left join exchange.withdrawals w on w.withdrawal_id = i.withdrawal_id
        where m.is_success and w.state is distinct from 'confirmed'
        group by p.asset_id
        union all
        -- A payment to a script of ours has left nothing.
        select p.asset_id, 'to_ourselves', sum(i.amount)
        from mined m
        join chain.payments p on p.payment_id = m.payment_id and p.purpose in ('withdrawal', 'refund')
        join chain.payment_items i on i.payment_id = p.payment_id
        where m.is_success and (
            exists (select from chain.addresses a where a.network_id = facts_of.network_id and a.script = i.script)
            or exists (select from chain.wallets w where w.network_id = facts_of.network_id and w.script = i.script))
        group by p.asset_id
        union all
        select c.asset_id, 'fees', - sum(m.fee)
        from mined m
        join chain.coins c on c.network_id = facts_of.network_id and c.contract is null
        where m.fee is not null and not exists (select from exchange.network_costs n where n.attempt_id = m.attempt_id)
        group by c.asset_id
    )
    select c.asset_id, a.symbol, a.scale::integer, c.contract, tip.height, tip.hash, round(coalesce(s.expected, 0), a.scale),
        coalesce(s.parts, '{}')
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    cross join tip
    left join lateral (
        select sum(t.amount) as expected, jsonb_object_agg(t.term, t.amount::text) as parts
        from terms t
        where t.asset_id = c.asset_id
    ) s on true
    where c.network_id = facts_of.network_id
    order by c.asset_id
$$;

ALTER FUNCTION proof.facts_of(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.facts_of(network_id integer) IS 'What our wallets and deposit addresses of a network should hold of each coin at the highest block that was read, and the sums that make it up. No row before the first block.';

CREATE FUNCTION proof.fold(nodes bytea, atoms numeric[], levels integer, OUT hash bytea, OUT sum_atoms numeric) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    above record;
begin
    for level in 1 .. levels loop
        select * into above from proof.level_above(nodes, atoms);
        nodes := above.nodes_above;
        atoms := above.atoms_above;
    end loop;
    hash := substr(nodes, 1, 32);
    sum_atoms := atoms[1];
end $$;

ALTER FUNCTION proof.fold(nodes bytea, atoms numeric[], levels integer, OUT hash bytea, OUT sum_atoms numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.fold(nodes bytea, atoms numeric[], levels integer, OUT hash bytea, OUT sum_atoms numeric) IS 'The first node so many levels above these: the root where the levels are all there are.';

CREATE FUNCTION proof.forget_pages(age_days integer, limit_proofs integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    forgotten integer;
begin
    with old as (
        select p.proof_id from proof.proofs p
        where p.made_at < now() - make_interval(days => forget_pages.age_days)
            and exists (select from proof.pages g where g.proof_id = p.proof_id)
        order by p.proof_id
        limit greatest(forget_pages.limit_proofs, 0)
    ), gone as (
        delete from proof.pages g using old o where g.proof_id = o.proof_id
    )
    select count(*) into forgotten from old;
    delete from proof.reconciliations r where r.compared_at < now() - interval '400 days';
    return forgotten;
end $$;

ALTER FUNCTION proof.forget_pages(age_days integer, limit_proofs integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.forget_pages(age_days integer, limit_proofs integer) IS 'Forgets the leaves of proofs older than so many days, so many proofs at most, and comparisons older than 400 days; returns of how many proofs. The roots stay.';

CREATE FUNCTION proof.halt_all(reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    halted constant integer := exchange.set_withdrawal_halt(null, null, halt_all.reason);
begin
    if halted > 0 then
        perform exchange.append_event('finance', jsonb_build_object('change', 'withdrawals_halted', 'reason', halt_all.reason));
    end if;
    return halted;
end $$;

ALTER FUNCTION proof.halt_all(reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.halt_all(reason text) IS 'Halts what is sent on every network, because a check is violated, and says so in the stream finance; returns how many were not halted before.';

CREATE FUNCTION proof.halt_coin(network_id integer, asset_id integer, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    halted record;
begin
    select n.name as network, a.symbol as asset into strict halted
    from chain.networks n
    join exchange.assets a on a.asset_id = halt_coin.asset_id
    where n.network_id = halt_coin.network_id;
    if exchange.set_withdrawal_halt(halted.asset, halted.network, halt_coin.reason) = 0 then
        return false;
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'withdrawals_halted', 'network', halted.network, 'asset', halted.asset, 'reason', halt_coin.reason));
    return true;
end $$;

ALTER FUNCTION proof.halt_coin(network_id integer, asset_id integer, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.halt_coin(network_id integer, asset_id integer, reason text) IS 'Halts the withdrawals of a coin and says so in the stream finance; false where they were halted already. For other functions.';

CREATE FUNCTION proof.holders_of(network_id integer) RETURNS TABLE(holder text, script bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select w.role, w.script from chain.wallets w where w.network_id = holders_of.network_id
    union all
    select 'deposits', a.script
    from chain.addresses a
    where a.network_id = holders_of.network_id and a.script is not null
        and a.address_id in (
            select d.address_id from exchange.deposits d where d.network_id = holders_of.network_id and d.block_hash is not null)
$$;

ALTER FUNCTION proof.holders_of(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.holders_of(network_id integer) IS 'EVM: accounts of ours that may hold something: the wallets, and deposit addresses to which something was ever paid. A node is asked for each.';

CREATE FUNCTION proof.level_above(nodes bytea, atoms numeric[], OUT nodes_above bytea, OUT atoms_above numeric[]) RETURNS record
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- A node is 48 bytes: its hash, then its sum. A missing neighbour is 48 zero bytes.
    select string_agg(sha256('\x01'::bytea || p.pair) || proof.atom_bytes(p.sum), ''::bytea order by p.number),
        array_agg(p.sum order by p.number)
    from (
        select n as number, substr(nodes || decode(repeat('00', 48), 'hex'), n * 96 + 1, 96) as pair,
            atoms[2 * n + 1] + coalesce(atoms[2 * n + 2], 0) as sum
        from generate_series(0, (cardinality(atoms) - 1) / 2) n
    ) p
$$;

ALTER FUNCTION proof.level_above(nodes bytea, atoms numeric[], OUT nodes_above bytea, OUT atoms_above numeric[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.level_above(nodes bytea, atoms numeric[], OUT nodes_above bytea, OUT atoms_above numeric[]) IS 'The nodes above those of one level of a tree: node = sha256(0x01, left hash, left sum, right hash, right sum).';

CREATE FUNCTION proof.liabilities(at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET work_mem TO '256MB'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    leaves_a_page constant integer := 1024;
    levels_a_page constant integer := 10;
    made bigint;
begin
    -- The facts of a minute are not all there yet: they bear the time when their transaction began.
    if liabilities.at > now() - interval '1 minute' then
        raise exception 'a past moment is a minute ago or more; null means now' using errcode = 'invalid_parameter_value';
    end if;
    insert into proof.proofs (taken_at) values (coalesce(liabilities.at, clock_timestamp())) returning proof_id into made;

    -- One statement, so one snapshot for all assets.
    with owed as materialized (
        select b.account_id, b.asset_id, b.available + b.held as amount
        from exchange.balances b
        where liabilities.at is null and b.available + b.held <> 0
        union all
        select l.account_id, l.asset_id, sum(l.amount)
        from exchange.ledger l
        where liabilities.at is not null and l.occurred_at <= liabilities.at
        group by l.account_id, l.asset_id
        having sum(l.amount) <> 0
    ), secrets as materialized (
        select s.asset_id, s.scale, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as secret
        from exchange.assets s
    ), salted as (
        select o.asset_id, o.account_id, proof.salt_of(s.secret, o.account_id) as salt,
            trunc(o.amount * ('1e' || s.scale)::numeric) as atoms
        from owed o
        join secrets s on s.asset_id = o.asset_id
        join exchange.accounts a on a.account_id = o.account_id and a.role = 'user'
    ), leaves as (
        -- In the order of the salts, which is no order of people: a neighbour's sum has no name.
        select l.*, (row_number() over (partition by l.asset_id order by l.salt) - 1) / leaves_a_page as page,
            count(*) over (partition by l.asset_id) as all_leaves
        from salted l
    ), gathered as (
        select l.asset_id, l.page::integer as page, min(l.all_leaves) as all_leaves, array_agg(l.account_id order by l.salt) as account_ids,
            array_agg(l.atoms order by l.salt) as atoms,
            string_agg(
                sha256('\x00'::bytea || l.salt || int8send(l.account_id) || proof.atom_bytes(l.atoms)) || proof.atom_bytes(l.atoms),
                ''::bytea order by l.salt) as nodes
        from leaves l
        group by l.asset_id, l.page
    ), pages as materialized (
        select g.asset_id, g.page, g.all_leaves, g.account_ids, g.atoms, f.hash, f.sum_atoms
        from gathered g
        cross join lateral proof.fold(
            g.nodes, g.atoms, case when g.all_leaves > leaves_a_page then levels_a_page else proof.depth_of(g.all_leaves) end) f
    ), stored as (
        insert into proof.pages (proof_id, asset_id, page, first_salt, account_ids, atoms, hash, sum_atoms)
        select made, p.asset_id, p.page, proof.salt_of(s.secret, p.account_ids[1]), p.account_ids, p.atoms, p.hash, p.sum_atoms
        from pages p
        join secrets s on s.asset_id = p.asset_id
    ), tops as (
        select p.asset_id, min(p.all_leaves) as all_leaves, count(*) as pages,
            string_agg(p.hash || proof.atom_bytes(p.sum_atoms), ''::bytea order by p.page) as nodes,
            array_agg(p.sum_atoms order by p.page) as atoms
        from pages p
        group by p.asset_id
    ), house as (
        select o.asset_id, sum(o.amount) as amount
        from owed o
        join exchange.accounts a on a.account_id = o.account_id and a.role in ('fees', 'withdrawal_fees')
        group by o.asset_id
    )
    insert into proof.roots (proof_id, asset_id, root, sum, leaves, house_amount, secret)
    select made, s.asset_id, coalesce(f.hash, decode(repeat('00', 32), 'hex')),
        round(coalesce(f.sum_atoms, 0) / ('1e' || s.scale)::numeric, s.scale), coalesce(t.all_leaves, 0), round(coalesce(h.amount, 0), s.scale),
        s.secret
    from secrets s
    left join tops t on t.asset_id = s.asset_id
    left join lateral proof.fold(t.nodes, t.atoms, proof.depth_of(t.pages)) f on t.asset_id is not null
    left join house h on h.asset_id = s.asset_id;
    return made;
end $$;

ALTER FUNCTION proof.liabilities(at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.liabilities(at timestamp with time zone) IS 'Makes a proof of what all users are owed, each asset a Merkle-sum tree, and returns its number. Null: now, from the balances, in one snapshot beside running trade. A moment a minute ago or more: from the ledger, all of which it reads. A negative balance, which cannot be, fails it. Sub-accounts are users; the house''s accounts are not in the tree.';

CREATE FUNCTION proof.list_proofs(before bigint DEFAULT NULL::bigint, limit_proofs integer DEFAULT 20) RETURNS TABLE(proof_id bigint, taken_at timestamp with time zone, roots jsonb, statements jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p.proof_id, p.taken_at, r.roots, coalesce(s.statements, '[]')
    from proof.proofs p
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'asset', a.symbol, 'scale', a.scale, 'root', encode(r.root, 'hex'), 'sum', r.sum::text, 'leaves', r.leaves,
            'house_amount', r.house_amount::text) order by r.asset_id) as roots
        from proof.roots r
        join exchange.assets a on a.asset_id = r.asset_id
        where r.proof_id = p.proof_id
    ) r
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'network', n.name, 'family', n.family, 'chain', n.chain, 'block_height', s.block_height,
            'block_hash', encode(s.block_hash, 'hex'), 'message', s.message,
            'reserves', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'holder', v.holder, 'address', v.address, 'descriptor', v.descriptor, 'asset', a.symbol, 'amount', v.amount::text)
                    order by v.asset_id, v.holder), '[]')
                from proof.reserves v
                join exchange.assets a on a.asset_id = v.asset_id
                where v.proof_id = s.proof_id and v.network_id = s.network_id),
            'signatures', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'holder', g.holder, 'public_key', encode(g.public_key, 'hex'), 'signature', encode(g.signature, 'hex'))
                    order by g.holder, g.signer), '[]')
                from proof.signatures g
                where g.proof_id = s.proof_id and g.network_id = s.network_id)) order by s.network_id) as statements
        from proof.statements s
        join chain.networks n on n.network_id = s.network_id
        where s.proof_id = p.proof_id
    ) s
    where list_proofs.before is null or p.proof_id < list_proofs.before
    order by p.proof_id desc
    limit least(greatest(coalesce(limit_proofs, 20), 1), 101)
$$;

ALTER FUNCTION proof.list_proofs(before bigint, limit_proofs integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.list_proofs(before bigint, limit_proofs integer) IS 'Proofs, the newest first, at most 101: what is owed of each asset with its root, and what was held on each network with signatures of the wallets'' keys. Public.';

CREATE FUNCTION proof.outputs_of(network_id integer) RETURNS TABLE(holder text, txid bytea, output_index integer, script bytea, amount numeric)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(w.role, 'deposits'), o.txid, o.output_index, coalesce(w.script, a.script), o.amount
    from chain.outputs o
    left join chain.wallets w on w.wallet_id = o.wallet_id
    left join chain.addresses a on a.address_id = o.address_id
    where o.network_id = outputs_of.network_id and o.block_hash is not null and o.spent_height is null
$$;

ALTER FUNCTION proof.outputs_of(network_id integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.outputs_of(network_id integer) IS 'Bitcoin: our outputs that no block spends. A node is asked for each.';

CREATE FUNCTION proof.path_of(account_id bigint, proof_id bigint, asset text) RETURNS TABLE(found_proof_id bigint, taken_at timestamp with time zone, scale integer, root bytea, sum_atoms text, salt bytea, atoms text, path jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked record;
    own proof.pages;
    own_salt bytea;
    place integer;
    nodes bytea;
    found_path jsonb;
begin
    -- The API may ask for the account that it acts for, whatever number it passes.
    if path_of.account_id is distinct from nullif(current_setting('exchange.account_id', true), '')::bigint then
        raise exception 'another account''s leaf' using errcode = 'insufficient_privilege';
    end if;
    perform from exchange.assets a where a.symbol = path_of.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(path_of.asset, 'null')));
    end if;
    select p.proof_id, p.taken_at, a.asset_id, a.scale, r.root, r.leaves, r.secret, r.sum into asked
    from proof.proofs p
    join proof.roots r on r.proof_id = p.proof_id
    join exchange.assets a on a.asset_id = r.asset_id and a.symbol = path_of.asset
    where path_of.proof_id is null or p.proof_id = path_of.proof_id
    order by p.proof_id desc
    limit 1;
    if not found or (asked.leaves > 0 and not exists (
        select from proof.pages g where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id)) then
        perform exchange.reject('PROOF_NOT_FOUND', 'there is no such proof, or its leaves are not kept any more');
    end if;

    own_salt := proof.salt_of(asked.secret, path_of.account_id);
    select g.* into own
    from proof.pages g
    where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id and g.first_salt <= own_salt
    order by g.first_salt desc
    limit 1;
    place := array_position(own.account_ids, path_of.account_id) - 1;
    if place is null then
        perform exchange.reject('LEAF_NOT_FOUND', 'the account was owed nothing of this asset');
    end if;

    select string_agg(
        sha256('\x00'::bytea || proof.salt_of(asked.secret, l.account_id) || int8send(l.account_id) || proof.atom_bytes(l.atoms))
            || proof.atom_bytes(l.atoms), ''::bytea order by l.number)
    into nodes
    from unnest(own.account_ids, own.atoms) with ordinality as l (account_id, atoms, number);
    found_path := proof.path_through(nodes, own.atoms, place, case when asked.leaves > 1024 then 10 else proof.depth_of(asked.leaves) end);
    select found_path || proof.path_through(
        string_agg(g.hash || proof.atom_bytes(g.sum_atoms), ''::bytea order by g.page), array_agg(g.sum_atoms order by g.page), own.page,
        proof.depth_of(count(*)))
    into found_path
    from proof.pages g
    where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id;
    return query select asked.proof_id, asked.taken_at, asked.scale::integer, asked.root,
        trunc(asked.sum * ('1e' || asked.scale)::numeric)::text, own_salt, own.atoms[place + 1]::text, found_path;
end $$;

ALTER FUNCTION proof.path_of(account_id bigint, proof_id bigint, asset text) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.path_of(account_id bigint, proof_id bigint, asset text) IS 'An account''s leaf in a proof (null: the newest) and the path from it to the root, sums in atoms. Only for the account that is acted for. Rejects: UNKNOWN_ASSET, PROOF_NOT_FOUND, LEAF_NOT_FOUND.';

CREATE FUNCTION proof.path_through(nodes bytea, atoms numeric[], place integer, levels integer) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    path jsonb := '[]';
    neighbour integer;
    above record;
begin
    for level in 1 .. levels loop
        neighbour := place # 1;
        path := path || jsonb_build_object(
            'side', case when neighbour < place then 'left' else 'right' end,
            'hash', encode(case
                when neighbour < cardinality(atoms) then substr(nodes, neighbour * 48 + 1, 32)
                else decode(repeat('00', 32), 'hex')
            end, 'hex'),
            'sum', coalesce(atoms[neighbour + 1], 0)::text);
        select * into above from proof.level_above(nodes, atoms);
        nodes := above.nodes_above;
        atoms := above.atoms_above;
        place := place / 2;
    end loop;
    return path;
end $$;

ALTER FUNCTION proof.path_through(nodes bytea, atoms numeric[], place integer, levels integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.path_through(nodes bytea, atoms numeric[], place integer, levels integer) IS 'The neighbours on the way from a node, counted from 0, so many levels up, with their sums in atoms.';

CREATE FUNCTION proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[]) RETURNS TABLE(asset text, held_amount numeric, expected numeric, difference numeric, is_halted boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    fact record;
    earlier numeric;
begin
    -- Two at once would each be the other's second.
    perform from chain.networks n where n.network_id = record_reconciliation.network_id for no key update;
    for fact in
        select f.asset_id, f.asset, f.block_height, f.expected, f.parts, h.amount, h.amount - f.expected as difference
        from proof.facts_of(record_reconciliation.network_id) f
        join unnest(record_reconciliation.asset_ids, record_reconciliation.held) as h (asset_id, amount) on h.asset_id = f.asset_id
        where f.block_hash = record_reconciliation.block_hash
    loop
        select r.difference into earlier
        from proof.reconciliations r
        where r.network_id = record_reconciliation.network_id and r.asset_id = fact.asset_id
        order by r.reconciliation_id desc
        limit 1;
        insert into proof.reconciliations (network_id, asset_id, block_height, block_hash, held, expected, parts)
        values (record_reconciliation.network_id, fact.asset_id, fact.block_height, record_reconciliation.block_hash,
            fact.amount, fact.expected, fact.parts);
        asset := fact.asset;
        held_amount := fact.amount;
        expected := fact.expected;
        difference := fact.difference;
        -- Once may be a fact that is on its way: the node is ahead of whoever writes it down.
        is_halted := fact.difference <> 0 and coalesce(sign(earlier) = sign(fact.difference), false) and proof.halt_coin(
            record_reconciliation.network_id, fact.asset_id,
            format('the chain holds %s %s, the books say %s, at block %s',
                fact.amount, fact.asset, fact.expected, fact.block_height));
        return next;
    end loop;
end $$;

ALTER FUNCTION proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[]) IS 'Compares what a node said at a block with the facts, and stores it. A difference that the comparison before had too halts the coin''s withdrawals; is_halted: now. No row where the facts stand at another block by now: ask the node again.';

CREATE FUNCTION proof.salt_of(secret bytea, account_id bigint) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    AS $$ select sha256(secret || int8send(account_id)) $$;

ALTER FUNCTION proof.salt_of(secret bytea, account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.salt_of(secret bytea, account_id bigint) IS 'The salt of an account''s leaf, from the secret of its tree.';

CREATE FUNCTION proof.state_reserves(proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    stated text;
begin
    select format('Proof of reserves %s', p.proof_id) || E'\n'
        || format('Balances of %s', to_char(p.taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || E'\n'
        || format('Network %s (%s %s), block %s %s', n.name, n.family, n.chain, state_reserves.block_height, encode(state_reserves.block_hash, 'hex')) || E'\n'
        || (select string_agg(format('Owed %s %s, root %s', a.symbol, r.sum, encode(r.root, 'hex')), E'\n' order by a.asset_id)
            from proof.roots r
            join exchange.assets a on a.asset_id = r.asset_id
            where r.proof_id = p.proof_id and exists (
                select from chain.coins c where c.asset_id = r.asset_id and c.network_id = n.network_id)) || E'\n'
        || (select string_agg(
                format('Held %s %s, %s', a.symbol, h.amount, coalesce(h.holder || ' ' || w.address, 'deposit addresses')),
                E'\n' order by a.asset_id, h.holder)
            from unnest(state_reserves.asset_ids, state_reserves.holders, state_reserves.amounts) as h (asset_id, holder, amount)
            join exchange.assets a on a.asset_id = h.asset_id
            left join chain.wallets w on w.network_id = n.network_id and w.role = h.holder)
    into stated
    from proof.proofs p
    join chain.networks n on n.network_id = state_reserves.network_id
    where p.proof_id = state_reserves.proof_id;
    insert into proof.statements (proof_id, network_id, block_height, block_hash, message)
    values (state_reserves.proof_id, state_reserves.network_id, state_reserves.block_height, state_reserves.block_hash, stated);
    insert into proof.reserves (proof_id, network_id, asset_id, holder, address, descriptor, amount)
    select state_reserves.proof_id, state_reserves.network_id, h.asset_id, h.holder, w.address, w.descriptor, h.amount
    from unnest(state_reserves.asset_ids, state_reserves.holders, state_reserves.amounts) as h (asset_id, holder, amount)
    left join chain.wallets w on w.network_id = state_reserves.network_id and w.role = h.holder;
    return stated;
end $$;

ALTER FUNCTION proof.state_reserves(proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.state_reserves(proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[]) IS 'Adds to a proof what a node said at a block that our wallets and deposit addresses hold, and the text that the wallets'' keys sign; returns that text.';

CREATE FUNCTION proof.unsigned_statements(signer text) RETURNS TABLE(proof_id bigint, network_id integer, family text, holder text, message text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select s.proof_id, s.network_id, n.family, w.role, s.message
    from proof.statements s
    join proof.proofs p on p.proof_id = s.proof_id and p.made_at > now() - interval '7 days'
    join chain.networks n on n.network_id = s.network_id
    join chain.wallets w on w.network_id = s.network_id and (w.role = 'hot' or w.role = 'gas' and unsigned_statements.signer = 'a')
    where not exists (
        select from proof.signatures g
        where g.proof_id = s.proof_id and g.network_id = s.network_id and g.signer = unsigned_statements.signer and g.holder = w.role)
    order by s.proof_id, s.network_id, w.role
$$;

ALTER FUNCTION proof.unsigned_statements(signer text) OWNER TO exchange_owner;

COMMENT ON FUNCTION proof.unsigned_statements(signer text) IS 'Statements of the last week that a signer (a or b) has not signed: both sign for the hot wallet, a for the gas account too.';

CREATE FUNCTION risk.account_listed(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('list', l.list)
    from risk.account_lists l
    where l.list = account_listed.parameters ->> 'list' and l.account_id = account_listed.account_id
$$;

ALTER FUNCTION risk.account_listed(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.account_listed(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the list, or null where the account is not in it.';

CREATE FUNCTION risk.after_security_change(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('change', a.facts ->> 'change', 'changed_at', a.occurred_at)
    from risk.activities a
    where a.account_id = after_security_change.account_id and a.point = 'security_change' and a.verdict <> 'deny'
        -- An address that is saved opens nothing: it has a cool-down of its own.
        and a.wallet is null
        and a.occurred_at < at
        and a.occurred_at > at - make_interval(secs => (after_security_change.parameters ->> 'within_seconds')::integer)
    order by a.occurred_at desc limit 1
$$;

ALTER FUNCTION risk.after_security_change(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.after_security_change(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the change, or null where there is none so late. An address that was saved is none.';

CREATE FUNCTION risk.assess(point text, account_id bigint, facts jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (risk.assess_activity(assess.point, assess.account_id, assess.facts)).verdict;
end $$;

ALTER FUNCTION risk.assess(point text, account_id bigint, facts jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.assess(point text, account_id bigint, facts jsonb) IS 'Judges and records an activity (registration, login, deposit, withdrawal, security_change) and returns allow, review, deny or hold. Facts: address, device; registration and new addresses: mail_domain; deposit, withdrawal: asset, amount, wallet; security_change: change. Call it first in the transaction that it guards; on deny do nothing more, commit, and answer RISK_DENIED.';

CREATE FUNCTION risk.assess_activity(point text, account_id bigint, facts jsonb, OUT activity_id bigint, OUT verdict text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asset integer;
    met jsonb;
    assessed_at timestamptz;
begin
    perform risk.require_facts(assess_activity.point, assess_activity.account_id, assess_activity.facts);
    -- Whoever is counted together is judged one after the other, so that of two at the same moment
    -- the second sees the first.
    if assess_activity.account_id is not null then
        perform from exchange.accounts a where a.account_id = assess_activity.account_id for no key update;
    else
        perform pg_advisory_xact_lock(hashtextextended('risk ' || named.name, 0))
        from (
            select distinct n as name from unnest(array[
                host(risk.network_of(assess_activity.facts ->> 'address')), assess_activity.facts ->> 'device']) n
            where n is not null order by n) named;
    end if;
    assessed_at := clock_timestamp();
    select a.asset_id into asset from exchange.assets a where a.symbol = assess_activity.facts ->> 'asset';
    select coalesce(jsonb_agg(to_jsonb(e)), '[]'), risk.strictest(array_agg(e.action))
    into met, assess_activity.verdict
    from risk.evaluate(assess_activity.point, assess_activity.account_id, assess_activity.facts, assessed_at) e;
    insert into risk.activities (
        point, account_id, occurred_at, verdict, network, device, asset_id, amount, wallet, facts)
    values (
        assess_activity.point, assess_activity.account_id, assessed_at, assess_activity.verdict,
        risk.network_of(assess_activity.facts ->> 'address'), assess_activity.facts ->> 'device', asset,
        (assess_activity.facts ->> 'amount')::numeric, assess_activity.facts ->> 'wallet', assess_activity.facts)
    returning activities.activity_id into assess_activity.activity_id;
    perform risk.record_events(assess_activity.point, assess_activity.account_id, assess_activity.activity_id,
        assess_activity.facts, met, assessed_at);
    if assess_activity.point = 'login' and assess_activity.verdict <> 'deny' then
        perform risk.link_by_device(assess_activity.account_id, assess_activity.facts ->> 'device');
    end if;
end $$;

ALTER FUNCTION risk.assess_activity(point text, account_id bigint, facts jsonb, OUT activity_id bigint, OUT verdict text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.assess_activity(point text, account_id bigint, facts jsonb, OUT activity_id bigint, OUT verdict text) IS 'Judges and records an activity, in the transaction that it guards and before what it guards. It raises nothing for a verdict: deny is the caller''s to turn into RISK_DENIED after a commit, so that the event stays.';

CREATE FUNCTION risk.backtest(rule text, from_at timestamp with time zone, to_at timestamp with time zone) RETURNS TABLE(occurred_at timestamp with time zone, account_id bigint, subject text, verdict text, action text, observed jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    tested risk.rules;
begin
    select * into tested from risk.rules r where r.rule = backtest.rule order by r.version desc limit 1;
    if not found then
        perform exchange.reject('RULE_NOT_FOUND', format('no rule %s', backtest.rule));
    end if;
    return query
    select d.occurred_at, d.account_id, d.subject, d.verdict, tested.action, d.observed
    from risk.backtest_draft(
        tested.point, tested.kind, tested.parameters, backtest.from_at, backtest.to_at) d;
end $$;

ALTER FUNCTION risk.backtest(rule text, from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.backtest(rule text, from_at timestamp with time zone, to_at timestamp with time zone) IS 'As backtest_draft, for the newest version of a rule, with its action. Rejects: RULE_NOT_FOUND, MALFORMED, TOO_MUCH_HISTORY.';

CREATE FUNCTION risk.backtest_draft(point text, kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) RETURNS TABLE(occurred_at timestamp with time zone, account_id bigint, subject text, verdict text, observed jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    max_facts constant integer := 200000;
begin
    perform risk.require_sound_rule(backtest_draft.point, backtest_draft.kind, backtest_draft.parameters, 'review');
    if coalesce(backtest_draft.from_at >= backtest_draft.to_at, true) then
        perform exchange.reject('MALFORMED', 'from must be before to');
    end if;
    if (select count(*) from (
        select from risk.history(backtest_draft.point, backtest_draft.from_at, backtest_draft.to_at) limit max_facts + 1) h) > max_facts then
        perform exchange.reject('TOO_MUCH_HISTORY', format('more than %s facts in this time; ask for a part of it', max_facts));
    end if;
    if backtest_draft.kind in ('order_rate', 'order_notional') then
        return query
        select c.* from risk.count_orders(
            backtest_draft.kind, backtest_draft.parameters, backtest_draft.from_at, backtest_draft.to_at) c;
        return;
    end if;
    return query
    select h.occurred_at, h.account_id, h.subject, h.verdict, judged.observed
    from risk.history(backtest_draft.point, backtest_draft.from_at, backtest_draft.to_at) h
    cross join lateral risk.judge(
        backtest_draft.kind, backtest_draft.parameters, h.account_id, h.facts, h.occurred_at) as judged (observed)
    where judged.observed is not null;
end $$;

ALTER FUNCTION risk.backtest_draft(point text, kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.backtest_draft(point text, kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) IS 'What a rule that does not exist yet would have done to recorded history: a row for each order or activity that meets it, with the verdict of its day. Every fact is judged as of its own moment; history is taken as it was, so what the rule would have kept from happening still counts. Rejects: INVALID_RULE, MALFORMED, TOO_MUCH_HISTORY.';

CREATE FUNCTION risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('because', b.because)
    from risk.blacklist b where b.wallet = blacklisted_address.facts ->> 'wallet'
$$;

ALTER FUNCTION risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the entry, or null where there is none.';

CREATE FUNCTION risk.check_rule() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if tg_op = 'INSERT' then
        perform risk.require_sound_rule(new.point, new.kind, new.parameters, new.action);
        return new;
    end if;
    if tg_op = 'DELETE' or old.valid_until is not null
        or (to_jsonb(new) - 'valid_until') is distinct from (to_jsonb(old) - 'valid_until') then
        raise exception 'a version of a rule is never changed or removed; publish the next one'
            using errcode = 'check_violation', constraint = 'rules_only_end', schema = 'risk', table = 'rules';
    end if;
    return new;
end $$;

ALTER FUNCTION risk.check_rule() OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.check_rule() IS 'Refuses a rule whose parameters do not fit its kind, and every change of a version but its end.';

CREATE FUNCTION risk.count_orders(kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) RETURNS TABLE(occurred_at timestamp with time zone, account_id bigint, subject text, verdict text, observed jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select c.occurred_at, c.account_id, c.subject, c.verdict,
        case count_orders.kind when 'order_rate' then jsonb_build_object('orders', c.orders)
            else jsonb_build_object('notional', trim_scale(c.notional)::text) end
    from (
        select h.*, count(*) over in_window as orders, sum((h.facts ->> 'notional')::numeric) over in_window as notional
        from (select (count_orders.parameters ->> 'within_seconds')::integer as seconds) given
        cross join lateral risk.history(
            'order', risk.window_start(count_orders.from_at, given.seconds), count_orders.to_at) h
        where count_orders.kind = 'order_rate'
            or split_part(h.facts ->> 'market', '/', 2) = count_orders.parameters ->> 'asset'
        window in_window as (
            partition by h.account_id, risk.window_start(h.occurred_at, given.seconds)
            order by h.occurred_at, (h.facts ->> 'order_id')::bigint)) c
    where c.occurred_at >= count_orders.from_at
        and case count_orders.kind when 'order_rate' then c.orders else c.notional end
            > (count_orders.parameters ->> 'most')::numeric
    order by c.occurred_at, c.subject
$$;

ALTER FUNCTION risk.count_orders(kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.count_orders(kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) IS 'What order_rate and order_notional observe of recorded orders, all in one pass: a backtest asks no order by itself.';

CREATE FUNCTION risk.decide_event(event_id bigint, decision text, note text, decided_by bigint DEFAULT NULL::bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    event risk.events;
begin
    if decide_event.decision is null or decide_event.decision not in ('released', 'upheld') then
        perform exchange.reject('MALFORMED', 'decision is released or upheld');
    end if;
    if decide_event.note is null or length(decide_event.note) not between 1 and 1000 then
        perform exchange.reject('MALFORMED', 'note takes 1 to 1000 characters');
    end if;
    select * into event from risk.events e
    where e.event_id = decide_event.event_id and e.action in ('review', 'hold') for no key update;
    if not found then
        perform exchange.reject('RISK_EVENT_NOT_FOUND', format('no event %s that waits for a decision', decide_event.event_id));
    end if;
    if exists (select from risk.reviews r where r.event_id = event.event_id) then
        perform exchange.reject('RISK_EVENT_DECIDED', format('event %s was decided already', event.event_id));
    end if;
    insert into risk.reviews (event_id, decision, note, decided_by)
    values (event.event_id, decide_event.decision, decide_event.note, decide_event.decided_by);
    perform exchange.append_event('risk', jsonb_strip_nulls(jsonb_build_object(
        'change', decide_event.decision, 'event_id', event.event_id::text, 'point', event.point,
        'account_id', event.account_id::text, 'activity_id', event.activity_id::text, 'action', event.action)));
    if event.point = 'withdrawal' then
        perform exchange.follow_risk_decision(event.activity_id, decide_event.decision);
    end if;
end $$;

ALTER FUNCTION risk.decide_event(event_id bigint, decision text, note text, decided_by bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.decide_event(event_id bigint, decision text, note text, decided_by bigint) IS 'Decides about an event that waits: released or upheld; stream risk tells it, and a withdrawal that it held goes on or is rejected. Rejects: MALFORMED, RISK_EVENT_NOT_FOUND, RISK_EVENT_DECIDED, ACCOUNT_FROZEN, IN_DEBT.';

CREATE FUNCTION risk.disposable_mail_domain(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    -- The domain itself and every one above it: a.b.c is b.c and c too.
    select jsonb_build_object('domain', d.domain)
    from (select string_to_array(lower(disposable_mail_domain.facts ->> 'mail_domain'), '.') as parts) given
    cross join lateral generate_series(1, least(cardinality(given.parts), 20)) as first
    join risk.mail_domains d on d.domain = array_to_string(given.parts[first:], '.')
    limit 1
$$;

ALTER FUNCTION risk.disposable_mail_domain(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.disposable_mail_domain(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the domain that is listed, or null where none is.';

CREATE FUNCTION risk.distance_km(from_latitude numeric, from_longitude numeric, to_latitude numeric, to_longitude numeric) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- Haversine on a sphere of the earth's mean radius, 6371 km: off by half a percent at most.
    select round(2 * 6371 * asin(least(1, sqrt(
        power(sind((to_latitude - from_latitude)::double precision / 2), 2)
        + cosd(from_latitude::double precision) * cosd(to_latitude::double precision)
            * power(sind((to_longitude - from_longitude)::double precision / 2), 2)))))::integer
$$;

ALTER FUNCTION risk.distance_km(from_latitude numeric, from_longitude numeric, to_latitude numeric, to_longitude numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.distance_km(from_latitude numeric, from_longitude numeric, to_latitude numeric, to_longitude numeric) IS 'Kilometres between two places in degrees, along the earth''s surface.';

CREATE FUNCTION risk.end_rule(rule text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    update risk.rules r set valid_until = clock_timestamp() where r.rule = end_rule.rule and r.valid_until is null;
    if not found then
        perform exchange.reject('RULE_NOT_FOUND', format('no rule %s is in force', end_rule.rule));
    end if;
end $$;

ALTER FUNCTION risk.end_rule(rule text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.end_rule(rule text) IS 'Takes a rule out of force; its versions stay. Rejects: RULE_NOT_FOUND.';

CREATE FUNCTION risk.evaluate(point text, account_id bigint, facts jsonb, at timestamp with time zone DEFAULT clock_timestamp()) RETURNS TABLE(rule text, version integer, action text, reason_code text, observed jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    candidate risk.rules;
    seen jsonb;
begin
    for candidate in
        select r.* from risk.rules r
        where r.point = evaluate.point and r.valid_until is null
        order by r.action = 'allow' desc, r.rule
    loop
        seen := risk.judge(candidate.kind, candidate.parameters, evaluate.account_id,
            evaluate.facts || jsonb_build_object('point', evaluate.point), evaluate.at);
        continue when seen is null;
        if candidate.action = 'allow' then
            return;
        end if;
        return query select candidate.rule, candidate.version, candidate.action, candidate.reason_code, seen;
    end loop;
end $$;

ALTER FUNCTION risk.evaluate(point text, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.evaluate(point text, account_id bigint, facts jsonb, at timestamp with time zone) IS 'The rules in force that are met by these facts. Records nothing: for a look, and for assess. None is met where a rule that allows is.';

CREATE FUNCTION risk.first_withdrawal(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select '{}'::jsonb
    where not exists (
        select from risk.activities a
        where a.account_id = first_withdrawal.account_id and a.point = 'withdrawal' and a.verdict <> 'deny'
            and a.occurred_at < at)
$$;

ALTER FUNCTION risk.first_withdrawal(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.first_withdrawal(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: an empty object where it is met, else null. What was denied does not count.';

CREATE FUNCTION risk.forget_activities(limit_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
declare
    -- No rule looks further back than 366 days (within_seconds in risk.kinds).
    activities_kept constant interval := '400 days';
    -- Long enough for whoever asks afterwards why an account was looked at.
    events_kept constant interval := '1830 days';
    at_most constant integer := least(greatest(limit_rows, 0), 100000);
    over bigint[] := '{}';
    oldest record;
    forgotten integer;
    total integer := 0;
begin
    -- Times follow numbers, so that the first young event ends the walk. What waits for somebody is not
    -- forgotten, and what moved money never is.
    for oldest in
        select e.event_id, e.occurred_at,
            e.point not in ('deposit', 'withdrawal') and (e.action = 'deny' or r.event_id is not null) as is_over
        from risk.events e left join risk.reviews r on r.event_id = e.event_id
        order by e.event_id
    loop
        exit when oldest.occurred_at >= now() - events_kept or cardinality(over) >= at_most;
        if oldest.is_over then
            over := over || oldest.event_id;
        end if;
    end loop;
    delete from risk.reviews r where r.event_id = any (over);
    delete from risk.events e where e.event_id = any (over);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from risk.activities a
    where a.activity_id in (
        select o.activity_id from risk.activities o
        -- An address that was saved says since when it is known.
        where o.point in ('registration', 'login', 'security_change') and o.wallet is null
            and o.occurred_at < now() - activities_kept
            and not exists (select from risk.events e where e.activity_id = o.activity_id)
        limit at_most for update of o skip locked);
    get diagnostics forgotten = row_count;
    return total + forgotten;
end $$;

ALTER FUNCTION risk.forget_activities(limit_rows integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.forget_activities(limit_rows integer) IS 'Deletes registrations, logins and security changes that no rule can count any more (after 400 days), and events with their reviews after 1830 days, so many of each at most; returns how many. Stays: what moved money, a saved address, and an event that waits for somebody.';

CREATE FUNCTION risk.frequent_activity(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('activities', counted.n)
    from (
        select count(*) + 1 as n from risk.activities a
        where a.account_id = frequent_activity.account_id and a.point = frequent_activity.facts ->> 'point' and a.verdict <> 'deny'
            and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (frequent_activity.parameters ->> 'within_seconds')::integer)) counted
    where counted.n > (frequent_activity.parameters ->> 'most')::bigint
$$;

ALTER FUNCTION risk.frequent_activity(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.frequent_activity(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: what was counted, or null where it is not met. What was denied does not count.';

CREATE FUNCTION risk.history(point text, from_at timestamp with time zone, to_at timestamp with time zone) RETURNS TABLE(occurred_at timestamp with time zone, account_id bigint, subject text, verdict text, facts jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
begin
    if history.point <> 'order' then
        return query
        select a.occurred_at, a.account_id, 'activity:' || a.activity_id, a.verdict,
            a.facts || jsonb_build_object('point', a.point)
        from risk.activities a
        where a.point = history.point and a.occurred_at >= history.from_at and a.occurred_at < history.to_at
        order by a.occurred_at, a.activity_id;
        return;
    end if;
    return query
    with numbers as materialized (
        select m.market_id, m.symbol, exchange.number_before(m.market_id, history.from_at) as first,
            exchange.number_before(m.market_id, history.to_at) as last
        from exchange.markets m
    ), steps as (
        -- The price before the first order, trades, and orders, all on one line of numbers.
        select n.market_id, n.symbol, n.first as number, risk.last_price(n.market_id, n.first + 1) as price,
            null::exchange.orders as placed
        from numbers n
        union all
        select n.market_id, n.symbol, t.trade_id, t.price, null
        from numbers n join exchange.trades t on t.trade_id > n.first and t.trade_id <= n.last
        union all
        select n.market_id, n.symbol, o.order_id, null, o
        from numbers n join exchange.orders o on o.order_id > n.first and o.order_id <= n.last
    ), counted as (
        select s.*, count(s.price) over (partition by s.market_id order by s.number) as trades_before from steps s
    ), priced as (
        select c.symbol, c.number, c.placed,
            first_value(c.price) over (partition by c.market_id, c.trades_before order by c.number) as last_price
        from counted c
    )
    select (p.placed).placed_at, (p.placed).account_id, 'order:' || p.number, 'allow', jsonb_strip_nulls(jsonb_build_object(
        'point', 'order', 'order_id', p.number, 'market', p.symbol, 'side', (p.placed).side, 'kind', (p.placed).kind,
        'price', (p.placed).price::text, 'quantity', (p.placed).quantity::text, 'budget', (p.placed).budget::text,
        'notional', trim_scale(coalesce(
            (p.placed).budget, (p.placed).quantity * coalesce((p.placed).price, p.last_price)))::text,
        'last_price', p.last_price::text))
    from priced p
    where (p.placed).order_id is not null
        and (p.placed).placed_at >= history.from_at and (p.placed).placed_at < history.to_at
    order by 1, p.number;
end $$;

ALTER FUNCTION risk.history(point text, from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.history(point text, from_at timestamp with time zone, to_at timestamp with time zone) IS 'What was recorded at a point, with the facts that rules would be given: accepted orders with the last price before each, or activities.';

CREATE FUNCTION risk.impossible_travel(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('km', travel.km, 'seconds', travel.seconds, 'from', travel.country_before, 'to', travel.country_now)
    from (
        select risk.distance_km(before.latitude, before.longitude, now.latitude, now.longitude) as km,
            ceil(extract(epoch from at - last.occurred_at))::bigint as seconds,
            before.country as country_before, now.country as country_now
        from (
            select a.occurred_at, a.facts ->> 'address' as address from risk.activities a
            where a.account_id = impossible_travel.account_id and a.point = 'login' and a.verdict <> 'deny'
                and a.occurred_at < at and a.facts ? 'address'
            order by a.occurred_at desc limit 1) last
        cross join lateral risk.place_of(last.address) before
        cross join lateral risk.place_of(impossible_travel.facts ->> 'address') now) travel
    where travel.km >= (impossible_travel.parameters ->> 'least_km')::integer
        and travel.km::bigint * 3600 > (impossible_travel.parameters ->> 'most_km_per_hour')::bigint * travel.seconds
$$;

ALTER FUNCTION risk.impossible_travel(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.impossible_travel(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the distance and the time it was done in, or null where it is not met.';

CREATE FUNCTION risk.is_of_type(value jsonb, type jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    plain constant text := value #>> '{}';
begin
    case type ->> 'type'
        when 'integer' then
            return coalesce(jsonb_typeof(value) = 'number' and plain ~ '^[0-9]{1,18}$'
                and plain::bigint between (type ->> 'least')::bigint and (type ->> 'most')::bigint, false);
        when 'decimal' then
            return coalesce(jsonb_typeof(value) = 'string' and plain ~ '^[0-9]{1,30}(\.[0-9]{1,18})?$', false);
        when 'asset' then
            return coalesce(jsonb_typeof(value) = 'string' and exists (select from exchange.assets a where a.symbol = plain), false);
        when 'name' then
            return coalesce(jsonb_typeof(value) = 'string' and plain ~ '^[a-z][a-z0-9_]{2,31}$', false);
    end case;
end $_$;

ALTER FUNCTION risk.is_of_type(value jsonb, type jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.is_of_type(value jsonb, type jsonb) IS 'Whether a parameter is what kinds says of it.';

CREATE FUNCTION risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    -- A list and no dynamic SQL: a rule can name nothing but these.
    case judge.kind
        when 'registrations_per_address' then return risk.registrations_per_address(parameters, account_id, facts, at);
        when 'registrations_per_device' then return risk.registrations_per_device(parameters, account_id, facts, at);
        when 'disposable_mail_domain' then return risk.disposable_mail_domain(parameters, account_id, facts, at);
        when 'impossible_travel' then return risk.impossible_travel(parameters, account_id, facts, at);
        when 'frequent_activity' then return risk.frequent_activity(parameters, account_id, facts, at);
        when 'order_rate' then return risk.order_rate(parameters, account_id, facts, at);
        when 'order_notional' then return risk.order_notional(parameters, account_id, facts, at);
        when 'price_distance' then return risk.price_distance(parameters, account_id, facts, at);
        when 'linked_trades' then return risk.linked_trades(parameters, account_id, facts, at);
        when 'large_deposit' then return risk.large_deposit(parameters, account_id, facts, at);
        when 'new_withdrawal_address' then return risk.new_withdrawal_address(parameters, account_id, facts, at);
        when 'withdrawn_amount' then return risk.withdrawn_amount(parameters, account_id, facts, at);
        when 'level_limits' then return risk.level_limits(parameters, account_id, facts, at);
        when 'blacklisted_address' then return risk.blacklisted_address(parameters, account_id, facts, at);
        when 'after_security_change' then return risk.after_security_change(parameters, account_id, facts, at);
        when 'first_withdrawal' then return risk.first_withdrawal(parameters, account_id, facts, at);
        when 'account_listed' then return risk.account_listed(parameters, account_id, facts, at);
        else raise exception 'no condition %', judge.kind using errcode = 'undefined_object';
    end case;
end $$;

ALTER FUNCTION risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Asks one condition as of a moment: what it observed where it is met, else null.';

CREATE FUNCTION risk.large_deposit(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select jsonb_build_object('amount', large_deposit.facts ->> 'amount')
    where large_deposit.facts ->> 'asset' = large_deposit.parameters ->> 'asset' and (large_deposit.facts ->> 'amount')::numeric > (large_deposit.parameters ->> 'most')::numeric
$$;

ALTER FUNCTION risk.large_deposit(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.large_deposit(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the amount, or null where it is not met.';

CREATE FUNCTION risk.last_price(market_id integer, before_number bigint) RETURNS numeric
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select coalesce(
        (select t.price from exchange.trades t
         where t.trade_id > last_price.market_id * 100000000000000 and t.trade_id < last_price.before_number
         order by t.trade_id desc limit 1),
        (select m.reference_price from exchange.markets m where m.market_id = last_price.market_id))
$$;

ALTER FUNCTION risk.last_price(market_id integer, before_number bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.last_price(market_id integer, before_number bigint) IS 'The last price of a market before a number: what the engine measured by; the reference price before the first trade.';

CREATE FUNCTION risk.level_limits(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
declare
    level record;
    in_day numeric;
    in_month numeric;
begin
    select l.* into level
    from exchange.accounts a join exchange.kyc_levels l on l.level = a.kyc_level
    where a.account_id = level_limits.account_id;
    if not coalesce(level.may_withdraw, false) then
        return jsonb_build_object('level', level.level, 'may_withdraw', false);
    end if;
    select sum(risk.value_of(spent.asset, spent.in_day, level_limits.at)),
        -- One asset without a price makes the sum unknown.
        case when bool_and(risk.value_of(spent.asset, 1, level_limits.at) is not null)
            then sum(risk.value_of(spent.asset, spent.in_month, level_limits.at)) end
    into in_day, in_month
    from (
        select s.asset, sum(s.amount) filter (where s.occurred_at > level_limits.at - interval '24 hours') as in_day,
            sum(s.amount) as in_month
        from (
            select a.facts ->> 'asset' as asset, a.amount, a.occurred_at from risk.activities a
            where a.account_id = level_limits.account_id and a.point = 'withdrawal' and a.verdict <> 'deny'
                and a.occurred_at < level_limits.at and a.occurred_at > level_limits.at - interval '30 days'
            union all
            select level_limits.facts ->> 'asset', (level_limits.facts ->> 'amount')::numeric, level_limits.at) s
        group by s.asset) spent;
    if in_month is null then
        return jsonb_build_object('level', level.level, 'unpriced', true);
    end if;
    if in_day > level.daily_withdrawal or in_month > level.monthly_withdrawal then
        return jsonb_build_object('level', level.level, 'day', trim_scale(round(in_day, 2))::text, 'month', trim_scale(round(in_month, 2))::text);
    end if;
    return null;
end $$;

ALTER FUNCTION risk.level_limits(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.level_limits(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: what is withdrawn in a day and in 30, in USDT, where the account''s level allows less, or where an asset has no price; else null. What was denied does not count.';

CREATE FUNCTION risk.link_accounts(account_id bigint, linked_account_id bigint, because text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    insert into risk.links (account_id, linked_account_id, because)
    values (link_accounts.account_id, link_accounts.linked_account_id, link_accounts.because),
        (link_accounts.linked_account_id, link_accounts.account_id, link_accounts.because)
    on conflict do nothing
$$;

ALTER FUNCTION risk.link_accounts(account_id bigint, linked_account_id bigint, because text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.link_accounts(account_id bigint, linked_account_id bigint, because text) IS 'Says that two accounts seem to be one person''s, from both sides.';

CREATE FUNCTION risk.link_by_device(account_id bigint, device text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
declare
    -- A device of more accounts than this is a public one and says nothing.
    most_accounts constant integer := 20;
    others bigint[];
begin
    if link_by_device.device is null then
        return;
    end if;
    select array_agg(o.account_id) into others
    from (
        select distinct a.account_id from risk.activities a
        where a.device = link_by_device.device and a.point = 'login' and a.verdict <> 'deny'
            and a.account_id <> link_by_device.account_id
        limit most_accounts) o;
    if others is null or cardinality(others) >= most_accounts then
        return;
    end if;
    perform risk.link_accounts(link_by_device.account_id, o, 'same device') from unnest(others) o;
end $$;

ALTER FUNCTION risk.link_by_device(account_id bigint, device text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.link_by_device(account_id bigint, device text) IS 'Links an account with those that logged in from the same device, but for a device of 20 or more. For other functions.';

CREATE FUNCTION risk.linked_trades(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('trades', counted.n, 'quote_amount', trim_scale(counted.amount)::text)
    from (
        select count(*) as n, sum(t.quote_amount) as amount
        from (
            select m.market_id, given.start, exchange.number_before(m.market_id, given.start) as first,
                coalesce((linked_trades.facts ->> 'order_id')::bigint, (m.market_id + 1) * 100000000000000) as beyond
            from exchange.markets m
            cross join (select risk.window_start(at, (linked_trades.parameters ->> 'within_seconds')::integer) as start) given
            where m.symbol = linked_trades.facts ->> 'market'
                and exists (select from risk.links l where l.account_id = linked_trades.account_id)) numbers
        cross join lateral (
            select maker.taker_account_id as other_id, maker.quote_amount, maker.traded_at from exchange.trades maker
            where maker.maker_account_id = linked_trades.account_id
                and maker.trade_id > numbers.first and maker.trade_id < numbers.beyond
            union all
            select taker.maker_account_id, taker.quote_amount, taker.traded_at from exchange.trades taker
            where taker.taker_account_id = linked_trades.account_id
                and taker.trade_id > numbers.first and taker.trade_id < numbers.beyond) t
        where t.traded_at >= numbers.start and t.traded_at <= at
            and exists (select from risk.links l
                where l.account_id = linked_trades.account_id and l.linked_account_id = t.other_id)) counted
    where counted.n > (linked_trades.parameters ->> 'most')::bigint
$$;

ALTER FUNCTION risk.linked_trades(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.linked_trades(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: trades with linked accounts in the window, or null where it is not met. The extension counts the same in memory, from when the accounts were linked.';

CREATE FUNCTION risk.list_events(staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer) RETURNS TABLE(event_id bigint, occurred_at timestamp with time zone, point text, account_id bigint, activity_id bigint, order_id bigint, rule text, version integer, action text, reason_code text, facts jsonb, observed jsonb, decision text, note text, decided_by bigint, decided_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_events.staff_session_id, 'risk');
    return query
    select e.event_id, e.occurred_at, e.point, e.account_id, e.activity_id, e.order_id, e.rule, e.version, e.action,
        e.reason_code, e.facts, e.observed, r.decision, r.note, r.decided_by, r.decided_at
    from risk.events e
    left join risk.reviews r on r.event_id = e.event_id
    where e.event_id < coalesce(list_events.before_event_id, 9223372036854775807)
        and (list_events.of_account_id is null or e.account_id = list_events.of_account_id)
        and (list_events.of_rule is null or e.rule = list_events.of_rule)
        and (not coalesce(list_events.waiting, false) or (e.action in ('review', 'hold') and r.event_id is null))
    order by e.event_id desc
    limit least(greatest(list_events.at_most, 0), most);
end $$;

ALTER FUNCTION risk.list_events(staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.list_events(staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer) IS 'Events before a number, the newest first, of one account or rule where named, or those that wait for a decision; 1,000 at most. For risk officers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION risk.list_rules(staff_session_id bigint, of_rule text) RETURNS TABLE(rule text, version integer, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint, valid_from timestamp with time zone, valid_until timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(list_rules.staff_session_id, 'risk');
    return query
    select r.rule, r.version, r.point, r.kind, r.parameters, r.action, r.reason_code, r.published_by, r.valid_from, r.valid_until
    from risk.rules r
    where case when list_rules.of_rule is null then r.valid_until is null else r.rule = list_rules.of_rule end
    order by r.rule, r.version desc
    limit most;
end $$;

ALTER FUNCTION risk.list_rules(staff_session_id bigint, of_rule text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.list_rules(staff_session_id bigint, of_rule text) IS 'The rules in force by name, or all versions of one, the newest first; 1,000 at most. For risk officers. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION risk.mark_linked() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update exchange.accounts a set is_linked = true
    where a.account_id = new.account_id and not a.is_linked;
    return null;
end $$;

ALTER FUNCTION risk.mark_linked() OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.mark_linked() IS 'Says in accounts that risk.links knows the account.';

CREATE FUNCTION risk.network_of(address text) RETURNS inet
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case when family(a) = 6 then network(set_masklen(a, 64))::inet else a end
    from (select host(network_of.address::inet)::inet as a) given
$$;

ALTER FUNCTION risk.network_of(address text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.network_of(address text) IS 'Whom an address counts for: itself, or the /64 of an IPv6 address, because one subscriber has that many.';

CREATE FUNCTION risk.new_withdrawal_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('known_since', coalesce(known.since, at))
    from (
        select min(a.occurred_at) as since from risk.activities a
        where a.account_id = new_withdrawal_address.account_id and a.wallet = new_withdrawal_address.facts ->> 'wallet' and a.occurred_at < at
            and a.point in ('withdrawal', 'security_change')) known
    where coalesce(known.since, at) > at - make_interval(secs => (new_withdrawal_address.parameters ->> 'cool_down_seconds')::integer)
$$;

ALTER FUNCTION risk.new_withdrawal_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.new_withdrawal_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: since when the address is known, or null where it is not met.';

CREATE FUNCTION risk.order_notional(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('notional', trim_scale(summed.total)::text)
    from (
        select coalesce(sum(o.notional), 0) + (order_notional.facts ->> 'notional')::numeric as total, given.start
        from (
            select risk.window_start(at, (order_notional.parameters ->> 'within_seconds')::integer) as start, s.asset_id
            from exchange.assets s where s.symbol = order_notional.parameters ->> 'asset') given
        left join lateral (
            select w.notional
            from risk.orders_in_window(order_notional.account_id, given.start, at, (order_notional.facts ->> 'order_id')::bigint) w
            join exchange.markets m on m.market_id = w.market_id and m.quote_asset_id = given.asset_id) o on true
        where split_part(order_notional.facts ->> 'market', '/', 2) = order_notional.parameters ->> 'asset'
        group by given.start) summed
    where summed.total > (order_notional.parameters ->> 'most')::numeric
$$;

ALTER FUNCTION risk.order_notional(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.order_notional(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: notional in the window, or null where it is not met. The extension sums the same in memory.';

CREATE FUNCTION risk.order_rate(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('orders', counted.n)
    from (
        select count(o.order_id) + 1 as n, given.start
        from (select risk.window_start(at, (order_rate.parameters ->> 'within_seconds')::integer) as start) given
        left join lateral risk.orders_in_window(order_rate.account_id, given.start, at, (order_rate.facts ->> 'order_id')::bigint) o on true
        group by given.start) counted
    where counted.n > (order_rate.parameters ->> 'most')::bigint
$$;

ALTER FUNCTION risk.order_rate(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.order_rate(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: orders in the window, or null where it is not met. The extension counts the same in memory.';

CREATE FUNCTION risk.order_rules() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select jsonb_build_object(
        'allowed', coalesce((
            select jsonb_agg(distinct l.account_id)
            from risk.rules r join risk.account_lists l on l.list = r.parameters ->> 'list'
            where r.point = 'order' and r.valid_until is null and r.kind = 'account_listed' and r.action = 'allow'), '[]'),
        'rules', coalesce((
            select jsonb_agg(jsonb_build_object(
                'rule', r.rule, 'version', r.version, 'kind', r.kind, 'denies', r.action = 'deny', 'parameters', r.parameters,
                'within_seconds', coalesce((r.parameters ->> 'within_seconds')::bigint, 0),
                'asset_id', coalesce(a.asset_id, 0),
                'most', case when r.kind = 'order_notional'
                        -- Rounded down: what is above it is above the decimal too. Beyond it nobody can go.
                        then least(floor((r.parameters ->> 'most')::numeric * 10::numeric ^ a.scale), 10::numeric ^ 38 - 1)::numeric(39, 0)::text
                    else coalesce(r.parameters ->> 'most', r.parameters ->> 'most_ppm', '0') end,
                'accounts', coalesce((
                    select jsonb_agg(l.account_id) from risk.account_lists l
                    where r.kind = 'account_listed' and l.list = r.parameters ->> 'list'), '[]'))
                order by r.rule)
            from risk.rules r
            left join exchange.assets a on a.symbol = r.parameters ->> 'asset'
            where r.point = 'order' and r.valid_until is null and r.action <> 'allow'), '[]'))::text
$$;

ALTER FUNCTION risk.order_rules() OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.order_rules() IS 'The rules in force for orders, in integers, as the extension keeps them in memory. For it alone.';

CREATE FUNCTION risk.orders_in_window(account_id bigint, window_start timestamp with time zone, at timestamp with time zone, before_order_id bigint, OUT order_id bigint, OUT market_id integer, OUT notional numeric) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    -- By number, because accounts have an index by number in every partition.
    select o.order_id, m.market_id,
        coalesce(o.budget, o.quantity * coalesce(o.price, risk.last_price(m.market_id, o.order_id)))
    from exchange.markets m
    cross join lateral (select exchange.number_before(m.market_id, orders_in_window.window_start) as first) numbers
    join exchange.orders o on o.account_id = orders_in_window.account_id
        and o.order_id > numbers.first and o.order_id < (m.market_id + 1) * 100000000000000
    where o.placed_at >= orders_in_window.window_start
        and (o.placed_at < orders_in_window.at
            or (o.placed_at = orders_in_window.at and o.order_id < orders_in_window.before_order_id))
$$;

ALTER FUNCTION risk.orders_in_window(account_id bigint, window_start timestamp with time zone, at timestamp with time zone, before_order_id bigint, OUT order_id bigint, OUT market_id integer, OUT notional numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.orders_in_window(account_id bigint, window_start timestamp with time zone, at timestamp with time zone, before_order_id bigint, OUT order_id bigint, OUT market_id integer, OUT notional numeric) IS 'The account''s accepted orders from the window''s start until a moment, and what each was worth in its market''s quote asset. Of orders of that very moment, those before a number.';

CREATE FUNCTION risk.place_of(address text, OUT country text, OUT latitude numeric, OUT longitude numeric) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select n.country, n.latitude, n.longitude
    from risk.networks n
    where n.network >>= place_of.address::inet
    order by masklen(n.network) desc
    limit 1
$$;

ALTER FUNCTION risk.place_of(address text, OUT country text, OUT latitude numeric, OUT longitude numeric) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.place_of(address text, OUT country text, OUT latitude numeric, OUT longitude numeric) IS 'Where an address is, by the smallest network that holds it; no row where none does.';

CREATE FUNCTION risk.price_distance(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- Cautious to the side of its owner: to buy far below or to sell far above the last price harms nobody.
    select jsonb_build_object('distance_ppm', trunc(given.worse * 1000000 / given.last_price)::bigint)
    from (
        select (price_distance.facts ->> 'last_price')::numeric as last_price,
            case price_distance.facts ->> 'side' when 'buy' then 1 else -1 end
                * ((price_distance.facts ->> 'price')::numeric - (price_distance.facts ->> 'last_price')::numeric) as worse) given
    where given.worse * 1000000 > given.last_price * (price_distance.parameters ->> 'most_ppm')::bigint
$$;

ALTER FUNCTION risk.price_distance(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.price_distance(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: how far the price is, or null where it is not met. The extension computes the same.';

CREATE FUNCTION risk.publish_events(event_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    last bigint;
    risk_stream constant integer := 10002;
begin
    if event_ids is null then
        return;
    end if;
    -- As exchange.append_event does for one: the counter's row stays locked until the end.
    update exchange.streams s set last_sequence = s.last_sequence + cardinality(event_ids)
    where s.stream_id = risk_stream returning s.last_sequence into strict last;
    insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
    select risk_stream, numbered.sequence, numbered.sequence, numbered.payload, now()
    from (
        select last - cardinality(event_ids) + row_number() over (order by e.event_id) as sequence,
            jsonb_strip_nulls(jsonb_build_object(
                'change', 'met', 'event_id', e.event_id::text, 'point', e.point, 'account_id', e.account_id::text,
                'order_id', e.order_id::text, 'rule', e.rule, 'version', e.version, 'action', e.action,
                'reason_code', e.reason_code)) as payload
        from risk.events e where e.event_id = any (event_ids)) numbered;
    perform pg_notify('exchange_events', risk_stream::text);
end $$;

ALTER FUNCTION risk.publish_events(event_ids bigint[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.publish_events(event_ids bigint[]) IS 'Makes recorded events, seen by a later statement, messages of the stream risk and rings once. For other functions.';

CREATE FUNCTION risk.publish_rule(rule text, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint DEFAULT NULL::bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
declare
    max_rules constant integer := 200;
    before risk.rules;
    now_at timestamptz;
begin
    if publish_rule.rule is null or publish_rule.rule !~ '^[a-z][a-z0-9_]{2,31}$' then
        perform exchange.reject('INVALID_RULE', 'rule: a name of small letters, digits and _');
    end if;
    if publish_rule.reason_code is null or publish_rule.reason_code !~ '^[A-Z][A-Z0-9_]{2,39}$' then
        perform exchange.reject('INVALID_RULE', 'reason_code: capital letters, digits and _');
    end if;
    perform risk.require_sound_rule(publish_rule.point, publish_rule.kind, publish_rule.parameters, publish_rule.action);
    -- One publication at a time, so that versions are numbered and rules counted.
    perform from risk.order_rules_state for update;
    now_at := clock_timestamp();
    select * into before from risk.rules r where r.rule = publish_rule.rule order by r.version desc limit 1;
    if before.valid_until is null and before.point <> publish_rule.point then
        perform exchange.reject('INVALID_RULE', format('point: the rule is for %s; end it, or name another', before.point));
    end if;
    if (select count(*) from risk.rules r where r.valid_until is null and r.rule <> publish_rule.rule) >= max_rules then
        perform exchange.reject('TOO_MANY_RULES', format('%s rules are in force; end one first', max_rules));
    end if;
    update risk.rules r set valid_until = now_at where r.rule = publish_rule.rule and r.valid_until is null;
    insert into risk.rules (rule, version, point, kind, parameters, action, reason_code, published_by, valid_from)
    values (
        publish_rule.rule, coalesce(before.version, 0) + 1, publish_rule.point, publish_rule.kind,
        publish_rule.parameters, publish_rule.action, publish_rule.reason_code, publish_rule.published_by, now_at);
    return coalesce(before.version, 0) + 1;
end $_$;

ALTER FUNCTION risk.publish_rule(rule text, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.publish_rule(rule text, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint) IS 'Makes the next version of a rule, in force from now on, and returns its number. Rejects: INVALID_RULE, TOO_MANY_RULES.';

CREATE FUNCTION risk.record_events(point text, account_id bigint, activity_id bigint, facts jsonb, met jsonb, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    recorded bigint[];
begin
    with made as (
        insert into risk.events (
            occurred_at, point, account_id, activity_id, rule, version, action, reason_code, facts, observed)
        select record_events.at, record_events.point, record_events.account_id, record_events.activity_id,
            m.rule, m.version, m.action, m.reason_code, record_events.facts, m.observed
        from jsonb_to_recordset(record_events.met) as m (rule text, version integer, action text, reason_code text, observed jsonb)
        returning event_id
    )
    select array_agg(m.event_id order by m.event_id) into recorded from made m;
    perform risk.publish_events(recorded);
end $$;

ALTER FUNCTION risk.record_events(point text, account_id bigint, activity_id bigint, facts jsonb, met jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.record_events(point text, account_id bigint, activity_id bigint, facts jsonb, met jsonb, at timestamp with time zone) IS 'Records the rules that were met by an activity. For other functions.';

CREATE FUNCTION risk.record_order_events(met jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    recorded bigint[];
begin
    with made as (
        insert into risk.events (
            occurred_at, point, account_id, order_id, rule, version, action, reason_code, facts, observed)
        select clock_timestamp(), 'order', m.account_id, m.order_id, m.rule, m.version, r.action, r.reason_code, m.facts, m.observed
        from rows from (jsonb_to_recordset(record_order_events.met)
            as (account_id bigint, order_id bigint, rule text, version integer, facts jsonb, observed jsonb))
            with ordinality as m (account_id, order_id, rule, version, facts, observed, n)
        join risk.rules r on r.rule = m.rule and r.version = m.version
        order by m.n
        returning event_id
    )
    select array_agg(m.event_id order by m.event_id) into recorded from made m;
    perform risk.publish_events(recorded);
end $$;

ALTER FUNCTION risk.record_order_events(met jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.record_order_events(met jsonb) IS 'Records the rules that were met by the orders of a batch; the extension calls it once a batch that has any. For it alone.';

CREATE FUNCTION risk.registrations_per_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('registrations', counted.n, 'network', counted.network)
    from (
        select count(a.activity_id) + 1 as n, given.network
        from (select risk.network_of(registrations_per_address.facts ->> 'address') as network) given
        left join risk.activities a on a.network = given.network and a.point = 'registration'
            and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (registrations_per_address.parameters ->> 'within_seconds')::integer)
        where given.network is not null
        group by given.network) counted
    where counted.n > (registrations_per_address.parameters ->> 'most')::bigint
$$;

ALTER FUNCTION risk.registrations_per_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.registrations_per_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: what was counted, or null where it is not met.';

CREATE FUNCTION risk.registrations_per_device(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('registrations', counted.n)
    from (
        select count(*) + 1 as n from risk.activities a
        where a.device = registrations_per_device.facts ->> 'device' and a.point = 'registration' and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (registrations_per_device.parameters ->> 'within_seconds')::integer)) counted
    where registrations_per_device.facts ? 'device' and counted.n > (registrations_per_device.parameters ->> 'most')::bigint
$$;

ALTER FUNCTION risk.registrations_per_device(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.registrations_per_device(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: what was counted, or null where it is not met.';

CREATE FUNCTION risk.require_facts(point text, account_id bigint, facts jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    needed text[];
    missing text;
begin
    needed := case require_facts.point
        when 'registration' then array['mail_domain']
        when 'login' then '{}'::text[]
        when 'deposit' then array['asset', 'amount', 'wallet']
        when 'withdrawal' then array['asset', 'amount', 'wallet']
        when 'security_change' then array['change']
    end;
    if needed is null then
        raise exception 'no point % whose activities are assessed', require_facts.point using errcode = 'invalid_parameter_value';
    end if;
    if jsonb_typeof(require_facts.facts) is distinct from 'object' then
        raise exception 'facts must be an object' using errcode = 'invalid_parameter_value';
    end if;
    if (require_facts.point = 'registration') <> (require_facts.account_id is null) then
        raise exception 'point % and account % do not fit together', require_facts.point, require_facts.account_id
            using errcode = 'invalid_parameter_value';
    end if;
    select n into missing from unnest(needed) n where require_facts.facts ->> n is null limit 1;
    if missing is not null then
        raise exception 'point % needs the fact %', require_facts.point, missing using errcode = 'invalid_parameter_value';
    end if;
end $$;

ALTER FUNCTION risk.require_facts(point text, account_id bigint, facts jsonb) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.require_facts(point text, account_id bigint, facts jsonb) IS 'Raises where a caller leaves out what its point needs: such a call is a bug, and must not pass unjudged. For other functions.';

CREATE FUNCTION risk.require_sound_rule(point text, kind text, parameters jsonb, action text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    known risk.kinds;
    named record;
    value text;
    unknown text;
begin
    select * into known from risk.kinds k where k.kind = require_sound_rule.kind;
    if not found then
        perform exchange.reject('INVALID_RULE', format('kind: no condition %s', require_sound_rule.kind));
    end if;
    if require_sound_rule.point is null or not require_sound_rule.point = any (known.points) then
        perform exchange.reject('INVALID_RULE', format('point: %s is for %s', known.kind, array_to_string(known.points, ', ')));
    end if;
    if require_sound_rule.action is null or require_sound_rule.action not in ('allow', 'review', 'deny', 'hold') then
        perform exchange.reject('INVALID_RULE', 'action: allow, review, deny or hold');
    end if;
    if require_sound_rule.action = 'hold' and require_sound_rule.point not in ('deposit', 'withdrawal') then
        perform exchange.reject('INVALID_RULE', 'action: only deposits and withdrawals can be held');
    end if;
    if (require_sound_rule.action = 'allow') and known.kind <> 'account_listed' then
        perform exchange.reject('INVALID_RULE', 'action: only account_listed can allow');
    end if;
    if jsonb_typeof(require_sound_rule.parameters) is distinct from 'object' then
        perform exchange.reject('INVALID_RULE', 'parameters: an object');
    end if;
    select n into unknown from jsonb_object_keys(require_sound_rule.parameters) n where not known.parameters ? n limit 1;
    if unknown is not null then
        perform exchange.reject('INVALID_RULE', format('parameters: %s takes no %s', known.kind, unknown));
    end if;
    for named in select p.key as name, p.value as type from jsonb_each(known.parameters) p loop
        value := require_sound_rule.parameters ->> named.name;
        if not risk.is_of_type(require_sound_rule.parameters -> named.name, named.type) then
            perform exchange.reject('INVALID_RULE', format('parameters: %s is %s, not %s', named.name,
                case named.type ->> 'type'
                    when 'integer' then format('a whole number from %s to %s', named.type ->> 'least', named.type ->> 'most')
                    when 'decimal' then 'a decimal in a string, 0 or more'
                    when 'asset' then 'the symbol of an asset'
                    else 'a name of small letters, digits and _' end,
                coalesce(value, 'missing')));
        end if;
    end loop;
end $$;

ALTER FUNCTION risk.require_sound_rule(point text, kind text, parameters jsonb, action text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.require_sound_rule(point text, kind text, parameters jsonb, action text) IS 'Refuses a rule that does not fit its kind. Rejects: INVALID_RULE.';

CREATE FUNCTION risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(review_event.staff_session_id, 'risk');
begin
    perform from risk.reviews r
    where r.event_id = review_event.event_id and r.decided_by = actor
        and r.decision = review_event.decision and r.note = review_event.note;
    if found then
        return true;
    end if;
    perform risk.decide_event(review_event.event_id, review_event.decision, review_event.note, actor);
    perform audit.record(
        actor, 'risk_event_' || review_event.decision, 'risk_event:' || review_event.event_id,
        jsonb_build_object('note', review_event.note));
    return false;
end $$;

ALTER FUNCTION risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) IS 'A risk officer''s decision about an event that waits. True: a repeat of the officer''s own decision, which does nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, MALFORMED, RISK_EVENT_NOT_FOUND, RISK_EVENT_DECIDED, ACCOUNT_FROZEN, IN_DEBT.';

CREATE FUNCTION risk.standing_of(activity_id bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when a.verdict <> 'hold' then case a.verdict when 'deny' then 'denied' else 'free' end
        when bool_or(r.decision = 'upheld') then 'denied'
        when bool_and(r.decision is not distinct from 'released') then 'free'
        else 'held' end
    from risk.activities a
    left join risk.events e on e.activity_id = a.activity_id and e.action = 'hold'
    left join risk.reviews r on r.event_id = e.event_id
    where a.activity_id = standing_of.activity_id
    group by a.activity_id, a.verdict
$$;

ALTER FUNCTION risk.standing_of(activity_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.standing_of(activity_id bigint) IS 'Where an activity stands now: free, held (somebody must decide about every event that holds it), denied. Whoever pays out asks it in the transaction that does.';

CREATE FUNCTION risk.strictest(actions text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case when 'deny' = any (actions) then 'deny' when 'hold' = any (actions) then 'hold'
        when 'review' = any (actions) then 'review' else 'allow' end
$$;

ALTER FUNCTION risk.strictest(actions text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.strictest(actions text[]) IS 'The action that counts of several: deny, hold, review, allow.';

CREATE FUNCTION risk.tell_servers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update risk.order_rules_state set change = hashtextextended(gen_random_uuid()::text, 0);
    return null;
end $$;

ALTER FUNCTION risk.tell_servers() OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.tell_servers() IS 'Makes the servers that judge orders read the rules anew.';

CREATE FUNCTION risk.value_of(asset text, amount numeric, at timestamp with time zone) RETURNS numeric
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- What exchange.kyc_levels counts in.
    unit constant text := 'USDT';
    of_market integer;
begin
    if value_of.asset = unit then
        return value_of.amount;
    end if;
    select m.market_id into of_market from exchange.markets m where m.symbol = value_of.asset || '/' || unit;
    return value_of.amount * risk.last_price(of_market, exchange.number_before(of_market, value_of.at) + 1);
end $$;

ALTER FUNCTION risk.value_of(asset text, amount numeric, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.value_of(asset text, amount numeric, at timestamp with time zone) IS 'What an amount was worth in USDT, by the last price of its market; null where it has no market.';

CREATE FUNCTION risk.window_start(at timestamp with time zone, within_seconds integer) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select to_timestamp((floor(extract(epoch from window_start.at) / within_seconds) * within_seconds)::double precision)
$$;

ALTER FUNCTION risk.window_start(at timestamp with time zone, within_seconds integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.window_start(at timestamp with time zone, within_seconds integer) IS 'Where the window of orders begins that holds a moment: windows are whole multiples of their length since 1970, as in the extension.';

CREATE FUNCTION risk.withdrawn_amount(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
    select jsonb_build_object('amount', trim_scale(summed.total)::text)
    from (
        select coalesce(sum(a.amount), 0) + (withdrawn_amount.facts ->> 'amount')::numeric as total
        from exchange.assets s
        left join risk.activities a on a.account_id = withdrawn_amount.account_id and a.point = 'withdrawal'
            and a.asset_id = s.asset_id and a.verdict <> 'deny' and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (withdrawn_amount.parameters ->> 'within_seconds')::integer)
        where s.symbol = withdrawn_amount.parameters ->> 'asset') summed
    where withdrawn_amount.facts ->> 'asset' = withdrawn_amount.parameters ->> 'asset' and summed.total > (withdrawn_amount.parameters ->> 'most')::numeric
$$;

ALTER FUNCTION risk.withdrawn_amount(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) OWNER TO exchange_owner;

COMMENT ON FUNCTION risk.withdrawn_amount(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) IS 'Condition of kinds: the sum, or null where it is not met. What was denied does not count.';

CREATE FUNCTION staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) IS 'Sets password and secret of the one-time codes, once; the first login with a code enrols the member. Rejects: INVALID_TOKEN.';

CREATE FUNCTION staff.close_session(staff_session_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    member_id bigint;
begin
    update staff.sessions s set ended_at = now()
    where s.staff_session_id = close_session.staff_session_id and s.ended_at is null
    returning s.staff_id into member_id;
    if found then
        perform audit.record(
            member_id, 'logged_out', 'staff:' || member_id,
            jsonb_build_object('staff_session_id', close_session.staff_session_id));
    end if;
end $$;

ALTER FUNCTION staff.close_session(staff_session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.close_session(staff_session_id bigint) IS 'Ends a session: a logout. A repeat changes nothing.';

CREATE FUNCTION staff.create_member(staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text DEFAULT NULL::text) RETURNS TABLE(staff_id bigint, invited_until timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    creator bigint := staff.require(create_member.staff_session_id, 'administrator');
    lifetime constant interval := '24 hours';
    made staff.members;
begin
    insert into staff.members (email, name, invitation_hash, invited_until, request_key, created_by)
    values (
        lower(create_member.email), create_member.name, create_member.invitation_hash, now() + lifetime,
        create_member.request_key, creator)
    on conflict do nothing
    returning * into made;
    if not found then
        select * into made from staff.members m
        where m.created_by = creator and m.request_key = create_member.request_key;
        if found then
            if (made.email, made.name) is distinct from (lower(create_member.email), create_member.name) then
                perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another member');
            end if;
            return query select made.staff_id, made.invited_until, true;
            return;
        end if;
        perform exchange.reject('MEMBER_EXISTS', 'there is a member with this e-mail address');
    end if;
    perform audit.record(
        creator, 'member_created', 'staff:' || made.staff_id,
        jsonb_build_object('email', made.email, 'name', made.name));
    return query select made.staff_id, made.invited_until, false;
end $$;

ALTER FUNCTION staff.create_member(staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.create_member(staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text) IS 'Makes a member without roles, who accepts the invitation within 24 hours. By an administrator. A repeat of the request key gives the first one. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DUPLICATE_IDEMPOTENCY_KEY, MEMBER_EXISTS.';

CREATE FUNCTION staff.decide(staff_session_id bigint, proposal_id bigint, approve boolean, reason text DEFAULT NULL::text, request_key text DEFAULT NULL::text) RETURNS TABLE(state text, outcome jsonb, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    decider bigint := staff.require(
        decide.staff_session_id, 'reviewer', 'risk', 'finance', 'support', 'administrator');
    wanted constant text := case when decide.approve then 'approved' else 'rejected' end;
    proposal staff.proposals;
    known staff.actions;
begin
    -- Locked: of two who decide at once the second finds it decided.
    select * into proposal from staff.proposals p where p.proposal_id = decide.proposal_id for update;
    if not found then
        perform exchange.reject('PROPOSAL_NOT_FOUND', format('no proposal %s', decide.proposal_id));
    end if;
    select * into strict known from staff.actions a where a.action = proposal.action;
    perform staff.require(decide.staff_session_id, variadic known.decider_roles);
    if proposal.proposed_by = decider then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'who proposed it does not decide it');
    end if;
    if proposal.decided_by = decider and proposal.decider_request_key = decide.request_key and proposal.state = wanted then
        return query select proposal.state, proposal.outcome, true;
        return;
    end if;
    if proposal.state <> 'pending' then
        perform exchange.reject('PROPOSAL_DECIDED', format('it was %s already', proposal.state));
    end if;
    if proposal.expires_at <= clock_timestamp() then
        perform exchange.reject('PROPOSAL_EXPIRED', 'its time has passed; propose it again');
    end if;
    if decide.approve then
        if proposal.action in ('grant_role', 'reset_member') and proposal.arguments ->> 'staff_id' = decider::text then
            perform exchange.reject('SECOND_PERSON_REQUIRED', 'nobody decides about oneself');
        end if;
        -- What a member may no longer propose is not done in that member's name.
        perform from staff.members m
        where m.staff_id = proposal.proposed_by and m.status = 'active' and m.roles && known.proposer_roles
        for share;
        if not found then
            perform exchange.reject('PROPOSAL_EXPIRED', 'who proposed it may not do so any more; propose it again');
        end if;
        proposal.outcome := staff.run_action(proposal);
    end if;
    update staff.proposals p
    set state = wanted, decided_by = decider, decider_session_id = decide.staff_session_id,
        decider_request_key = decide.request_key, decided_at = now(), decision_reason = decide.reason,
        outcome = proposal.outcome
    where p.proposal_id = proposal.proposal_id;
    perform audit.record(
        decider, wanted, 'proposal:' || proposal.proposal_id, jsonb_build_object(
            'action', proposal.action, 'arguments', proposal.arguments, 'proposed_by', proposal.proposed_by,
            'reason', decide.reason, 'outcome', proposal.outcome));
    return query select wanted, proposal.outcome, false;
end $$;

ALTER FUNCTION staff.decide(staff_session_id bigint, proposal_id bigint, approve boolean, reason text, request_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.decide(staff_session_id bigint, proposal_id bigint, approve boolean, reason text, request_key text) IS 'Approves a proposal and does it in this transaction, or rejects it. Another person than who proposed it, whatever the login, with a role that may decide the action; nobody decides about oneself. What the action refuses leaves the proposal pending. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, PROPOSAL_NOT_FOUND, SECOND_PERSON_REQUIRED, PROPOSAL_DECIDED, PROPOSAL_EXPIRED, and the action''s.';

CREATE FUNCTION staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor bigint := staff.require(disable_member.staff_session_id, 'administrator');
    ended integer;
begin
    if disable_member.staff_id = actor then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'nobody disables oneself');
    end if;
    update staff.members m
    set status = 'disabled', invitation_hash = null, invited_until = null
    where m.staff_id = disable_member.staff_id;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', disable_member.staff_id));
    end if;
    ended := staff.end_sessions(disable_member.staff_id);
    perform audit.record(
        actor, 'member_disabled', 'staff:' || disable_member.staff_id,
        jsonb_build_object('reason', disable_member.reason, 'sessions_ended', ended));
end $$;

ALTER FUNCTION staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) IS 'Shuts a member out at once and ends the sessions: one administrator is enough, because it takes power and gives none. The way back is a proposal (reset_member). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, SECOND_PERSON_REQUIRED, MEMBER_NOT_FOUND.';

CREATE FUNCTION staff.end_sessions(staff_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ended integer;
begin
    update staff.sessions s set ended_at = now()
    where s.staff_id = end_sessions.staff_id and s.ended_at is null;
    get diagnostics ended = row_count;
    return ended;
end $$;

ALTER FUNCTION staff.end_sessions(staff_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.end_sessions(staff_id bigint) IS 'Ends all sessions of a member; returns how many. For other functions: nobody may call it.';

CREATE FUNCTION staff.fail_login(staff_id bigint, password_fits boolean, address inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    -- From so many wrong codes on each locks, for twice as long as the one before.
    free_codes constant integer := 5;
    first_lock constant interval := '30 seconds';
    longest_lock constant interval := '15 minutes';
    -- Anybody may try passwords, so that only some of them are logged, and none locks: a stranger
    -- shuts nobody out.
    logged_passwords constant integer := 10;
    logged_each constant integer := 100;
    most constant integer := 1000000000;
    failures integer;
begin
    if fail_login.password_fits then
        -- What is tried while the member is locked counts for nothing.
        update staff.members m
        set failed_codes = least(m.failed_codes + 1, most),
            locked_until = case when m.failed_codes + 1 >= free_codes
                then now() + exchange.doubling_pause(m.failed_codes + 1, free_codes, first_lock, longest_lock) end
        where m.staff_id = fail_login.staff_id and (m.locked_until is null or m.locked_until <= now())
        returning m.failed_codes into failures;
    else
        update staff.members m set failed_passwords = least(m.failed_passwords + 1, most)
        where m.staff_id = fail_login.staff_id
        returning m.failed_passwords into failures;
    end if;
    if found and (fail_login.password_fits or failures <= logged_passwords or failures % logged_each = 0) then
        perform audit.record(
            fail_login.staff_id, 'login_failed', 'staff:' || fail_login.staff_id, jsonb_build_object(
                'address', host(fail_login.address), 'password_fits', fail_login.password_fits, 'failures', failures));
    end if;
end $$;

ALTER FUNCTION staff.fail_login(staff_id bigint, password_fits boolean, address inet) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.fail_login(staff_id bigint, password_fits boolean, address inet) IS 'Counts a login that failed. From the fifth wrong code with the right password in a row on, each locks the login, for 30 seconds at first and 15 minutes at most. Wrong passwords lock nothing: without the code they are no way in, and their guesser is not told of a right one.';

CREATE FUNCTION staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer) RETURNS TABLE(account_id bigint, email text, status text, fee_tier_id integer, created_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 100;
    -- Sorts after every letter.
    beyond constant text := chr(1114111);
    wanted constant text := lower(find_accounts.email_prefix);
    actor bigint := staff.require(find_accounts.staff_session_id, 'support', 'risk', 'finance', 'reviewer');
begin
    perform audit.record(actor, 'accounts_found', 'accounts', jsonb_build_object('email_prefix', wanted));
    return query
    select a.account_id, a.email, a.status, a.fee_tier_id, a.created_at
    from exchange.accounts a
    where a.role = 'user' and a.email collate "C" >= wanted and a.email collate "C" < wanted || beyond
    order by a.email collate "C"
    limit least(greatest(find_accounts.at_most, 0), most);
end $$;

ALTER FUNCTION staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer) IS 'Users'' accounts whose address begins so, by address, 100 at most. Logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor bigint := staff.require(freeze_account.staff_session_id, 'support', 'risk');
begin
    perform from exchange.accounts a where a.account_id = freeze_account.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('ACCOUNT_NOT_FOUND', format('no user''s account %s', freeze_account.account_id));
    end if;
    perform exchange.set_account_status(freeze_account.account_id, 'frozen');
    perform audit.record(
        actor, 'account_frozen', 'account:' || freeze_account.account_id,
        jsonb_build_object('reason', freeze_account.reason));
end $$;

ALTER FUNCTION staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) IS 'Freezes a user''s account at once: one person is enough, because it can be undone; undoing is a proposal (set_account_status). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_NOT_FOUND.';

CREATE FUNCTION staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(halt_withdrawals.staff_session_id, 'risk', 'finance', 'administrator');
    halted integer;
begin
    if coalesce(length(halt_withdrawals.reason) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a reason has 1 to 500 characters');
    end if;
    halted := exchange.set_withdrawal_halt(halt_withdrawals.asset, halt_withdrawals.network, halt_withdrawals.reason);
    perform audit.record(
        actor, 'withdrawals_halted',
        format('coins:%s/%s', coalesce(halt_withdrawals.asset, '*'), coalesce(halt_withdrawals.network, '*')),
        jsonb_build_object('reason', halt_withdrawals.reason, 'halted', halted));
    return halted;
end $$;

ALTER FUNCTION staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) IS 'Halts withdrawals at once, of an asset, a network or all: one person is enough, because it can be undone; undoing is a proposal (lift_withdrawal_halt). Returns how many coins or networks were not halted before. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, UNKNOWN_ASSET, UNKNOWN_NETWORK.';

CREATE FUNCTION staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    inviter bigint := staff.require(invite_member.staff_session_id, 'administrator');
    lifetime constant interval := '24 hours';
    invited staff.members;
begin
    select * into invited from staff.members m where m.staff_id = invite_member.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', invite_member.staff_id));
    end if;
    if invited.enrolled_at is not null or invited.status <> 'active' then
        perform exchange.reject('MEMBER_ENROLLED', 'the member logs in already, or is disabled: propose a reset');
    end if;
    update staff.members m
    set invitation_hash = invite_member.invitation_hash, invited_until = now() + lifetime,
        password_hash = null, totp_secret = null, totp_step = null
    where m.staff_id = invited.staff_id
    returning * into invited;
    perform audit.record(inviter, 'member_invited', 'staff:' || invited.staff_id, '{}');
    return invited.invited_until;
end $$;

ALTER FUNCTION staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) IS 'Gives a member who has never logged in a new invitation, good for 24 hours; the earlier one ends. By an administrator. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, MEMBER_NOT_FOUND, MEMBER_ENROLLED.';

CREATE FUNCTION staff.invited_member(invitation_hash bytea) RETURNS TABLE(staff_id bigint, email text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    select m.staff_id, m.email from staff.members m
    where m.invitation_hash = invited_member.invitation_hash and m.invited_until > now() and m.status = 'active';
    if not found then
        perform exchange.reject('INVALID_TOKEN', 'the invitation is unknown, was used, or is too old');
    end if;
end $$;

ALTER FUNCTION staff.invited_member(invitation_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.invited_member(invitation_hash bytea) IS 'For whom an invitation is. Rejects: INVALID_TOKEN.';

CREATE FUNCTION staff.list_debts(staff_session_id bigint, of_account_id bigint DEFAULT NULL::bigint, after_account_id bigint DEFAULT NULL::bigint, limit_debts integer DEFAULT 100) RETURNS TABLE(account_id bigint, email text, asset text, owed numeric, available numeric, held numeric, since timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform staff.require(list_debts.staff_session_id, 'risk', 'finance', 'support');
    return query
    select d.account_id, a.email, s.symbol, round(d.owed, s.scale), round(coalesce(b.available, 0), s.scale),
        round(coalesce(b.held, 0), s.scale),
        (select max(e.occurred_at) from exchange.deposit_entries e
        where e.account_id = d.account_id and e.asset_id = d.asset_id and e.debt_amount < 0)
    from exchange.debts d
    join exchange.accounts a on a.account_id = d.account_id
    join exchange.assets s on s.asset_id = d.asset_id
    left join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
    where d.owed > 0 and (of_account_id is null or d.account_id = of_account_id)
        and d.account_id > coalesce(after_account_id, 0)
    order by d.account_id, s.symbol
    limit least(greatest(coalesce(limit_debts, 100), 0), 1000);
end $$;

ALTER FUNCTION staff.list_debts(staff_session_id bigint, of_account_id bigint, after_account_id bigint, limit_debts integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.list_debts(staff_session_id bigint, of_account_id bigint, after_account_id bigint, limit_debts integer) IS 'What accounts owe because a deposit vanished from its chain after it was spent, and what they have, by account: of one account, after an account in the list, where given; since: the last time that it grew. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.list_deposits(staff_session_id bigint, of_state text DEFAULT NULL::text, of_account_id bigint DEFAULT NULL::bigint, before_deposit_id bigint DEFAULT NULL::bigint, limit_deposits integer DEFAULT 100) RETURNS TABLE(deposit_id bigint, account_id bigint, asset text, network text, address text, amount numeric, txid text, from_address text, state text, confirmations bigint, required_confirmations integer, activity_id bigint, seen_at timestamp with time zone, changed_at timestamp with time zone, credited_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    perform staff.require(list_deposits.staff_session_id, 'risk', 'finance', 'support');
    return query
    with page as (
        select d.* from exchange.deposits d
        where d.deposit_id < coalesce(before_deposit_id, 9223372036854775807)
            and (of_state is null or d.state = of_state)
            and (of_account_id is null or d.account_id = of_account_id)
        order by d.deposit_id desc
        limit least(greatest(coalesce(limit_deposits, 100), 0), 1000)
    )
    select d.deposit_id, d.account_id, a.symbol, n.name, h.address, round(d.amount, a.scale),
        case n.family when 'evm' then '0x' else '' end || encode(d.txid, 'hex'), d.from_address, d.state,
        coalesce(greatest(chain.tip_height(d.network_id) - d.block_height + 1, 0), 0), d.required_confirmations, d.activity_id,
        d.seen_at, d.changed_at, d.credited_at
    from page d
    join exchange.assets a on a.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    join chain.addresses h on h.address_id = d.address_id
    order by d.deposit_id desc;
end $$;

ALTER FUNCTION staff.list_deposits(staff_session_id bigint, of_state text, of_account_id bigint, before_deposit_id bigint, limit_deposits integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.list_deposits(staff_session_id bigint, of_state text, of_account_id bigint, before_deposit_id bigint, limit_deposits integer) IS 'Deposits of users, the newest first, at most 1,000: in one state, of one account, before a number in the list, where given. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.list_halts(staff_session_id bigint) RETURNS TABLE(asset text, network text, reason text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform staff.require(list_halts.staff_session_id, 'risk', 'finance', 'reviewer', 'administrator');
    return query
    select null, n.name, n.halt_reason from chain.networks n where n.is_halted
    union all
    select a.symbol, n.name, c.halt_reason
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where c.is_halted
    order by 2, 1 nulls first;
end $$;

ALTER FUNCTION staff.list_halts(staff_session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.list_halts(staff_session_id bigint) IS 'What is halted: networks (no asset) and coins. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.list_members(staff_session_id bigint) RETURNS TABLE(staff_id bigint, email text, name text, roles text[], status text, enrolled_at timestamp with time zone, invited_until timestamp with time zone, created_at timestamp with time zone, open_sessions integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 10000;
begin
    perform staff.require(list_members.staff_session_id, 'administrator');
    return query
    select m.staff_id, m.email, m.name, m.roles, m.status, m.enrolled_at, m.invited_until, m.created_at,
        (select count(*)::integer from staff.sessions s
         where s.staff_id = m.staff_id and s.ended_at is null and s.expires_at > now())
    from staff.members m order by m.staff_id limit most;
end $$;

ALTER FUNCTION staff.list_members(staff_session_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.list_members(staff_session_id bigint) IS 'All members by number. For administrators. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer) RETURNS TABLE(proposal_id bigint, action text, arguments jsonb, reason text, state text, proposed_by bigint, proposed_at timestamp with time zone, expires_at timestamp with time zone, decided_by bigint, decided_at timestamp with time zone, decision_reason text, outcome jsonb, may_decide boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 1000;
    reader bigint := staff.require(
        list_proposals.staff_session_id, 'reviewer', 'risk', 'finance', 'support', 'administrator');
    held text[];
begin
    select m.roles into strict held from staff.members m where m.staff_id = reader;
    return query
    select p.proposal_id, p.action, p.arguments, p.reason, staff.proposal_state(p), p.proposed_by, p.proposed_at,
        p.expires_at, p.decided_by, p.decided_at, p.decision_reason, p.outcome,
        staff.proposal_state(p) = 'pending' and p.proposed_by <> reader and a.decider_roles && held
            and not (p.action in ('grant_role', 'reset_member') and p.arguments ->> 'staff_id' = reader::text)
    from staff.proposals p join staff.actions a on a.action = p.action
    where p.proposal_id < coalesce(list_proposals.before_proposal_id, 9223372036854775807)
        and (a.proposer_roles && held or a.decider_roles && held)
        and (list_proposals.of_state is null or staff.proposal_state(p) = list_proposals.of_state)
    order by p.proposal_id desc
    limit least(greatest(list_proposals.at_most, 0), most);
end $$;

ALTER FUNCTION staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer) IS 'Proposals before a number, the newest first, of one state (pending, expired, approved, rejected) where named; those of actions that the member may propose or decide. 1,000 at most. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.login_member(email text) RETURNS TABLE(staff_id bigint, password_hash text, totp_secret bytea, totp_step bigint, is_locked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select m.staff_id, m.password_hash, m.totp_secret, m.totp_step, coalesce(m.locked_until > now(), false)
    from staff.members m
    where m.email = lower(login_member.email) and m.status = 'active' and m.password_hash is not null
$$;

ALTER FUNCTION staff.login_member(email text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.login_member(email text) IS 'What is needed to check password and code: no row where no such login exists. The only way to a member''s hash and secret.';

CREATE FUNCTION staff.make_founder(email text, name text, invitation_hash bytea) RETURNS TABLE(staff_id bigint, invited_until timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
end $_$;

ALTER FUNCTION staff.make_founder(email text, name text, invitation_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.make_founder(email text, name text, invitation_hash bytea) IS 'Makes the first administrator, once; until that person has logged in, a repeat for the same address gives a new invitation. For the bootstrap command: nobody may call it but the operator. Rejects: INVALID_EMAIL, INVALID_NAME, ALREADY_FOUNDED.';

CREATE FUNCTION staff.open_session(staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text, new_password_hash text DEFAULT NULL::text) RETURNS TABLE(staff_session_id bigint, roles text[], expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lifetime constant interval := '8 hours';
    -- Logins beyond this end the member's oldest ones.
    max_sessions constant integer := 10;
    max_user_agent constant integer := 200;
    member staff.members;
    opened staff.sessions;
begin
    select * into member from staff.members m where m.staff_id = open_session.staff_id for no key update;
    if not found or member.status <> 'active' or member.locked_until > now()
        or member.password_hash is distinct from open_session.password_hash
        -- A code that was taken once is worth nothing, and so are those before it.
        or coalesce(member.totp_step >= open_session.totp_step, false) or open_session.totp_step is null then
        perform exchange.reject('INVALID_CREDENTIALS', 'e-mail address, password or code is wrong');
    end if;
    update staff.members m
    set totp_step = open_session.totp_step, password_hash = coalesce(open_session.new_password_hash, m.password_hash),
        failed_passwords = 0, failed_codes = 0, locked_until = null,
        enrolled_at = coalesce(m.enrolled_at, now())
    where m.staff_id = member.staff_id;
    update staff.sessions s set ended_at = now()
    where s.staff_session_id in (
        select o.staff_session_id from staff.sessions o
        where o.staff_id = member.staff_id and o.ended_at is null
        order by o.staff_session_id desc offset max_sessions - 1);
    insert into staff.sessions (staff_id, token_hash, address, user_agent, expires_at)
    values (
        member.staff_id, open_session.token_hash, open_session.address,
        left(open_session.user_agent, max_user_agent), now() + lifetime)
    returning * into opened;
    perform audit.record(
        member.staff_id, case when member.enrolled_at is null then 'enrolled' else 'logged_in' end,
        'staff:' || member.staff_id, jsonb_build_object(
            'staff_session_id', opened.staff_session_id, 'address', host(open_session.address)));
    return query select opened.staff_session_id, member.roles, opened.expires_at;
end $$;

ALTER FUNCTION staff.open_session(staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text, new_password_hash text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.open_session(staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text, new_password_hash text) IS 'Records a login whose password and code were checked; the first one enrols the member. Refused where the password has changed since, the account of the member is locked or disabled, or a code of this time step or a later one was taken before. A new hash of the same password replaces the old one. A session lives 8 hours; the oldest beyond 10 end. Rejects: INVALID_CREDENTIALS.';

CREATE TABLE staff.proposals (
    proposal_id bigint NOT NULL,
    action text NOT NULL,
    arguments jsonb NOT NULL,
    reason text,
    proposed_by bigint NOT NULL,
    proposer_session_id bigint NOT NULL,
    request_key text,
    proposed_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    is_founding boolean DEFAULT false NOT NULL,
    decided_by bigint,
    decider_session_id bigint,
    decider_request_key text,
    decided_at timestamp with time zone,
    decision_reason text,
    outcome jsonb,
    CONSTRAINT proposals_arguments_object CHECK ((jsonb_typeof(arguments) = 'object'::text)),
    CONSTRAINT proposals_decided_by_somebody CHECK ((((state = 'pending'::text) = (decided_at IS NULL)) AND (((decided_at IS NULL) OR is_founding) = (decided_by IS NULL)))),
    CONSTRAINT proposals_expires_later CHECK ((expires_at > proposed_at)),
    CONSTRAINT proposals_second_person CHECK ((decided_by <> proposed_by)),
    CONSTRAINT proposals_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text])))
);

ALTER TABLE staff.proposals OWNER TO exchange_owner;

COMMENT ON TABLE staff.proposals IS 'Sensitive actions: one person proposes, another decides, and the deciding transaction does it.';

COMMENT ON COLUMN staff.proposals.proposal_id IS 'Number of the proposal.';

COMMENT ON COLUMN staff.proposals.action IS 'What shall be done.';

COMMENT ON COLUMN staff.proposals.arguments IS 'To what, and how.';

COMMENT ON COLUMN staff.proposals.reason IS 'Why, in words.';

COMMENT ON COLUMN staff.proposals.proposed_by IS 'Who proposes.';

COMMENT ON COLUMN staff.proposals.proposer_session_id IS 'By which login.';

COMMENT ON COLUMN staff.proposals.request_key IS 'The idempotency key under which it was made.';

COMMENT ON COLUMN staff.proposals.proposed_at IS 'When it was proposed.';

COMMENT ON COLUMN staff.proposals.expires_at IS 'From when on it cannot be approved.';

COMMENT ON COLUMN staff.proposals.state IS 'pending, approved (and done), rejected. A pending one past its time is expired.';

COMMENT ON COLUMN staff.proposals.is_founding IS 'The founder''s making of the second administrator, which nobody else could decide.';

COMMENT ON COLUMN staff.proposals.decided_by IS 'Who decided: never who proposed.';

COMMENT ON COLUMN staff.proposals.decider_session_id IS 'By which login.';

COMMENT ON COLUMN staff.proposals.decider_request_key IS 'The idempotency key of the decision.';

COMMENT ON COLUMN staff.proposals.decided_at IS 'When it was decided.';

COMMENT ON COLUMN staff.proposals.decision_reason IS 'Why so, in words.';

COMMENT ON COLUMN staff.proposals.outcome IS 'What the action gave.';

CREATE FUNCTION staff.proposal_state(proposal staff.proposals) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when (proposal_state.proposal).state = 'pending' and (proposal_state.proposal).expires_at <= now() then 'expired'
        else (proposal_state.proposal).state
    end
$$;

ALTER FUNCTION staff.proposal_state(proposal staff.proposals) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.proposal_state(proposal staff.proposals) IS 'Where a proposal stands now: pending, expired, approved, rejected.';

CREATE FUNCTION staff.propose(staff_session_id bigint, action text, arguments jsonb, reason text DEFAULT NULL::text, request_key text DEFAULT NULL::text) RETURNS TABLE(proposal_id bigint, state text, expires_at timestamp with time zone, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    lifetime constant interval := '24 hours';
    -- Of one member; those of other sessions at the same moment may go uncounted.
    max_pending constant integer := 100;
    proposer bigint;
    known staff.actions;
    made staff.proposals;
begin
    select * into known from staff.actions a where a.action = propose.action;
    if not found then
        raise exception 'no action %', propose.action using errcode = 'no_data_found';
    end if;
    proposer := staff.require(propose.staff_session_id, variadic known.proposer_roles);
    if (select count(*) from staff.proposals p
        where p.proposed_by = proposer and p.state = 'pending' and p.expires_at > now()) >= max_pending then
        perform exchange.reject('TOO_MANY_PROPOSALS', format('%s of your proposals wait already', max_pending));
    end if;
    insert into staff.proposals (action, arguments, reason, proposed_by, proposer_session_id, request_key, expires_at)
    values (
        known.action, propose.arguments, propose.reason, proposer, propose.staff_session_id, propose.request_key,
        now() + lifetime)
    on conflict (proposed_by, request_key) do nothing
    returning * into made;
    if not found then
        select * into strict made from staff.proposals p
        where p.proposed_by = proposer and p.request_key = propose.request_key;
        if (made.action, made.arguments, made.reason) is distinct from (known.action, propose.arguments, propose.reason) then
            perform exchange.reject('DUPLICATE_IDEMPOTENCY_KEY', 'this key was used for another proposal');
        end if;
        return query select made.proposal_id, staff.proposal_state(made), made.expires_at, true;
        return;
    end if;
    perform from staff.foundation f
    where f.founder_id = proposer and f.completed_at is null
        and known.action = 'grant_role' and made.arguments -> 'roles' = '["administrator"]'
        and made.arguments ->> 'staff_id' <> proposer::text
    for no key update;
    if found then
        update staff.proposals p
        set state = 'approved', is_founding = true, decided_at = now(), outcome = staff.run_action(made)
        where p.proposal_id = made.proposal_id
        returning * into made;
        update staff.foundation f set completed_at = now();
    else
        -- Tried and taken back: what cannot be done now is refused now, by the same rules.
        begin
            perform staff.run_action(made);
            raise exception 'taken back' using errcode = 'TRIED';
        exception when sqlstate 'TRIED' then
            null;
        end;
    end if;
    perform audit.record(
        proposer, 'proposed', 'proposal:' || made.proposal_id, jsonb_build_object(
            'action', made.action, 'arguments', made.arguments, 'reason', made.reason, 'state', made.state));
    return query select made.proposal_id, made.state, made.expires_at, false;
end $$;

ALTER FUNCTION staff.propose(staff_session_id bigint, action text, arguments jsonb, reason text, request_key text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.propose(staff_session_id bigint, action text, arguments jsonb, reason text, request_key text) IS 'Asks for a second person to do an action of staff.actions. One that cannot be done as things stand is refused at once with the action''s own reject. Waits 24 hours. The founder makes the second administrator alone, at once. A repeat of the request key gives the first proposal. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, DUPLICATE_IDEMPOTENCY_KEY, TOO_MANY_PROPOSALS, and the action''s.';

CREATE FUNCTION staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(release_deposit.staff_session_id, 'risk');
    released exchange.deposits;
begin
    if coalesce(length(release_deposit.note) not between 1 and 1000, true) then
        perform exchange.reject('INVALID_REASON', 'a note has 1 to 1000 characters');
    end if;
    released := exchange.lock_suspicious_deposit(release_deposit.deposit_id);
    perform exchange.require_confirmations(released, released.required_confirmations);
    perform audit.record(
        actor, 'deposit_released', 'deposit:' || released.deposit_id,
        jsonb_build_object('account_id', released.account_id, 'amount', released.amount::text, 'note', release_deposit.note));
    perform exchange.credit_deposits(array[released.deposit_id]);
end $$;

ALTER FUNCTION staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) IS 'A risk officer lets a suspicious deposit be credited, at once. Giving it back is a proposal (refund_deposit). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED, NOT_CONFIRMED.';

CREATE FUNCTION staff.require(staff_session_id bigint, VARIADIC any_of text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    idle_end constant interval := '30 minutes';
    used_to constant interval := '1 minute';
    session staff.sessions;
    held text[];
begin
    -- Locked, so that it cannot be ended before what it allows is done.
    select * into session from staff.sessions s
    where s.staff_session_id = require.staff_session_id and s.ended_at is null
        and s.expires_at > clock_timestamp() and s.used_at > clock_timestamp() - idle_end
    for no key update;
    if found then
        select m.roles into held from staff.members m
        where m.staff_id = session.staff_id and m.status = 'active' for share;
    end if;
    if held is null then
        perform exchange.reject('ACCESS_REVOKED', 'the session has ended; log in again');
    end if;
    if not held && require.any_of then
        perform exchange.reject('PERMISSION_DENIED', format(
            'this needs one of the roles %s', array_to_string(require.any_of, ', ')));
    end if;
    if session.used_at < clock_timestamp() - used_to then
        update staff.sessions s set used_at = clock_timestamp()
        where s.staff_session_id = require.staff_session_id;
    end if;
    return session.staff_id;
end $$;

ALTER FUNCTION staff.require(staff_session_id bigint, VARIADIC any_of text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.require(staff_session_id bigint, VARIADIC any_of text[]) IS 'Whose session it is; refuses unless it is live and its member is active and has one of these roles, and keeps it so until the transaction ends. A session ends after 30 minutes without use. For other functions. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

CREATE FUNCTION staff.require_administrators() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    -- Counted one at a time, so that two who go at once do not both count the other.
    perform from staff.foundation for no key update;
    if (select count(*) from staff.members m
        where m.status = 'active' and m.enrolled_at is not null and 'administrator' = any (m.roles)) < 2 then
        perform exchange.reject('TOO_FEW_ADMINISTRATORS', 'two administrators must remain, or nobody could decide anything any more');
    end if;
end $$;

ALTER FUNCTION staff.require_administrators() OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.require_administrators() IS 'Refuses a change that would leave fewer than two administrators. For other functions. Rejects: TOO_FEW_ADMINISTRATORS.';

CREATE FUNCTION staff.reset_member(staff_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    changed staff.members;
begin
    select * into changed from staff.members m where m.staff_id = reset_member.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', reset_member.staff_id));
    end if;
    update staff.members m
    set status = 'active', roles = '{}', password_hash = null, totp_secret = null, totp_step = null, enrolled_at = null,
        failed_passwords = 0, failed_codes = 0, locked_until = null, invitation_hash = null, invited_until = null
    where m.staff_id = changed.staff_id;
    perform staff.end_sessions(changed.staff_id);
    if changed.status = 'active' and 'administrator' = any (changed.roles) then
        perform staff.require_administrators();
    end if;
end $$;

ALTER FUNCTION staff.reset_member(staff_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.reset_member(staff_id bigint) IS 'Takes a member''s password, one-time codes and roles away and lifts a disabling: invited and given roles anew, the member can begin again. For staff.run_action. Rejects: MEMBER_NOT_FOUND, TOO_FEW_ADMINISTRATORS.';

CREATE FUNCTION staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text) RETURNS TABLE(state text, repeated boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(review_withdrawal.staff_session_id, 'finance', 'reviewer');
    asked exchange.withdrawals;
    earlier exchange.withdrawal_reviews;
begin
    if coalesce(length(review_withdrawal.note) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a note has 1 to 500 characters');
    end if;
    -- Accounts before withdrawals, as everywhere.
    perform from exchange.accounts a
    where a.account_id = (
        select w.account_id from exchange.withdrawals w where w.withdrawal_id = review_withdrawal.withdrawal_id)
    for share;
    -- Locked: of two who decide at once the second sees what the first did.
    select * into asked from exchange.withdrawals w
    where w.withdrawal_id = review_withdrawal.withdrawal_id for no key update;
    if not found then
        perform exchange.reject('WITHDRAWAL_NOT_FOUND', format('no withdrawal %s', review_withdrawal.withdrawal_id));
    end if;
    select * into earlier from exchange.withdrawal_reviews r
    where r.withdrawal_id = asked.withdrawal_id and r.staff_id = reviewer;
    if found and earlier.is_approved = review_withdrawal.approve then
        return query select asked.state, true;
        return;
    end if;
    if asked.state <> 'requested' then
        perform exchange.reject('WITHDRAWAL_DECIDED', 'the withdrawal does not wait for a reviewer');
    end if;
    if earlier.staff_id is not null then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'who has decided does not decide again');
    end if;
    if review_withdrawal.approve and (
        select count(*) from exchange.withdrawal_reviews r
        where r.withdrawal_id = asked.withdrawal_id and r.is_approved) >= asked.required_reviews then
        perform exchange.reject('WITHDRAWAL_DECIDED', 'it waits for a risk officer, not for a reviewer');
    end if;
    insert into exchange.withdrawal_reviews (withdrawal_id, staff_id, is_approved, note)
    values (asked.withdrawal_id, reviewer, review_withdrawal.approve, review_withdrawal.note);
    perform audit.record(
        reviewer, case when review_withdrawal.approve then 'withdrawal_approved' else 'withdrawal_rejected' end,
        'withdrawal:' || asked.withdrawal_id, jsonb_build_object('account_id', asked.account_id, 'note', review_withdrawal.note));
    if not review_withdrawal.approve then
        perform exchange.refund_withdrawals(array[asked.withdrawal_id], 'rejected', review_withdrawal.note);
    else
        perform exchange.approve_withdrawal(asked.withdrawal_id);
    end if;
    return query select w.state, false from exchange.withdrawals w where w.withdrawal_id = asked.withdrawal_id;
end $$;

ALTER FUNCTION staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text) IS 'A reviewer''s decision about a withdrawal that waits. Each reviewer decides once, so that two reviews are two people''s; one is enough to reject, and then the note is what the owner is told. Gives the state that follows: requested where somebody is still waited for. A repeat of the own decision changes nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, WITHDRAWAL_NOT_FOUND, WITHDRAWAL_DECIDED, SECOND_PERSON_REQUIRED, ACCOUNT_FROZEN, IN_DEBT.';

CREATE FUNCTION staff.run_action(proposal staff.proposals) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    arguments constant jsonb := proposal.arguments;
    given bigint;
begin
    -- A fixed list: nothing of a proposal is ever run as SQL.
    case proposal.action
        when 'grant_role' then
            perform staff.set_member_roles(
                (arguments ->> 'staff_id')::bigint,
                array(select jsonb_array_elements_text(arguments -> 'roles') order by 1));
        when 'reset_member' then
            perform staff.reset_member((arguments ->> 'staff_id')::bigint);
        when 'set_account_status' then
            perform exchange.set_account_status((arguments ->> 'account_id')::bigint, arguments ->> 'status');
        when 'set_fee_tier' then
            perform exchange.set_fee_tier(
                (arguments ->> 'account_id')::bigint, (arguments ->> 'fee_tier_id')::integer);
        when 'set_fee_rates' then
            perform exchange.set_fee_rates(
                (arguments ->> 'fee_tier_id')::integer, (arguments ->> 'maker_rate')::numeric,
                (arguments ->> 'taker_rate')::numeric);
        when 'adjust_balance' then
            given := exchange.adjust_balance(
                (arguments ->> 'account_id')::bigint, arguments ->> 'asset', (arguments ->> 'amount')::numeric,
                proposal.reason, 'proposal:' || proposal.proposal_id);
            return jsonb_build_object('adjustment_id', given);
        when 'set_market_status' then
            perform exchange.set_market_status(arguments ->> 'market', arguments ->> 'status');
        when 'set_market_limits' then
            perform exchange.set_market_limits(
                arguments ->> 'market', (arguments ->> 'min_quantity')::numeric, (arguments ->> 'max_quantity')::numeric,
                (arguments ->> 'min_notional')::numeric, (arguments ->> 'price_band')::numeric,
                (arguments ->> 'max_open_orders')::integer);
        when 'set_kyc_limits' then
            perform exchange.set_kyc_limits(
                (arguments ->> 'level')::integer, (arguments ->> 'may_trade')::boolean,
                (arguments ->> 'may_withdraw')::boolean, (arguments ->> 'daily_withdrawal')::numeric,
                (arguments ->> 'monthly_withdrawal')::numeric);
        when 'publish_risk_rule' then
            given := risk.publish_rule(
                arguments ->> 'rule', arguments ->> 'point', arguments ->> 'kind', arguments -> 'parameters',
                arguments ->> 'action', arguments ->> 'reason_code', proposal.proposed_by);
            return jsonb_build_object('version', given);
        when 'end_risk_rule' then
            perform risk.end_rule(arguments ->> 'rule');
        when 'lift_withdrawal_halt' then
            given := exchange.set_withdrawal_halt(arguments ->> 'asset', arguments ->> 'network', null);
            return jsonb_build_object('lifted', given);
        when 'refund_deposit' then
            perform exchange.refund_deposit(
                (arguments ->> 'deposit_id')::bigint, arguments ->> 'address', decode(arguments ->> 'script', 'hex'));
    end case;
    return '{}';
end $$;

ALTER FUNCTION staff.run_action(proposal staff.proposals) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.run_action(proposal staff.proposals) IS 'Does what a proposal says, and gives what came of it. An action that is not in its list is an error. For other functions: nobody may call it.';

CREATE FUNCTION staff.session_member(token_hash bytea) RETURNS TABLE(staff_session_id bigint, staff_id bigint, roles text[], expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select s.staff_session_id, s.staff_id, m.roles, s.expires_at
    from staff.sessions s join staff.members m on m.staff_id = s.staff_id
    where s.token_hash = session_member.token_hash and s.ended_at is null and s.expires_at > now()
        and s.used_at > now() - interval '30 minutes' and m.status = 'active'
$$;

ALTER FUNCTION staff.session_member(token_hash bytea) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.session_member(token_hash bytea) IS 'Whose session it is and what the member may do: no row where the token is unknown, its session has ended, or the member is disabled. What the session then does asks staff.require again.';

CREATE FUNCTION staff.set_member_roles(staff_id bigint, roles text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    changed staff.members;
begin
    select * into changed from staff.members m where m.staff_id = set_member_roles.staff_id for no key update;
    if not found then
        perform exchange.reject('MEMBER_NOT_FOUND', format('no member %s', set_member_roles.staff_id));
    end if;
    if set_member_roles.roles <> '{}' and (changed.status <> 'active' or changed.enrolled_at is null) then
        perform exchange.reject('MEMBER_NOT_ENROLLED', 'roles are for members who have logged in and are not disabled');
    end if;
    update staff.members m set roles = set_member_roles.roles where m.staff_id = changed.staff_id;
    if 'administrator' = any (changed.roles) and not 'administrator' = any (set_member_roles.roles) then
        perform staff.require_administrators();
    end if;
end $$;

ALTER FUNCTION staff.set_member_roles(staff_id bigint, roles text[]) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.set_member_roles(staff_id bigint, roles text[]) IS 'Sets all roles of a member; what they allowed before ends at once. For staff.run_action. Rejects: MEMBER_NOT_FOUND, MEMBER_NOT_ENROLLED, TOO_FEW_ADMINISTRATORS.';

CREATE FUNCTION staff.show_account(staff_session_id bigint, account_id bigint) RETURNS TABLE(parent_account_id bigint, email text, status text, fee_tier_id integer, fee_tier text, full_name text, country text, withdrawals_blocked_until timestamp with time zone, email_verified_at timestamp with time zone, created_at timestamp with time zone, open_sessions integer, live_api_keys integer, balances jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    actor bigint := staff.require(show_account.staff_session_id, 'support', 'risk', 'finance', 'reviewer');
begin
    return query
    select a.parent_account_id, a.email, a.status, a.fee_tier_id, t.name, a.full_name, a.country,
        case when a.withdrawals_blocked_until > now() then a.withdrawals_blocked_until end, a.email_verified_at, a.created_at,
        (select count(*)::integer from exchange.sessions s where s.account_id = a.account_id and s.expires_at > now()),
        (select count(*)::integer from exchange.api_keys k where k.account_id = a.account_id and k.revoked_at is null),
        coalesce((
            select jsonb_agg(jsonb_build_object('asset', x.symbol, 'available', b.available::text, 'held', b.held::text) order by x.symbol)
            from exchange.balances b join exchange.assets x on x.asset_id = b.asset_id
            where b.account_id = a.account_id), '[]')
    from exchange.accounts a join exchange.fee_tiers t on t.fee_tier_id = a.fee_tier_id
    where a.account_id = show_account.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('ACCOUNT_NOT_FOUND', format('no user''s account %s', show_account.account_id));
    end if;
    perform audit.record(actor, 'account_shown', 'account:' || show_account.account_id, '{}');
end $$;

ALTER FUNCTION staff.show_account(staff_session_id bigint, account_id bigint) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.show_account(staff_session_id bigint, account_id bigint) IS 'A user''s account (or sub-account, which has a parent and no address) and what it has, as JSON {asset, available, held}. Logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_NOT_FOUND.';

CREATE FUNCTION staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer) RETURNS TABLE(withdrawal_id bigint, account_id bigint, asset text, network text, address text, is_internal boolean, amount numeric, fee numeric, value_usdt numeric, kyc_level integer, required_reviews integer, approvals integer, approved_by bigint[], is_risk_held boolean, rules text[], requested_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    most constant integer := 500;
begin
    perform staff.require(withdrawal_queue.staff_session_id, 'finance', 'reviewer', 'risk');
    return query
    select w.withdrawal_id, w.account_id, a.symbol, n.name, w.address, w.internal_account_id is not null,
        round(w.amount, a.scale), round(w.fee, a.scale), round(risk.value_of(a.symbol, w.amount, now()), 2), o.kyc_level,
        w.required_reviews::integer, coalesce(cardinality(done.by), 0), coalesce(done.by, '{}'), w.is_risk_held,
        array(select distinct e.rule from risk.events e where e.activity_id = w.activity_id order by e.rule), w.requested_at
    from exchange.withdrawals w
    join exchange.accounts o on o.account_id = w.account_id
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    cross join lateral (
        select array_agg(r.staff_id order by r.decided_at) as by from exchange.withdrawal_reviews r
        where r.withdrawal_id = w.withdrawal_id and r.is_approved) done
    where w.state = 'requested' and w.ended_at is null
        and w.withdrawal_id > coalesce(withdrawal_queue.after_withdrawal_id, 0)
    order by w.withdrawal_id
    limit least(greatest(withdrawal_queue.at_most, 0), most);
end $$;

ALTER FUNCTION staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer) OWNER TO exchange_owner;

COMMENT ON FUNCTION staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer) IS 'Withdrawals that wait for people, the oldest first, after a number where given, 500 at most: what is asked, how many reviews it needs and has, and which risk rules were met. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';

ALTER TABLE audit.entries ALTER COLUMN entry_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.entries_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE audit.head (
    head_id integer DEFAULT 1 NOT NULL,
    link_number bigint DEFAULT 0 NOT NULL,
    hash bytea DEFAULT decode(repeat('00'::text, 32), 'hex'::text) NOT NULL,
    CONSTRAINT head_hash_length CHECK ((octet_length(hash) = 32)),
    CONSTRAINT head_head_id_single CHECK ((head_id = 1))
);

ALTER TABLE audit.head OWNER TO exchange_owner;

COMMENT ON TABLE audit.head IS 'One row: where the chain ends. Whoever makes links locks it.';

COMMENT ON COLUMN audit.head.head_id IS 'Always 1.';

COMMENT ON COLUMN audit.head.link_number IS 'The last link; 0 before the first.';

COMMENT ON COLUMN audit.head.hash IS 'Its hash.';

CREATE TABLE audit.links (
    link_number bigint NOT NULL,
    entry_id bigint NOT NULL,
    hash bytea NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT links_hash_length CHECK ((octet_length(hash) = 32)),
    CONSTRAINT links_link_number_positive CHECK ((link_number > 0))
);

ALTER TABLE audit.links OWNER TO exchange_owner;

COMMENT ON TABLE audit.links IS 'The chain: each link''s hash covers the hash before it and one entry. Made by the worker audit, in the order in which it met the entries.';

COMMENT ON COLUMN audit.links.link_number IS 'Counts from 1 without gap.';

COMMENT ON COLUMN audit.links.entry_id IS 'Which entry.';

COMMENT ON COLUMN audit.links.hash IS 'SHA-256 of the hash before it (32 zero bytes at first) and the entry; see audit.entry_hash.';

COMMENT ON COLUMN audit.links.linked_at IS 'When it was linked.';

CREATE TABLE audit.unlinked (
    entry_id bigint NOT NULL
);

ALTER TABLE audit.unlinked OWNER TO exchange_owner;

COMMENT ON TABLE audit.unlinked IS 'Entries that wait for their link.';

COMMENT ON COLUMN audit.unlinked.entry_id IS 'Which entry.';

CREATE TABLE chain.addresses (
    address_id bigint NOT NULL,
    network_id integer NOT NULL,
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    address text,
    script bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT addresses_address_id_range CHECK (((address_id >= 1) AND (address_id <= 2147483647))),
    CONSTRAINT addresses_address_length CHECK (((length(address) >= 1) AND (length(address) <= 100))),
    CONSTRAINT addresses_named_whole CHECK (((address IS NULL) = (script IS NULL))),
    CONSTRAINT addresses_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 34)))
);

ALTER TABLE chain.addresses OWNER TO exchange_owner;

COMMENT ON TABLE chain.addresses IS 'Deposit addresses: one an account, asset and network. Any listed coin of the network that arrives is credited to the account.';

COMMENT ON COLUMN chain.addresses.address_id IS 'Number of the address, and the last step of its derivation path (m/84''/c''/0''/0/n, m/44''/60''/0''/0/n).';

COMMENT ON COLUMN chain.addresses.network_id IS 'On which network.';

COMMENT ON COLUMN chain.addresses.account_id IS 'Whose deposits it takes.';

COMMENT ON COLUMN chain.addresses.asset_id IS 'The asset it was made for.';

COMMENT ON COLUMN chain.addresses.address IS 'As people write it; null until the API has derived it, which is before anybody sees it.';

COMMENT ON COLUMN chain.addresses.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN chain.addresses.created_at IS 'When the number was given.';

ALTER TABLE chain.addresses ALTER COLUMN address_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME chain.addresses_address_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE chain.attempts (
    attempt_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    network_id integer NOT NULL,
    number integer NOT NULL,
    state text DEFAULT 'unsigned'::text NOT NULL,
    from_script bytea,
    nonce bigint,
    unsigned bytea NOT NULL,
    raw bytea,
    txid bytea,
    fee_rate numeric NOT NULL,
    fee numeric,
    block_hash bytea,
    block_height bigint,
    is_success boolean,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    signed_at timestamp with time zone,
    broadcast_at timestamp with time zone,
    last_broadcast_at timestamp with time zone,
    is_reverted boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_block_whole CHECK (((block_hash IS NULL) = (block_height IS NULL))),
    CONSTRAINT attempts_fee_not_negative CHECK (((fee >= (0)::numeric) AND (fee < 'Infinity'::numeric))),
    CONSTRAINT attempts_fee_rate_positive CHECK (((fee_rate > (0)::numeric) AND (fee_rate < 'Infinity'::numeric))),
    CONSTRAINT attempts_mined_has_block CHECK (((state = 'mined'::text) = (block_hash IS NOT NULL))),
    CONSTRAINT attempts_nonce_whole CHECK ((((nonce IS NULL) = (from_script IS NULL)) AND (nonce >= 0))),
    CONSTRAINT attempts_number_positive CHECK (((number >= 1) AND (number <= 100))),
    CONSTRAINT attempts_raw_whole CHECK ((((raw IS NULL) = (state = 'unsigned'::text)) AND ((raw IS NULL) = (txid IS NULL)))),
    CONSTRAINT attempts_reverted_has_no_outcome CHECK (((NOT is_reverted) OR (is_success IS NULL))),
    CONSTRAINT attempts_state_known CHECK ((state = ANY (ARRAY['unsigned'::text, 'signed'::text, 'broadcast'::text, 'mined'::text, 'replaced'::text]))),
    CONSTRAINT attempts_txid_length CHECK ((octet_length(txid) = 32))
);

ALTER TABLE chain.attempts OWNER TO exchange_owner;

COMMENT ON TABLE chain.attempts IS 'The transactions that may carry a payment, with the bytes that are sent, and sent again.';

COMMENT ON COLUMN chain.attempts.attempt_id IS 'Number of the attempt.';

COMMENT ON COLUMN chain.attempts.payment_id IS 'The payment.';

COMMENT ON COLUMN chain.attempts.network_id IS 'On which network.';

COMMENT ON COLUMN chain.attempts.number IS 'Counts from 1 for each payment; a later one pays a higher fee.';

COMMENT ON COLUMN chain.attempts.state IS 'unsigned; signed: the bytes are stored, nobody has them; broadcast; mined: in the active block; replaced: another attempt, or another transaction of the same nonce or outputs, was mined.';

COMMENT ON COLUMN chain.attempts.from_script IS 'evm: the 20 bytes of the account that sends it.';

COMMENT ON COLUMN chain.attempts.nonce IS 'evm: the nonce of that account.';

COMMENT ON COLUMN chain.attempts.unsigned IS 'What is signed: a PSBT, or the unsigned transaction.';

COMMENT ON COLUMN chain.attempts.raw IS 'What is sent.';

COMMENT ON COLUMN chain.attempts.txid IS 'Its hash.';

COMMENT ON COLUMN chain.attempts.fee_rate IS 'Atoms a unit: satoshi a virtual byte, or the most wei a gas.';

COMMENT ON COLUMN chain.attempts.fee IS 'bitcoin: what it pays, known before; evm: what it has paid, known when mined. In the network''s coin.';

COMMENT ON COLUMN chain.attempts.block_hash IS 'The active block that holds it.';

COMMENT ON COLUMN chain.attempts.block_height IS 'Height of that block.';

COMMENT ON COLUMN chain.attempts.is_success IS 'evm: whether it went through; null until mined.';

COMMENT ON COLUMN chain.attempts.created_at IS 'When it was made.';

COMMENT ON COLUMN chain.attempts.signed_at IS 'When its bytes were stored.';

COMMENT ON COLUMN chain.attempts.broadcast_at IS 'When a node first took it.';

COMMENT ON COLUMN chain.attempts.last_broadcast_at IS 'When it was last sent.';

COMMENT ON COLUMN chain.attempts.is_reverted IS 'evm: it was mined and undone as a whole: what it carried is still to be carried, by another attempt. Then is_success is null.';

ALTER TABLE chain.attempts ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME chain.attempts_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE chain.blocks (
    network_id integer NOT NULL,
    height bigint NOT NULL,
    hash bytea NOT NULL,
    parent_hash bytea NOT NULL,
    mined_at timestamp with time zone NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT blocks_hash_length CHECK (((octet_length(hash) = 32) AND (octet_length(parent_hash) = 32))),
    CONSTRAINT blocks_height_not_negative CHECK ((height >= 0))
);

ALTER TABLE chain.blocks OWNER TO exchange_owner;

COMMENT ON TABLE chain.blocks IS 'Blocks that were read, by hash: the checkpoint chain. The active ones are one chain without gaps; those of forks stay, inactive.';

COMMENT ON COLUMN chain.blocks.network_id IS 'Of which network.';

COMMENT ON COLUMN chain.blocks.height IS 'How many came before it.';

COMMENT ON COLUMN chain.blocks.hash IS 'Its hash, first byte first as the chain''s tools print it.';

COMMENT ON COLUMN chain.blocks.parent_hash IS 'The one before it.';

COMMENT ON COLUMN chain.blocks.mined_at IS 'Its own time.';

COMMENT ON COLUMN chain.blocks.is_active IS 'Whether it is in the best chain, as the node last said.';

COMMENT ON COLUMN chain.blocks.read_at IS 'When it was read.';

CREATE TABLE chain.fee_hours (
    network_id integer NOT NULL,
    hour smallint NOT NULL,
    rate numeric NOT NULL,
    usual_rate numeric NOT NULL,
    days integer NOT NULL,
    measured_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fee_hours_days_positive CHECK ((days > 0)),
    CONSTRAINT fee_hours_hour_range CHECK (((hour >= 0) AND (hour <= 23))),
    CONSTRAINT fee_hours_rates_positive CHECK (((rate > (0)::numeric) AND (usual_rate > (0)::numeric) AND (rate < 'Infinity'::numeric) AND (usual_rate < 'Infinity'::numeric)))
);

ALTER TABLE chain.fee_hours OWNER TO exchange_owner;

COMMENT ON TABLE chain.fee_hours IS 'What a unit of a block costs at each hour of the day, as measured over the last 28 days: tells quiet hours.';

COMMENT ON COLUMN chain.fee_hours.network_id IS 'On which network.';

COMMENT ON COLUMN chain.fee_hours.hour IS 'Hour of the day, UTC.';

COMMENT ON COLUMN chain.fee_hours.rate IS 'Median of that hour, in atoms a unit.';

COMMENT ON COLUMN chain.fee_hours.usual_rate IS 'Median of all hours.';

COMMENT ON COLUMN chain.fee_hours.days IS 'On how many days that hour was measured.';

COMMENT ON COLUMN chain.fee_hours.measured_at IS 'When it was computed.';

CREATE TABLE chain.fee_samples (
    network_id integer NOT NULL,
    sampled_at timestamp with time zone NOT NULL,
    rate numeric NOT NULL,
    CONSTRAINT fee_samples_rate_positive CHECK (((rate > (0)::numeric) AND (rate < 'Infinity'::numeric)))
);

ALTER TABLE chain.fee_samples OWNER TO exchange_owner;

COMMENT ON TABLE chain.fee_samples IS 'What the node said a unit of a block costs; kept 35 days, so that quiet hours can be told.';

COMMENT ON COLUMN chain.fee_samples.network_id IS 'On which network.';

COMMENT ON COLUMN chain.fee_samples.sampled_at IS 'When it was asked.';

COMMENT ON COLUMN chain.fee_samples.rate IS 'Atoms a unit: satoshi a virtual byte, wei a gas.';

CREATE TABLE chain.networks (
    network_id integer NOT NULL,
    name text NOT NULL,
    family text NOT NULL,
    chain text NOT NULL,
    genesis_hash bytea,
    first_height bigint DEFAULT 0 NOT NULL,
    is_halted boolean DEFAULT false NOT NULL,
    halt_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    account_key text,
    CONSTRAINT networks_account_key_length CHECK (((length(account_key) >= 1) AND (length(account_key) <= 200))),
    CONSTRAINT networks_chain_form CHECK ((chain ~ '^[a-z0-9]{1,20}$'::text)),
    CONSTRAINT networks_family_known CHECK ((family = ANY (ARRAY['bitcoin'::text, 'evm'::text]))),
    CONSTRAINT networks_first_height_not_negative CHECK ((first_height >= 0)),
    CONSTRAINT networks_genesis_hash_length CHECK ((octet_length(genesis_hash) = 32)),
    CONSTRAINT networks_halt_has_reason CHECK ((is_halted = (halt_reason IS NOT NULL))),
    CONSTRAINT networks_name_form CHECK ((name ~ '^[a-z][a-z0-9_]{1,19}$'::text)),
    CONSTRAINT networks_network_id_range CHECK (((network_id >= 1) AND (network_id <= 99)))
);

ALTER TABLE chain.networks OWNER TO exchange_owner;

COMMENT ON TABLE chain.networks IS 'Chains that the exchange watches; one worker each.';

COMMENT ON COLUMN chain.networks.network_id IS 'Chosen by the operator. Its doorbell is 10910 + network_id.';

COMMENT ON COLUMN chain.networks.name IS 'The name people use: bitcoin, ethereum.';

COMMENT ON COLUMN chain.networks.family IS 'How it works: bitcoin (outputs) or evm (accounts and logs).';

COMMENT ON COLUMN chain.networks.chain IS 'Which chain of its family: main, testnet4, signet or regtest; the chain id in decimal.';

COMMENT ON COLUMN chain.networks.genesis_hash IS 'Hash of block 0, as the first node said. A node that says otherwise is not listened to.';

COMMENT ON COLUMN chain.networks.first_height IS 'The first block that is read; what lies before was never ours.';

COMMENT ON COLUMN chain.networks.is_halted IS 'Nothing is sent while it is set; deposits go on.';

COMMENT ON COLUMN chain.networks.halt_reason IS 'Why it is halted.';

COMMENT ON COLUMN chain.networks.created_at IS 'When it was listed.';

COMMENT ON COLUMN chain.networks.account_key IS 'Extended public key that its deposit addresses are derived from: the first that was used. With another one no address is given out, because the signer could not spend from it.';

CREATE TABLE chain.nonces (
    network_id integer NOT NULL,
    script bytea NOT NULL,
    next_nonce bigint NOT NULL,
    CONSTRAINT nonces_next_nonce_not_negative CHECK ((next_nonce >= 0)),
    CONSTRAINT nonces_script_length CHECK ((octet_length(script) = 20))
);

ALTER TABLE chain.nonces OWNER TO exchange_owner;

COMMENT ON TABLE chain.nonces IS 'The next nonce of each account that sends, and of the Safe. The row''s lock makes numbers gapless.';

COMMENT ON COLUMN chain.nonces.network_id IS 'On which network.';

COMMENT ON COLUMN chain.nonces.script IS 'The account''s 20 bytes.';

COMMENT ON COLUMN chain.nonces.next_nonce IS 'What the next transaction of it gets.';

CREATE TABLE chain.outputs (
    network_id integer NOT NULL,
    txid bytea NOT NULL,
    output_index integer NOT NULL,
    amount numeric NOT NULL,
    address_id bigint,
    wallet_id integer,
    block_hash bytea,
    block_height bigint,
    spent_txid bytea,
    spent_height bigint,
    payment_id bigint,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT outputs_amount_not_negative CHECK (((amount >= (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT outputs_block_whole CHECK (((block_hash IS NULL) = (block_height IS NULL))),
    CONSTRAINT outputs_output_index_not_negative CHECK ((output_index >= 0)),
    CONSTRAINT outputs_owner_is_one CHECK (((address_id IS NULL) <> (wallet_id IS NULL))),
    CONSTRAINT outputs_spent_whole CHECK (((spent_height IS NULL) OR (spent_txid IS NOT NULL))),
    CONSTRAINT outputs_txid_length CHECK ((octet_length(txid) = 32))
);

ALTER TABLE chain.outputs OWNER TO exchange_owner;

COMMENT ON TABLE chain.outputs IS 'Outputs of Bitcoin transactions that are ours: of deposit addresses, of the hot and the cold wallet.';

COMMENT ON COLUMN chain.outputs.network_id IS 'On which network.';

COMMENT ON COLUMN chain.outputs.txid IS 'Its transaction, first byte first as the chain''s tools print it.';

COMMENT ON COLUMN chain.outputs.output_index IS 'Which output of it.';

COMMENT ON COLUMN chain.outputs.amount IS 'How much, in the network''s coin.';

COMMENT ON COLUMN chain.outputs.address_id IS 'The deposit address that it pays.';

COMMENT ON COLUMN chain.outputs.wallet_id IS 'The wallet that it pays.';

COMMENT ON COLUMN chain.outputs.block_hash IS 'The active block that holds it; null: in the mempool, or gone from the chain.';

COMMENT ON COLUMN chain.outputs.block_height IS 'Height of that block.';

COMMENT ON COLUMN chain.outputs.spent_txid IS 'The transaction that spends it, in the mempool or in a block.';

COMMENT ON COLUMN chain.outputs.spent_height IS 'Height of the active block that holds that.';

COMMENT ON COLUMN chain.outputs.payment_id IS 'The payment that has reserved it: no other may spend it.';

COMMENT ON COLUMN chain.outputs.seen_at IS 'When it was first seen.';

CREATE TABLE chain.payment_items (
    payment_id bigint NOT NULL,
    item integer NOT NULL,
    withdrawal_id bigint,
    deposit_id bigint,
    address text NOT NULL,
    script bytea NOT NULL,
    amount numeric NOT NULL,
    CONSTRAINT payment_items_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT payment_items_item_not_negative CHECK ((item >= 0)),
    CONSTRAINT payment_items_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 42)))
);

ALTER TABLE chain.payment_items OWNER TO exchange_owner;

COMMENT ON TABLE chain.payment_items IS 'Whom a payment pays; change is not here.';

COMMENT ON COLUMN chain.payment_items.payment_id IS 'The payment.';

COMMENT ON COLUMN chain.payment_items.item IS 'Counts from 0.';

COMMENT ON COLUMN chain.payment_items.withdrawal_id IS 'The withdrawal that it carries out.';

COMMENT ON COLUMN chain.payment_items.deposit_id IS 'The deposit that it gives back.';

COMMENT ON COLUMN chain.payment_items.address IS 'To where.';

COMMENT ON COLUMN chain.payment_items.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN chain.payment_items.amount IS 'How much.';

CREATE TABLE chain.payments (
    payment_id bigint NOT NULL,
    network_id integer NOT NULL,
    purpose text NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    from_wallet_id integer,
    from_address_id bigint,
    safe_nonce bigint,
    identity_hash bytea,
    plan jsonb NOT NULL,
    end_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    owner_signatures bytea[],
    CONSTRAINT payments_amount_not_negative CHECK (((amount >= (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT payments_ended_when CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['confirmed'::text, 'failed'::text])))),
    CONSTRAINT payments_identity_hash_length CHECK ((octet_length(identity_hash) = 32)),
    CONSTRAINT payments_owner_signatures_of_refill CHECK (((owner_signatures IS NULL) OR ((purpose = 'refill'::text) AND (cardinality(owner_signatures) = 2)))),
    CONSTRAINT payments_purpose_known CHECK ((purpose = ANY (ARRAY['withdrawal'::text, 'sweep'::text, 'gas'::text, 'cold'::text, 'refund'::text, 'cancel'::text, 'refill'::text]))),
    CONSTRAINT payments_safe_nonce_not_negative CHECK ((safe_nonce >= 0)),
    CONSTRAINT payments_state_known CHECK ((state = ANY (ARRAY['planned'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text, 'failed'::text])))
);

ALTER TABLE chain.payments OWNER TO exchange_owner;

COMMENT ON TABLE chain.payments IS 'One intention to send each. It can be carried by several attempts, of which the chain accepts one at most: they spend the same outputs, or use the same nonces.';

COMMENT ON COLUMN chain.payments.payment_id IS 'Number of the payment.';

COMMENT ON COLUMN chain.payments.network_id IS 'On which network.';

COMMENT ON COLUMN chain.payments.purpose IS 'withdrawal; sweep: from deposit addresses to the hot wallet; gas: to a deposit address, so that it can pay for a sweep; cold: from the hot wallet to the cold one; refill: from the cold wallet to the hot one, signed offline; refund: of a suspicious deposit; cancel: uses up the nonce of a payment that shall not happen.';

COMMENT ON COLUMN chain.payments.state IS 'planned: being signed; signed: its bytes are stored; broadcast: a node has them; confirmed: final; failed: provably never happens.';

COMMENT ON COLUMN chain.payments.asset_id IS 'What is sent.';

COMMENT ON COLUMN chain.payments.amount IS 'How much leaves the wallet or address, the network''s fee aside.';

COMMENT ON COLUMN chain.payments.from_wallet_id IS 'The wallet that pays.';

COMMENT ON COLUMN chain.payments.from_address_id IS 'evm: the deposit address that pays, of a sweep.';

COMMENT ON COLUMN chain.payments.safe_nonce IS 'evm: the nonce of the Safe that it uses. The Safe executes one transaction a nonce.';

COMMENT ON COLUMN chain.payments.identity_hash IS 'evm: the hash that the Safe''s owners sign, and by which its outcome is found on the chain.';

COMMENT ON COLUMN chain.payments.plan IS 'What was planned, for people and signers.';

COMMENT ON COLUMN chain.payments.end_reason IS 'Why it failed.';

COMMENT ON COLUMN chain.payments.created_at IS 'When it was planned.';

COMMENT ON COLUMN chain.payments.ended_at IS 'When it became final.';

COMMENT ON COLUMN chain.payments.owner_signatures IS 'evm, refill: the signatures of two owners of the cold Safe, 65 bytes each, made offline; null until they are imported.';

ALTER TABLE chain.payments ALTER COLUMN payment_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME chain.payments_payment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE chain.signings (
    signing_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    attempt_id bigint,
    signer text NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    signature bytea,
    refusal text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    withdrawal_id bigint,
    CONSTRAINT signings_ended_when CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT signings_kind_known CHECK ((kind = ANY (ARRAY['hot_outputs'::text, 'safe'::text, 'gas_account'::text, 'deposit_keys'::text]))),
    CONSTRAINT signings_refusal_length CHECK (((length(refusal) >= 1) AND (length(refusal) <= 500))),
    CONSTRAINT signings_refused_whole CHECK (((state = 'refused'::text) = (refusal IS NOT NULL))),
    CONSTRAINT signings_signed_whole CHECK (((state = 'signed'::text) = (signature IS NOT NULL))),
    CONSTRAINT signings_signer_known CHECK ((signer = ANY (ARRAY['a'::text, 'b'::text]))),
    CONSTRAINT signings_state_known CHECK ((state = ANY (ARRAY['waiting'::text, 'signed'::text, 'refused'::text]))),
    CONSTRAINT signings_withdrawal_of_refusal CHECK (((withdrawal_id IS NULL) OR (state = 'refused'::text)))
);

ALTER TABLE chain.signings OWNER TO exchange_owner;

COMMENT ON TABLE chain.signings IS 'What signers are asked to sign. A signer reads what it needs from the other tables and judges for itself.';

COMMENT ON COLUMN chain.signings.signing_id IS 'Number of the request.';

COMMENT ON COLUMN chain.signings.payment_id IS 'The payment.';

COMMENT ON COLUMN chain.signings.attempt_id IS 'The attempt; null for what holds for all attempts, the owners'' signature of a Safe.';

COMMENT ON COLUMN chain.signings.signer IS 'a or b: which process, with its own role and token.';

COMMENT ON COLUMN chain.signings.kind IS 'hot_outputs: inputs of the hot Bitcoin wallet; safe: the hash of a Safe''s transaction; gas_account: a transaction of the gas account; deposit_keys: inputs or a transaction of deposit addresses.';

COMMENT ON COLUMN chain.signings.state IS 'waiting, signed or refused.';

COMMENT ON COLUMN chain.signings.signature IS 'The signatures, one after the other in the order of the inputs, 64 bytes each (65 with recovery id for evm).';

COMMENT ON COLUMN chain.signings.refusal IS 'Why it was refused: somebody has to look.';

COMMENT ON COLUMN chain.signings.created_at IS 'When it was asked.';

COMMENT ON COLUMN chain.signings.ended_at IS 'When it was signed or refused.';

COMMENT ON COLUMN chain.signings.withdrawal_id IS 'Because of which withdrawal it was refused; null: because of something else, which halts the network.';

ALTER TABLE chain.signings ALTER COLUMN signing_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME chain.signings_signing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE chain.wallets (
    wallet_id integer NOT NULL,
    network_id integer NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    script bytea NOT NULL,
    descriptor text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT wallets_address_length CHECK (((length(address) >= 1) AND (length(address) <= 100))),
    CONSTRAINT wallets_role_known CHECK ((role = ANY (ARRAY['hot'::text, 'cold'::text, 'gas'::text]))),
    CONSTRAINT wallets_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 34)))
);

ALTER TABLE chain.wallets OWNER TO exchange_owner;

COMMENT ON TABLE chain.wallets IS 'The house''s own wallets. No private key of them is anywhere but in a token or offline.';

COMMENT ON COLUMN chain.wallets.wallet_id IS 'Number of the wallet.';

COMMENT ON COLUMN chain.wallets.network_id IS 'On which network.';

COMMENT ON COLUMN chain.wallets.role IS 'hot: two of three keys, pays withdrawals; cold: watched only; gas (evm): pays for what is sent.';

COMMENT ON COLUMN chain.wallets.address IS 'Its address.';

COMMENT ON COLUMN chain.wallets.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN chain.wallets.descriptor IS 'bitcoin: wsh(sortedmulti(2,...)) of the public keys; evm: owners of the Safe, by comma. Null for a single key.';

COMMENT ON COLUMN chain.wallets.created_at IS 'When it was registered.';

ALTER TABLE chain.wallets ALTER COLUMN wallet_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME chain.wallets_wallet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.assets (
    asset_id integer NOT NULL,
    symbol text NOT NULL,
    scale smallint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT assets_asset_id_positive CHECK ((asset_id > 0)),
    CONSTRAINT assets_scale_range CHECK (((scale >= 0) AND (scale <= 18))),
    CONSTRAINT assets_symbol_form CHECK ((symbol ~ '^[A-Z0-9]{2,10}$'::text))
);

ALTER TABLE exchange.assets OWNER TO exchange_owner;

COMMENT ON TABLE exchange.assets IS 'What balances are kept in.';

COMMENT ON COLUMN exchange.assets.asset_id IS 'Chosen by the operator; never reused.';

COMMENT ON COLUMN exchange.assets.symbol IS 'The name people use, such as BTC.';

COMMENT ON COLUMN exchange.assets.scale IS 'Decimals of the smallest unit, the atom: 8 for BTC.';

COMMENT ON COLUMN exchange.assets.created_at IS 'When the asset was listed.';

CREATE TABLE exchange.balances (
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    available numeric DEFAULT 0 NOT NULL,
    held numeric DEFAULT 0 NOT NULL,
    CONSTRAINT balances_available_not_negative CHECK (((available >= (0)::numeric) AND (available < 'Infinity'::numeric))),
    CONSTRAINT balances_held_not_negative CHECK (((held >= (0)::numeric) AND (held < 'Infinity'::numeric)))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE exchange.balances OWNER TO exchange_owner;

COMMENT ON TABLE exchange.balances IS 'What each account has; the one derived table, compared with the ledger by checks. Rows are locked in key order.';

COMMENT ON COLUMN exchange.balances.account_id IS 'Owner. No foreign key: the engine writes these rows directly; a check finds orphans.';

COMMENT ON COLUMN exchange.balances.asset_id IS 'Asset.';

COMMENT ON COLUMN exchange.balances.available IS 'Free to use.';

COMMENT ON COLUMN exchange.balances.held IS 'Frozen by open orders (and later by withdrawals).';

CREATE TABLE exchange.trades (
    trade_id bigint NOT NULL,
    market_id integer NOT NULL,
    price numeric NOT NULL,
    quantity numeric NOT NULL,
    quote_amount numeric NOT NULL,
    taker_side text NOT NULL,
    maker_order_id bigint NOT NULL,
    taker_order_id bigint NOT NULL,
    maker_account_id bigint NOT NULL,
    taker_account_id bigint NOT NULL,
    maker_fee numeric NOT NULL,
    taker_fee numeric NOT NULL,
    traded_at timestamp with time zone NOT NULL,
    CONSTRAINT trades_amounts_in_range CHECK (((price > (0)::numeric) AND (quantity > (0)::numeric) AND (quote_amount = (price * quantity)))),
    CONSTRAINT trades_fees_in_range CHECK (((maker_fee >= (0)::numeric) AND (taker_fee >= (0)::numeric) AND
CASE taker_side
    WHEN 'buy'::text THEN ((taker_fee <= quantity) AND (maker_fee <= quote_amount))
    ELSE ((maker_fee <= quantity) AND (taker_fee <= quote_amount))
END)),
    CONSTRAINT trades_taker_side_known CHECK ((taker_side = ANY (ARRAY['buy'::text, 'sell'::text])))
)
PARTITION BY RANGE (traded_at);

ALTER TABLE exchange.trades OWNER TO exchange_owner;

COMMENT ON TABLE exchange.trades IS 'Every trade, with all that its ledger entries need.';

COMMENT ON COLUMN exchange.trades.trade_id IS 'market_id * 10^14 + sequence. A taker''s trades follow its order''s number.';

COMMENT ON COLUMN exchange.trades.market_id IS 'Market.';

COMMENT ON COLUMN exchange.trades.price IS 'The maker''s price.';

COMMENT ON COLUMN exchange.trades.quantity IS 'Base traded.';

COMMENT ON COLUMN exchange.trades.quote_amount IS 'Quote traded: price times quantity, exact.';

COMMENT ON COLUMN exchange.trades.taker_side IS 'Side of the order that arrived.';

COMMENT ON COLUMN exchange.trades.maker_order_id IS 'The order that rested.';

COMMENT ON COLUMN exchange.trades.taker_order_id IS 'The order that arrived.';

COMMENT ON COLUMN exchange.trades.maker_account_id IS 'Owner of the maker order.';

COMMENT ON COLUMN exchange.trades.taker_account_id IS 'Owner of the taker order.';

COMMENT ON COLUMN exchange.trades.maker_fee IS 'In the asset that the maker received, rounded up to the atom.';

COMMENT ON COLUMN exchange.trades.taker_fee IS 'In the asset that the taker received, rounded up to the atom.';

COMMENT ON COLUMN exchange.trades.traded_at IS 'When.';

CREATE TABLE exchange.transfers (
    transfer_id bigint NOT NULL,
    owner_account_id bigint NOT NULL,
    from_account_id bigint NOT NULL,
    to_account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    request_key text COLLATE pg_catalog."C",
    transferred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT transfers_accounts_differ CHECK ((from_account_id <> to_account_id)),
    CONSTRAINT transfers_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT transfers_request_key_form CHECK ((request_key ~ '^[A-Za-z0-9_.:-]{1,64}$'::text))
);

ALTER TABLE exchange.transfers OWNER TO exchange_owner;

COMMENT ON TABLE exchange.transfers IS 'Money moved between the accounts of one owner: atomic and without a fee.';

COMMENT ON COLUMN exchange.transfers.transfer_id IS 'Number of the fact.';

COMMENT ON COLUMN exchange.transfers.owner_account_id IS 'Who moved it: the account itself or its sub-accounts are both sides.';

COMMENT ON COLUMN exchange.transfers.from_account_id IS 'Whose balance it left.';

COMMENT ON COLUMN exchange.transfers.to_account_id IS 'Whose balance it joined.';

COMMENT ON COLUMN exchange.transfers.asset_id IS 'In which asset.';

COMMENT ON COLUMN exchange.transfers.amount IS 'How much.';

COMMENT ON COLUMN exchange.transfers.request_key IS 'A repeat of the owner''s same key changes nothing.';

COMMENT ON COLUMN exchange.transfers.transferred_at IS 'When.';

CREATE VIEW checks.amounts_on_grid AS
 SELECT 'balances'::text AS table_name,
    b.account_id AS row_id,
    a.symbol AS of,
    b.available AS first_amount,
    b.held AS second_amount
   FROM (exchange.balances b
     JOIN exchange.assets a ON ((a.asset_id = b.asset_id)))
  WHERE ((b.available <> round(b.available, (a.scale)::integer)) OR (b.held <> round(b.held, (a.scale)::integer)))
UNION ALL
 SELECT 'transfers'::text AS table_name,
    t.transfer_id AS row_id,
    a.symbol AS of,
    t.amount AS first_amount,
    NULL::numeric AS second_amount
   FROM (exchange.transfers t
     JOIN exchange.assets a ON ((a.asset_id = t.asset_id)))
  WHERE (t.amount <> round(t.amount, (a.scale)::integer))
UNION ALL
 SELECT 'orders'::text AS table_name,
    o.order_id AS row_id,
    m.symbol AS of,
    o.price AS first_amount,
    o.quantity AS second_amount
   FROM (exchange.orders o
     JOIN exchange.markets m ON ((m.market_id = o.market_id)))
  WHERE ((mod(o.price, m.tick) <> (0)::numeric) OR (mod(o.quantity, m.lot) <> (0)::numeric) OR (mod(o.filled_quantity, m.lot) <> (0)::numeric) OR (mod(o.reduced_quantity, m.lot) <> (0)::numeric))
UNION ALL
 SELECT 'trades'::text AS table_name,
    t.trade_id AS row_id,
    m.symbol AS of,
    t.price AS first_amount,
    t.quantity AS second_amount
   FROM (exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
  WHERE ((mod(t.price, m.tick) <> (0)::numeric) OR (mod(t.quantity, m.lot) <> (0)::numeric));

ALTER TABLE checks.amounts_on_grid OWNER TO exchange_owner;

COMMENT ON VIEW checks.amounts_on_grid IS 'Amounts finer than their asset''s atom, prices off the tick, quantities off the lot.';

CREATE TABLE exchange.adjustments (
    adjustment_id bigint NOT NULL,
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    counter_account_id bigint NOT NULL,
    reason text NOT NULL,
    idempotency_key text NOT NULL,
    adjusted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT adjustments_accounts_differ CHECK ((account_id <> counter_account_id)),
    CONSTRAINT adjustments_amount_not_zero CHECK (((amount <> (0)::numeric) AND (amount > '-Infinity'::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT adjustments_reason_given CHECK ((reason <> ''::text))
);

ALTER TABLE exchange.adjustments OWNER TO exchange_owner;

COMMENT ON TABLE exchange.adjustments IS 'Money moved by hand: funding of demo accounts, corrections.';

COMMENT ON COLUMN exchange.adjustments.adjustment_id IS 'Number of the fact.';

COMMENT ON COLUMN exchange.adjustments.account_id IS 'Whose balance changes.';

COMMENT ON COLUMN exchange.adjustments.asset_id IS 'In which asset.';

COMMENT ON COLUMN exchange.adjustments.amount IS 'Added to the account, taken from the counter account; may be negative.';

COMMENT ON COLUMN exchange.adjustments.counter_account_id IS 'The other side, an account of role external.';

COMMENT ON COLUMN exchange.adjustments.reason IS 'Why, in words.';

COMMENT ON COLUMN exchange.adjustments.idempotency_key IS 'A repeat of the same key changes nothing.';

COMMENT ON COLUMN exchange.adjustments.adjusted_at IS 'When.';

CREATE TABLE exchange.deposit_entries (
    deposit_entry_id bigint NOT NULL,
    deposit_id bigint NOT NULL,
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    debt_amount numeric DEFAULT 0 NOT NULL,
    external_account_id bigint NOT NULL,
    debts_account_id bigint NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deposit_entries_amount_not_zero CHECK (((amount <> (0)::numeric) AND (amount > '-Infinity'::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT deposit_entries_debt_within_amount CHECK (
CASE
    WHEN (amount > (0)::numeric) THEN ((debt_amount >= (0)::numeric) AND (debt_amount <= amount))
    ELSE ((debt_amount >= amount) AND (debt_amount <= (0)::numeric))
END)
);

ALTER TABLE exchange.deposit_entries OWNER TO exchange_owner;

COMMENT ON TABLE exchange.deposit_entries IS 'The ledger''s facts of deposits: a credit, or its reversal after the deposit vanished from the chain. Those of one deposit sum to its amount while it is credited, else to zero.';

COMMENT ON COLUMN exchange.deposit_entries.deposit_entry_id IS 'Number of the fact.';

COMMENT ON COLUMN exchange.deposit_entries.deposit_id IS 'The deposit.';

COMMENT ON COLUMN exchange.deposit_entries.account_id IS 'Whose.';

COMMENT ON COLUMN exchange.deposit_entries.asset_id IS 'Of which asset.';

COMMENT ON COLUMN exchange.deposit_entries.amount IS 'Positive for a credit, negative for a reversal; the other side is external.';

COMMENT ON COLUMN exchange.deposit_entries.debt_amount IS 'The part that changes what the account owes and not its balance, with the sign of amount: negative where a reversal found less than it took, positive where a credit settles that.';

COMMENT ON COLUMN exchange.deposit_entries.external_account_id IS 'The other side, of role external.';

COMMENT ON COLUMN exchange.deposit_entries.debts_account_id IS 'The side of debts, of role debts.';

COMMENT ON COLUMN exchange.deposit_entries.occurred_at IS 'When.';

CREATE TABLE exchange.network_costs (
    network_cost_id bigint NOT NULL,
    attempt_id bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    costs_account_id bigint NOT NULL,
    external_account_id bigint NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT network_costs_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric)))
);

ALTER TABLE exchange.network_costs OWNER TO exchange_owner;

COMMENT ON TABLE exchange.network_costs IS 'The ledger''s facts of what networks were paid for transactions of ours, once those are final.';

COMMENT ON COLUMN exchange.network_costs.network_cost_id IS 'Number of the fact.';

COMMENT ON COLUMN exchange.network_costs.attempt_id IS 'The transaction.';

COMMENT ON COLUMN exchange.network_costs.asset_id IS 'The network''s coin.';

COMMENT ON COLUMN exchange.network_costs.amount IS 'How much.';

COMMENT ON COLUMN exchange.network_costs.costs_account_id IS 'Who bears it, of role costs.';

COMMENT ON COLUMN exchange.network_costs.external_account_id IS 'The other side, of role external.';

COMMENT ON COLUMN exchange.network_costs.occurred_at IS 'When it became final.';

CREATE TABLE exchange.reserve_entries (
    reserve_entry_id bigint NOT NULL,
    network_id integer NOT NULL,
    txid bytea NOT NULL,
    "position" text NOT NULL COLLATE pg_catalog."C",
    asset_id integer NOT NULL,
    wallet_id integer NOT NULL,
    amount numeric NOT NULL,
    block_height bigint NOT NULL,
    capital_account_id bigint NOT NULL,
    external_account_id bigint NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reserve_entries_amount_not_zero CHECK (((amount <> (0)::numeric) AND (amount > '-Infinity'::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT reserve_entries_txid_length CHECK ((octet_length(txid) = 32))
);

ALTER TABLE exchange.reserve_entries OWNER TO exchange_owner;

COMMENT ON TABLE exchange.reserve_entries IS 'The ledger''s facts of what came into the house''s own wallets from outside, such as a refill; negative where that vanished from the chain.';

COMMENT ON COLUMN exchange.reserve_entries.reserve_entry_id IS 'Number of the fact.';

COMMENT ON COLUMN exchange.reserve_entries.network_id IS 'On which network.';

COMMENT ON COLUMN exchange.reserve_entries.txid IS 'Its transaction.';

COMMENT ON COLUMN exchange.reserve_entries."position" IS 'Where in the transaction, as in deposits.';

COMMENT ON COLUMN exchange.reserve_entries.asset_id IS 'Of which asset.';

COMMENT ON COLUMN exchange.reserve_entries.wallet_id IS 'Into which wallet.';

COMMENT ON COLUMN exchange.reserve_entries.amount IS 'How much.';

COMMENT ON COLUMN exchange.reserve_entries.block_height IS 'Height of the block that holds or held it.';

COMMENT ON COLUMN exchange.reserve_entries.capital_account_id IS 'The house, of role capital.';

COMMENT ON COLUMN exchange.reserve_entries.external_account_id IS 'The other side, of role external.';

COMMENT ON COLUMN exchange.reserve_entries.occurred_at IS 'When it was read.';

CREATE VIEW exchange.ledger WITH (security_invoker='true') AS
 SELECT 'trade'::text AS fact_kind,
    t.trade_id AS fact_id,
    e.leg,
    t.maker_account_id AS account_id,
    e.asset_id,
    e.amount,
    t.traded_at AS occurred_at
   FROM ((exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
     CROSS JOIN LATERAL ( VALUES ('base'::text,m.base_asset_id,
                CASE t.taker_side
                    WHEN 'buy'::text THEN (- t.quantity)
                    ELSE t.quantity
                END), ('quote'::text,m.quote_asset_id,
                CASE t.taker_side
                    WHEN 'buy'::text THEN t.quote_amount
                    ELSE (- t.quote_amount)
                END), ('fee'::text,
                CASE t.taker_side
                    WHEN 'buy'::text THEN m.quote_asset_id
                    ELSE m.base_asset_id
                END,(- t.maker_fee))) e(leg, asset_id, amount))
  WHERE (e.amount <> (0)::numeric)
UNION ALL
 SELECT 'trade'::text AS fact_kind,
    t.trade_id AS fact_id,
    e.leg,
    t.taker_account_id AS account_id,
    e.asset_id,
    e.amount,
    t.traded_at AS occurred_at
   FROM ((exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
     CROSS JOIN LATERAL ( VALUES ('base'::text,m.base_asset_id,
                CASE t.taker_side
                    WHEN 'buy'::text THEN t.quantity
                    ELSE (- t.quantity)
                END), ('quote'::text,m.quote_asset_id,
                CASE t.taker_side
                    WHEN 'buy'::text THEN (- t.quote_amount)
                    ELSE t.quote_amount
                END), ('fee'::text,
                CASE t.taker_side
                    WHEN 'buy'::text THEN m.base_asset_id
                    ELSE m.quote_asset_id
                END,(- t.taker_fee))) e(leg, asset_id, amount))
  WHERE (e.amount <> (0)::numeric)
UNION ALL
 SELECT 'trade'::text AS fact_kind,
    t.trade_id AS fact_id,
    'fee'::text AS leg,
    m.fee_account_id AS account_id,
    e.asset_id,
    e.amount,
    t.traded_at AS occurred_at
   FROM ((exchange.markets m
     JOIN exchange.trades t ON (((t.market_id = m.market_id) AND ((t.trade_id >= (m.market_id * '100000000000000'::bigint)) AND (t.trade_id <= ((m.market_id * '100000000000000'::bigint) + '99999999999999'::bigint))))))
     CROSS JOIN LATERAL ( VALUES (
                CASE t.taker_side
                    WHEN 'buy'::text THEN m.quote_asset_id
                    ELSE m.base_asset_id
                END,t.maker_fee), (
                CASE t.taker_side
                    WHEN 'buy'::text THEN m.base_asset_id
                    ELSE m.quote_asset_id
                END,t.taker_fee)) e(asset_id, amount))
  WHERE (e.amount <> (0)::numeric)
UNION ALL
 SELECT 'adjustment'::text AS fact_kind,
    a.adjustment_id AS fact_id,
    'adjustment'::text AS leg,
    a.account_id,
    a.asset_id,
    a.amount,
    a.adjusted_at AS occurred_at
   FROM exchange.adjustments a
UNION ALL
 SELECT 'adjustment'::text AS fact_kind,
    a.adjustment_id AS fact_id,
    'adjustment'::text AS leg,
    a.counter_account_id AS account_id,
    a.asset_id,
    (- a.amount) AS amount,
    a.adjusted_at AS occurred_at
   FROM exchange.adjustments a
UNION ALL
 SELECT 'transfer'::text AS fact_kind,
    t.transfer_id AS fact_id,
    'transfer'::text AS leg,
    t.from_account_id AS account_id,
    t.asset_id,
    (- t.amount) AS amount,
    t.transferred_at AS occurred_at
   FROM exchange.transfers t
UNION ALL
 SELECT 'transfer'::text AS fact_kind,
    t.transfer_id AS fact_id,
    'transfer'::text AS leg,
    t.to_account_id AS account_id,
    t.asset_id,
    t.amount,
    t.transferred_at AS occurred_at
   FROM exchange.transfers t
UNION ALL
 SELECT 'deposit'::text AS fact_kind,
    d.deposit_entry_id AS fact_id,
    'deposit'::text AS leg,
    d.account_id,
    d.asset_id,
    (d.amount - d.debt_amount) AS amount,
    d.occurred_at
   FROM exchange.deposit_entries d
  WHERE (d.amount <> d.debt_amount)
UNION ALL
 SELECT 'deposit'::text AS fact_kind,
    d.deposit_entry_id AS fact_id,
    'debt'::text AS leg,
    d.debts_account_id AS account_id,
    d.asset_id,
    d.debt_amount AS amount,
    d.occurred_at
   FROM exchange.deposit_entries d
  WHERE (d.debt_amount <> (0)::numeric)
UNION ALL
 SELECT 'deposit'::text AS fact_kind,
    d.deposit_entry_id AS fact_id,
    'deposit'::text AS leg,
    d.external_account_id AS account_id,
    d.asset_id,
    (- d.amount) AS amount,
    d.occurred_at
   FROM exchange.deposit_entries d
UNION ALL
 SELECT 'withdrawal'::text AS fact_kind,
    w.withdrawal_id AS fact_id,
    'withdrawal'::text AS leg,
    w.account_id,
    w.asset_id,
    (- w.amount) AS amount,
    w.ended_at AS occurred_at
   FROM exchange.withdrawals w
  WHERE (w.state = 'confirmed'::text)
UNION ALL
 SELECT 'withdrawal'::text AS fact_kind,
    w.withdrawal_id AS fact_id,
    'fee'::text AS leg,
    w.account_id,
    w.asset_id,
    (- w.fee) AS amount,
    w.ended_at AS occurred_at
   FROM exchange.withdrawals w
  WHERE ((w.state = 'confirmed'::text) AND (w.fee <> (0)::numeric))
UNION ALL
 SELECT 'withdrawal'::text AS fact_kind,
    w.withdrawal_id AS fact_id,
    'fee'::text AS leg,
    w.fees_account_id AS account_id,
    w.asset_id,
    w.fee AS amount,
    w.ended_at AS occurred_at
   FROM exchange.withdrawals w
  WHERE ((w.state = 'confirmed'::text) AND (w.fee <> (0)::numeric))
UNION ALL
 SELECT 'withdrawal'::text AS fact_kind,
    w.withdrawal_id AS fact_id,
    'withdrawal'::text AS leg,
    w.external_account_id AS account_id,
    w.asset_id,
    w.amount,
    w.ended_at AS occurred_at
   FROM exchange.withdrawals w
  WHERE ((w.state = 'confirmed'::text) AND (w.internal_account_id IS NULL))
UNION ALL
 SELECT 'withdrawal'::text AS fact_kind,
    w.withdrawal_id AS fact_id,
    'withdrawal'::text AS leg,
    w.internal_account_id AS account_id,
    w.asset_id,
    w.amount,
    w.ended_at AS occurred_at
   FROM exchange.withdrawals w
  WHERE ((w.state = 'confirmed'::text) AND (w.internal_account_id IS NOT NULL))
UNION ALL
 SELECT 'network_cost'::text AS fact_kind,
    c.network_cost_id AS fact_id,
    'cost'::text AS leg,
    c.costs_account_id AS account_id,
    c.asset_id,
    (- c.amount) AS amount,
    c.occurred_at
   FROM exchange.network_costs c
UNION ALL
 SELECT 'network_cost'::text AS fact_kind,
    c.network_cost_id AS fact_id,
    'cost'::text AS leg,
    c.external_account_id AS account_id,
    c.asset_id,
    c.amount,
    c.occurred_at
   FROM exchange.network_costs c
UNION ALL
 SELECT 'reserve'::text AS fact_kind,
    r.reserve_entry_id AS fact_id,
    'reserve'::text AS leg,
    r.capital_account_id AS account_id,
    r.asset_id,
    r.amount,
    r.occurred_at
   FROM exchange.reserve_entries r
UNION ALL
 SELECT 'reserve'::text AS fact_kind,
    r.reserve_entry_id AS fact_id,
    'reserve'::text AS leg,
    r.external_account_id AS account_id,
    r.asset_id,
    (- r.amount) AS amount,
    r.occurred_at
   FROM exchange.reserve_entries r;

ALTER TABLE exchange.ledger OWNER TO exchange_owner;

COMMENT ON VIEW exchange.ledger IS 'The double-entry ledger: one row a posting, over trades, adjustments, transfers, deposits, withdrawals, costs of networks and reserves of the house. The postings of a fact, and of an asset, sum to zero.';

CREATE VIEW checks.assets_sum_to_zero AS
 SELECT asset_id,
    l.ledger_sum,
    b.balances_sum,
    l.outside_sum
   FROM (( SELECT l_1.asset_id,
            sum(l_1.amount) AS ledger_sum,
            (- COALESCE(sum(l_1.amount) FILTER (WHERE (NOT exchange.has_balance(a.role))), (0)::numeric)) AS outside_sum
           FROM (exchange.ledger l_1
             LEFT JOIN exchange.accounts a ON ((a.account_id = l_1.account_id)))
          GROUP BY l_1.asset_id) l
     FULL JOIN ( SELECT b_1.asset_id,
            sum((b_1.available + b_1.held)) AS balances_sum
           FROM exchange.balances b_1
          GROUP BY b_1.asset_id) b USING (asset_id))
  WHERE ((COALESCE(l.ledger_sum, (0)::numeric) <> (0)::numeric) OR (COALESCE(b.balances_sum, (0)::numeric) <> COALESCE(l.outside_sum, (0)::numeric)));

ALTER TABLE checks.assets_sum_to_zero OWNER TO exchange_owner;

COMMENT ON VIEW checks.assets_sum_to_zero IS 'Assets whose ledger does not sum to zero, or whose balances together are not what the sides without balances say.';

CREATE VIEW checks.audit_chain_is_whole AS
 SELECT v.link_number,
    v.entry_id,
    v.problem
   FROM (( SELECT GREATEST((max(l.link_number) - 10000), (1)::bigint) AS from_link
           FROM audit.links l) newest
     CROSS JOIN LATERAL audit.verify_chain(newest.from_link) v(link_number, entry_id, problem));

ALTER TABLE checks.audit_chain_is_whole OWNER TO exchange_owner;

COMMENT ON VIEW checks.audit_chain_is_whole IS 'The first broken one of the audit log''s newest 10,000 links.';

CREATE VIEW checks.balances_equal_ledger AS
 SELECT account_id,
    asset_id,
    (b.available + b.held) AS balance,
    l.total AS ledger
   FROM (exchange.balances b
     FULL JOIN ( SELECT e.account_id,
            e.asset_id,
            sum(e.amount) AS total
           FROM exchange.ledger e
          WHERE (NOT (EXISTS ( SELECT
                   FROM exchange.accounts a
                  WHERE ((a.account_id = e.account_id) AND (NOT exchange.has_balance(a.role))))))
          GROUP BY e.account_id, e.asset_id) l USING (account_id, asset_id))
  WHERE (COALESCE((b.available + b.held), (0)::numeric) <> COALESCE(l.total, (0)::numeric));

ALTER TABLE checks.balances_equal_ledger OWNER TO exchange_owner;

COMMENT ON VIEW checks.balances_equal_ledger IS 'Balances that are not the sum of their ledger entries.';

CREATE VIEW checks.blocks_are_one_chain AS
 SELECT b.network_id,
    b.height,
    b.hash,
    b.parent_hash,
    below.hash AS hash_below
   FROM (( SELECT b_1.network_id,
            b_1.height,
            b_1.hash,
            b_1.parent_hash,
            b_1.mined_at,
            b_1.is_active,
            b_1.read_at,
            min(b_1.height) OVER (PARTITION BY b_1.network_id) AS lowest
           FROM chain.blocks b_1
          WHERE b_1.is_active) b
     LEFT JOIN chain.blocks below ON (((below.network_id = b.network_id) AND (below.height = (b.height - 1)) AND below.is_active)))
  WHERE ((b.height > b.lowest) AND (below.hash IS DISTINCT FROM b.parent_hash));

ALTER TABLE checks.blocks_are_one_chain OWNER TO exchange_owner;

COMMENT ON VIEW checks.blocks_are_one_chain IS 'Active blocks whose parent is not the active block below them.';

CREATE VIEW checks.book_equals_tables AS
 SELECT v.market,
    v.order_id,
    v.problem
   FROM exchange.verify_book() v(market, order_id, problem);

ALTER TABLE checks.book_equals_tables OWNER TO exchange_owner;

COMMENT ON VIEW checks.book_equals_tables IS 'Where the book in shared memory differs from the open orders, or its inner structure is broken.';

CREATE TABLE exchange.candle_positions (
    market_id integer NOT NULL,
    last_trade_id bigint NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE exchange.candle_positions OWNER TO exchange_owner;

COMMENT ON TABLE exchange.candle_positions IS 'How far a market''s candles have counted; its row lock lets one counter work at a time.';

COMMENT ON COLUMN exchange.candle_positions.market_id IS 'Market.';

COMMENT ON COLUMN exchange.candle_positions.last_trade_id IS 'The last trade that is in the candles; every one up to it is, none beyond it.';

CREATE TABLE exchange.candles (
    market_id integer NOT NULL,
    interval_seconds integer NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    open numeric NOT NULL,
    high numeric NOT NULL,
    low numeric NOT NULL,
    close numeric NOT NULL,
    base_volume numeric NOT NULL,
    quote_volume numeric NOT NULL,
    trades bigint NOT NULL,
    first_trade_id bigint NOT NULL,
    last_trade_id bigint NOT NULL,
    CONSTRAINT candles_amounts_positive CHECK (((base_volume > (0)::numeric) AND (quote_volume > (0)::numeric) AND (trades > 0))),
    CONSTRAINT candles_interval_seconds_known CHECK ((interval_seconds = ANY (ARRAY[60, 300, 900, 3600, 14400, 86400]))),
    CONSTRAINT candles_prices_in_order CHECK (((low > (0)::numeric) AND (low <= LEAST(open, close)) AND (high >= GREATEST(open, close)))),
    CONSTRAINT candles_trade_ids_forward CHECK (((first_trade_id <= last_trade_id) AND ((trades = 1) = (first_trade_id = last_trade_id))))
)
WITH (fillfactor='80');

ALTER TABLE exchange.candles OWNER TO exchange_owner;

COMMENT ON TABLE exchange.candles IS 'Trades by market and time; a time without a trade has no row. Follows candle_positions; exchange.candles_of adds the trades after it.';

COMMENT ON COLUMN exchange.candles.market_id IS 'Market.';

COMMENT ON COLUMN exchange.candles.interval_seconds IS 'Length: 60, 300, 900, 3600, 14400 or 86400.';

COMMENT ON COLUMN exchange.candles.opened_at IS 'Where it begins, a whole multiple of its length since 1970, UTC.';

COMMENT ON COLUMN exchange.candles.open IS 'Price of its trade with the lowest number.';

COMMENT ON COLUMN exchange.candles.high IS 'Highest price.';

COMMENT ON COLUMN exchange.candles.low IS 'Lowest price.';

COMMENT ON COLUMN exchange.candles.close IS 'Price of its trade with the highest number.';

COMMENT ON COLUMN exchange.candles.base_volume IS 'Sum of its trades'' quantities.';

COMMENT ON COLUMN exchange.candles.quote_volume IS 'Sum of its trades'' quote amounts.';

COMMENT ON COLUMN exchange.candles.trades IS 'How many trades.';

COMMENT ON COLUMN exchange.candles.first_trade_id IS 'Lowest number of its trades.';

COMMENT ON COLUMN exchange.candles.last_trade_id IS 'Highest number of its trades; a trade beyond it is not counted here.';

CREATE VIEW checks.candles_equal_trades AS
 WITH windows AS (
         SELECT p.market_id,
            w.first_trade_id,
            p.last_trade_id
           FROM (exchange.candle_positions p
             CROSS JOIN LATERAL ( SELECT min(r.trade_id) AS first_trade_id
                   FROM ( SELECT t.trade_id
                           FROM exchange.trades t
                          WHERE ((t.trade_id <= p.last_trade_id) AND (t.trade_id > (p.market_id * '100000000000000'::bigint)))
                          ORDER BY t.trade_id DESC
                         LIMIT 20000) r) w)
        ), minutes AS (
         SELECT w.market_id,
            date_bin('00:01:00'::interval, t.traded_at, '1970-01-01 00:00:00+00'::timestamp with time zone) AS opened_at,
            (array_agg(t.price ORDER BY t.trade_id))[1] AS open,
            max(t.price) AS high,
            min(t.price) AS low,
            (array_agg(t.price ORDER BY t.trade_id DESC))[1] AS close,
            sum(t.quantity) AS base_volume,
            sum(t.quote_amount) AS quote_volume,
            count(*) AS trades,
            min(t.trade_id) AS first_trade_id,
            max(t.trade_id) AS last_trade_id
           FROM (windows w
             JOIN exchange.trades t ON (((t.trade_id >= w.first_trade_id) AND (t.trade_id <= w.last_trade_id))))
          GROUP BY w.market_id, (date_bin('00:01:00'::interval, t.traded_at, '1970-01-01 00:00:00+00'::timestamp with time zone))
        ), recent AS (
         SELECT c.market_id,
            c.interval_seconds,
            c.opened_at,
            c.open,
            c.high,
            c.low,
            c.close,
            c.base_volume,
            c.quote_volume,
            c.trades,
            c.first_trade_id,
            c.last_trade_id
           FROM (exchange.candles c
             JOIN windows w ON ((w.market_id = c.market_id)))
          WHERE ((c.interval_seconds = 60) AND (c.last_trade_id >= COALESCE(w.first_trade_id, (0)::bigint)))
        ), longer AS (
         SELECT c.market_id,
            c.interval_seconds,
            c.opened_at,
            c.open,
            c.high,
            c.low,
            c.close,
            c.base_volume,
            c.quote_volume,
            c.trades,
            c.first_trade_id,
            c.last_trade_id
           FROM exchange.candles c
          WHERE ((c.interval_seconds > 60) AND (c.opened_at >= date_bin('1 day'::interval, (now() - '1 day'::interval), '1970-01-01 00:00:00+00'::timestamp with time zone)))
        ), rolled AS (
         SELECT m.market_id,
            i.seconds AS interval_seconds,
            date_bin(make_interval(secs => (i.seconds)::double precision), m.opened_at, '1970-01-01 00:00:00+00'::timestamp with time zone) AS opened_at,
            (array_agg(m.open ORDER BY m.first_trade_id))[1] AS open,
            max(m.high) AS high,
            min(m.low) AS low,
            (array_agg(m.close ORDER BY m.last_trade_id DESC))[1] AS close,
            sum(m.base_volume) AS base_volume,
            sum(m.quote_volume) AS quote_volume,
            (sum(m.trades))::bigint AS trades,
            min(m.first_trade_id) AS first_trade_id,
            max(m.last_trade_id) AS last_trade_id
           FROM (exchange.candles m
             CROSS JOIN unnest(ARRAY[300, 900, 3600, 14400, 86400]) i(seconds))
          WHERE ((m.interval_seconds = 60) AND (m.opened_at >= date_bin('1 day'::interval, (now() - '1 day'::interval), '1970-01-01 00:00:00+00'::timestamp with time zone)))
          GROUP BY m.market_id, i.seconds, (date_bin(make_interval(secs => (i.seconds)::double precision), m.opened_at, '1970-01-01 00:00:00+00'::timestamp with time zone))
        )
 SELECT market_id,
    60 AS interval_seconds,
    opened_at,
    to_jsonb(c.*) AS stored,
    to_jsonb(m.*) AS expected
   FROM ((recent c
     FULL JOIN minutes m USING (market_id, opened_at))
     LEFT JOIN windows w USING (market_id))
  WHERE ((COALESCE(c.first_trade_id, w.first_trade_id) >= COALESCE(w.first_trade_id, (0)::bigint)) AND (((((((((c.open IS DISTINCT FROM m.open) OR (c.high IS DISTINCT FROM m.high)) OR (c.low IS DISTINCT FROM m.low)) OR (c.close IS DISTINCT FROM m.close)) OR (c.base_volume IS DISTINCT FROM m.base_volume)) OR (c.quote_volume IS DISTINCT FROM m.quote_volume)) OR (c.trades IS DISTINCT FROM m.trades)) OR (c.first_trade_id IS DISTINCT FROM m.first_trade_id)) OR (c.last_trade_id IS DISTINCT FROM m.last_trade_id)))
UNION ALL
 SELECT market_id,
    interval_seconds,
    opened_at,
    to_jsonb(c.*) AS stored,
    to_jsonb(r.*) AS expected
   FROM (longer c
     FULL JOIN rolled r USING (market_id, interval_seconds, opened_at))
  WHERE (((((((((c.open IS DISTINCT FROM r.open) OR (c.high IS DISTINCT FROM r.high)) OR (c.low IS DISTINCT FROM r.low)) OR (c.close IS DISTINCT FROM r.close)) OR (c.base_volume IS DISTINCT FROM r.base_volume)) OR (c.quote_volume IS DISTINCT FROM r.quote_volume)) OR (c.trades IS DISTINCT FROM r.trades)) OR (c.first_trade_id IS DISTINCT FROM r.first_trade_id)) OR (c.last_trade_id IS DISTINCT FROM r.last_trade_id));

ALTER TABLE checks.candles_equal_trades OWNER TO exchange_owner;

COMMENT ON VIEW checks.candles_equal_trades IS 'One-minute candles that are not what a market''s last 20,000 counted trades make, and longer ones of today and yesterday that are not what their minutes make.';

CREATE TABLE exchange.order_updates (
    order_update_id bigint NOT NULL,
    market_id integer NOT NULL,
    order_id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    removed_quantity numeric NOT NULL,
    counter_order_id bigint,
    prevented_quantity numeric NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT order_updates_amounts_in_range CHECK (((removed_quantity >= (0)::numeric) AND (prevented_quantity >= (0)::numeric))),
    CONSTRAINT order_updates_names_known CHECK ((((kind = 'reduced'::text) AND (reason = 'requested'::text)) OR ((kind = 'cancelled'::text) AND (reason = ANY (ARRAY['requested'::text, 'cancel_all'::text, 'replaced'::text]))) OR ((kind = 'expired'::text) AND (reason = ANY (ARRAY['unfilled'::text, 'self_trade'::text]))))),
    CONSTRAINT order_updates_self_trade_has_counter CHECK (((reason = 'self_trade'::text) = (counter_order_id IS NOT NULL)))
)
PARTITION BY RANGE (updated_at);

ALTER TABLE exchange.order_updates OWNER TO exchange_owner;

COMMENT ON TABLE exchange.order_updates IS 'How orders changed other than by trading: reduced, cancelled, expired; prevented self-trades are here.';

COMMENT ON COLUMN exchange.order_updates.order_update_id IS 'market_id * 10^14 + sequence.';

COMMENT ON COLUMN exchange.order_updates.market_id IS 'Market.';

COMMENT ON COLUMN exchange.order_updates.order_id IS 'The order that changed.';

COMMENT ON COLUMN exchange.order_updates.account_id IS 'Its owner.';

COMMENT ON COLUMN exchange.order_updates.kind IS 'reduced, cancelled or expired.';

COMMENT ON COLUMN exchange.order_updates.reason IS 'Which verb or rule did it.';

COMMENT ON COLUMN exchange.order_updates.removed_quantity IS 'Base taken off the order; 0 for a budget order.';

COMMENT ON COLUMN exchange.order_updates.counter_order_id IS 'Self-trade prevention: the account''s other order.';

COMMENT ON COLUMN exchange.order_updates.prevented_quantity IS 'Self-trade prevention: base that would have traded.';

COMMENT ON COLUMN exchange.order_updates.updated_at IS 'When.';

CREATE VIEW checks.closed_orders_explained AS
 SELECT o.order_id,
    o.state,
    COALESCE(u.ends, (0)::bigint) AS ends,
    u.end_kind,
    ((o.quantity - o.reduced_quantity) - o.filled_quantity) AS unfilled_quantity,
    u.ended_quantity,
    o.reduced_quantity,
    u.updates_reduced
   FROM (exchange.orders o
     LEFT JOIN ( SELECT order_updates.order_id,
            count(*) FILTER (WHERE (order_updates.kind <> 'reduced'::text)) AS ends,
            min(order_updates.kind) FILTER (WHERE (order_updates.kind <> 'reduced'::text)) AS end_kind,
            sum(order_updates.removed_quantity) FILTER (WHERE (order_updates.kind <> 'reduced'::text)) AS ended_quantity,
            COALESCE(sum(order_updates.removed_quantity) FILTER (WHERE (order_updates.kind = 'reduced'::text)), (0)::numeric) AS updates_reduced
           FROM exchange.order_updates
          GROUP BY order_updates.order_id) u ON ((u.order_id = o.order_id)))
  WHERE ((o.reduced_quantity <> COALESCE(u.updates_reduced, (0)::numeric)) OR (COALESCE(u.ends, (0)::bigint) <>
        CASE
            WHEN (o.state = ANY (ARRAY['open'::text, 'filled'::text])) THEN 0
            ELSE 1
        END) OR ((o.state = ANY (ARRAY['cancelled'::text, 'expired'::text])) AND ((u.end_kind <> o.state) OR (u.ended_quantity <> COALESCE(((o.quantity - o.reduced_quantity) - o.filled_quantity), (0)::numeric)))));

ALTER TABLE checks.closed_orders_explained OWNER TO exchange_owner;

COMMENT ON VIEW checks.closed_orders_explained IS 'Orders whose end or reductions are not told, once and in full, by order updates.';

CREATE VIEW checks.debts_not_negative AS
 SELECT e.account_id,
    e.asset_id,
    sum(e.debt_amount) AS overpaid
   FROM exchange.deposit_entries e
  WHERE (e.debt_amount <> (0)::numeric)
  GROUP BY e.account_id, e.asset_id
 HAVING (sum(e.debt_amount) > (0)::numeric);

ALTER TABLE checks.debts_not_negative OWNER TO exchange_owner;

COMMENT ON VIEW checks.debts_not_negative IS 'Accounts that have settled more than they owed.';

CREATE VIEW checks.deposits_equal_entries AS
 SELECT d.deposit_id,
    d.state,
    d.amount,
    COALESCE(e.total, (0)::numeric) AS entries,
    COALESCE(e.accounts, (0)::bigint) AS accounts
   FROM (exchange.deposits d
     LEFT JOIN ( SELECT e_1.deposit_id,
            sum(e_1.amount) AS total,
            count(DISTINCT ROW(e_1.account_id, e_1.asset_id)) AS accounts,
            min(e_1.account_id) AS account_id,
            min(e_1.asset_id) AS asset_id
           FROM exchange.deposit_entries e_1
          GROUP BY e_1.deposit_id) e ON ((e.deposit_id = d.deposit_id)))
  WHERE ((COALESCE(e.total, (0)::numeric) <>
        CASE
            WHEN (d.state = 'credited'::text) THEN d.amount
            ELSE (0)::numeric
        END) OR ((d.state = 'credited'::text) AND (((e.accounts IS DISTINCT FROM (1)::bigint) OR (e.account_id IS DISTINCT FROM d.account_id)) OR (e.asset_id IS DISTINCT FROM d.asset_id))));

ALTER TABLE checks.deposits_equal_entries OWNER TO exchange_owner;

COMMENT ON VIEW checks.deposits_equal_entries IS 'Deposits whose facts do not sum to their amount while they are credited, to the account and asset that they name, or to zero while they are not.';

CREATE VIEW checks.deposits_have_outputs AS
 SELECT d.deposit_id,
    d.amount,
    o.amount AS output_amount
   FROM (exchange.deposits d
     LEFT JOIN chain.outputs o ON (((o.network_id = d.network_id) AND (o.txid = d.txid) AND (('output:'::text || o.output_index) = d."position"))))
  WHERE ((d."position" ~~ 'output:%'::text) AND (d.block_hash IS NOT NULL) AND (((o.address_id IS DISTINCT FROM d.address_id) OR (o.amount IS DISTINCT FROM d.amount)) OR (o.block_hash IS DISTINCT FROM d.block_hash)));

ALTER TABLE checks.deposits_have_outputs OWNER TO exchange_owner;

COMMENT ON VIEW checks.deposits_have_outputs IS 'Deposits of Bitcoin''s kind in a block whose output is unknown or is another one.';

CREATE VIEW checks.deposits_lie_in_active_blocks AS
 SELECT 'deposits'::text AS table_name,
    (d.deposit_id)::text AS row_id,
    d.network_id,
    d.block_height
   FROM (exchange.deposits d
     LEFT JOIN chain.blocks b ON (((b.network_id = d.network_id) AND (b.hash = d.block_hash))))
  WHERE ((d.block_hash IS NOT NULL) AND ((b.is_active IS DISTINCT FROM true) OR (b.height IS DISTINCT FROM d.block_height)))
UNION ALL
 SELECT 'outputs'::text AS table_name,
    ((encode(o.txid, 'hex'::text) || ':'::text) || o.output_index) AS row_id,
    o.network_id,
    o.block_height
   FROM (chain.outputs o
     LEFT JOIN chain.blocks b ON (((b.network_id = o.network_id) AND (b.hash = o.block_hash))))
  WHERE ((o.block_hash IS NOT NULL) AND ((b.is_active IS DISTINCT FROM true) OR (b.height IS DISTINCT FROM o.block_height)));

ALTER TABLE checks.deposits_lie_in_active_blocks OWNER TO exchange_owner;

COMMENT ON VIEW checks.deposits_lie_in_active_blocks IS 'Deposits and outputs that name a block which is not in the active chain at that height. Every credited deposit names one.';

CREATE VIEW checks.filled_equals_trades AS
 SELECT order_id,
    o.filled_quantity,
    o.filled_quote,
    t.quantity AS traded_quantity,
    t.quote_amount AS traded_quote
   FROM (( SELECT o_1.order_id,
            o_1.filled_quantity,
            o_1.filled_quote
           FROM exchange.orders o_1
          WHERE ((o_1.filled_quantity <> (0)::numeric) OR (o_1.filled_quote <> (0)::numeric))) o
     FULL JOIN ( SELECT p.order_id,
            sum(p.quantity) AS quantity,
            sum(p.quote_amount) AS quote_amount
           FROM ( SELECT trades.maker_order_id AS order_id,
                    trades.quantity,
                    trades.quote_amount
                   FROM exchange.trades
                UNION ALL
                 SELECT trades.taker_order_id,
                    trades.quantity,
                    trades.quote_amount
                   FROM exchange.trades) p
          GROUP BY p.order_id) t USING (order_id))
  WHERE ((o.filled_quantity IS DISTINCT FROM t.quantity) OR (o.filled_quote IS DISTINCT FROM t.quote_amount));

ALTER TABLE checks.filled_equals_trades OWNER TO exchange_owner;

COMMENT ON VIEW checks.filled_equals_trades IS 'Orders whose filled amounts are not the sum of their trades.';

CREATE VIEW checks.holds_are_explained AS
 SELECT account_id,
    asset_id,
    b.held,
    h.implied
   FROM (exchange.balances b
     FULL JOIN ( SELECT e.account_id,
            e.asset_id,
            sum(e.implied) AS implied
           FROM ( SELECT o.account_id,
                        CASE o.side
                            WHEN 'buy'::text THEN m.quote_asset_id
                            ELSE m.base_asset_id
                        END AS asset_id,
                    (((o.quantity - o.reduced_quantity) - o.filled_quantity) *
                        CASE o.side
                            WHEN 'buy'::text THEN o.price
                            ELSE (1)::numeric
                        END) AS implied
                   FROM (exchange.orders o
                     JOIN exchange.markets m ON ((m.market_id = o.market_id)))
                  WHERE (o.state = 'open'::text)
                UNION ALL
                 SELECT w.account_id,
                    w.asset_id,
                    (w.amount + w.fee)
                   FROM exchange.withdrawals w
                  WHERE (w.ended_at IS NULL)) e
          GROUP BY e.account_id, e.asset_id) h USING (account_id, asset_id))
  WHERE (COALESCE(b.held, (0)::numeric) <> COALESCE(h.implied, (0)::numeric));

ALTER TABLE checks.holds_are_explained OWNER TO exchange_owner;

COMMENT ON VIEW checks.holds_are_explained IS 'Holds that are not what the account''s open orders and withdrawals imply: price times remaining quantity in quote for buys, remaining quantity in base for sells; amount and fee of a withdrawal.';

CREATE VIEW checks.no_crossed_book AS
 SELECT o.market_id,
    max(o.price) FILTER (WHERE (o.side = 'buy'::text)) AS best_bid,
    min(o.price) FILTER (WHERE (o.side = 'sell'::text)) AS best_ask
   FROM exchange.orders o
  WHERE (o.state = 'open'::text)
  GROUP BY o.market_id
 HAVING (max(o.price) FILTER (WHERE (o.side = 'buy'::text)) >= min(o.price) FILTER (WHERE (o.side = 'sell'::text)));

ALTER TABLE checks.no_crossed_book OWNER TO exchange_owner;

COMMENT ON VIEW checks.no_crossed_book IS 'Markets in which a resting buy should have traded with a resting sell.';

CREATE VIEW checks.partitions_made_ahead AS
 SELECT parent.parent,
    to_char(((now() AT TIME ZONE 'UTC'::text) + '1 mon'::interval), 'YYYY_MM'::text) AS missing_month
   FROM unnest(ARRAY['orders_closed'::text, 'order_updates'::text, 'trades'::text, 'events'::text]) parent(parent)
  WHERE (to_regclass((('exchange.'::text || parent.parent) || to_char(((now() AT TIME ZONE 'UTC'::text) + '1 mon'::interval), '_YYYY_MM'::text))) IS NULL);

ALTER TABLE checks.partitions_made_ahead OWNER TO exchange_owner;

COMMENT ON VIEW checks.partitions_made_ahead IS 'Tables that will refuse rows next month: call exchange.make_partitions().';

CREATE TABLE proof.pages (
    proof_id bigint NOT NULL,
    asset_id integer NOT NULL,
    page integer NOT NULL,
    first_salt bytea NOT NULL,
    account_ids bigint[] NOT NULL,
    atoms numeric[] NOT NULL,
    hash bytea NOT NULL,
    sum_atoms numeric NOT NULL,
    CONSTRAINT pages_hash_length CHECK (((octet_length(hash) = 32) AND (octet_length(first_salt) = 32))),
    CONSTRAINT pages_leaves_not_negative CHECK (((0)::numeric <= ALL (atoms))),
    CONSTRAINT pages_leaves_range CHECK ((((cardinality(account_ids) >= 1) AND (cardinality(account_ids) <= 1024)) AND (cardinality(atoms) = cardinality(account_ids)))),
    CONSTRAINT pages_page_not_negative CHECK ((page >= 0)),
    CONSTRAINT pages_sum_atoms_range CHECK (((sum_atoms >= (0)::numeric) AND (sum_atoms <= '340282366920938463463374607431768211455'::numeric)))
);

ALTER TABLE proof.pages OWNER TO exchange_owner;

COMMENT ON TABLE proof.pages IS 'The leaves of a tree, 1,024 a row, in the order of their salts. From the account''s own page and the hashes of all pages its path is made when it is asked for. Forgotten after a time; the roots stay.';

COMMENT ON COLUMN proof.pages.proof_id IS 'The proof.';

COMMENT ON COLUMN proof.pages.asset_id IS 'Of which asset.';

COMMENT ON COLUMN proof.pages.page IS 'Counts from 0.';

COMMENT ON COLUMN proof.pages.first_salt IS 'Salt of its first leaf; by it the page of an account is found.';

COMMENT ON COLUMN proof.pages.account_ids IS 'Whose leaves.';

COMMENT ON COLUMN proof.pages.atoms IS 'Their balances, available and held together, in atoms.';

COMMENT ON COLUMN proof.pages.hash IS 'Hash of the node that stands over the page.';

COMMENT ON COLUMN proof.pages.sum_atoms IS 'The sum that this node carries.';

CREATE TABLE proof.proofs (
    proof_id bigint NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE proof.proofs OWNER TO exchange_owner;

COMMENT ON TABLE proof.proofs IS 'Snapshots of what accounts are owed. Their roots are kept for ever.';

COMMENT ON COLUMN proof.proofs.proof_id IS 'Number of the proof.';

COMMENT ON COLUMN proof.proofs.taken_at IS 'The moment whose balances it is about.';

COMMENT ON COLUMN proof.proofs.made_at IS 'When it was made.';

CREATE TABLE proof.roots (
    proof_id bigint NOT NULL,
    asset_id integer NOT NULL,
    root bytea NOT NULL,
    sum numeric NOT NULL,
    leaves integer NOT NULL,
    house_amount numeric NOT NULL,
    secret bytea NOT NULL,
    CONSTRAINT roots_house_amount_not_negative CHECK (((house_amount >= (0)::numeric) AND (house_amount < 'Infinity'::numeric))),
    CONSTRAINT roots_leaves_not_negative CHECK ((leaves >= 0)),
    CONSTRAINT roots_root_length CHECK ((octet_length(root) = 32)),
    CONSTRAINT roots_secret_length CHECK ((octet_length(secret) = 32)),
    CONSTRAINT roots_sum_not_negative CHECK (((sum >= (0)::numeric) AND (sum < 'Infinity'::numeric)))
);

ALTER TABLE proof.roots OWNER TO exchange_owner;

COMMENT ON TABLE proof.roots IS 'What a proof publishes of an asset: the root of the Merkle-sum tree over all users'' balances.';

COMMENT ON COLUMN proof.roots.proof_id IS 'The proof.';

COMMENT ON COLUMN proof.roots.asset_id IS 'Of which asset.';

COMMENT ON COLUMN proof.roots.root IS 'Hash of the tree''s root.';

COMMENT ON COLUMN proof.roots.sum IS 'What all users are owed: the sum that the root carries.';

COMMENT ON COLUMN proof.roots.leaves IS 'Accounts that are owed something.';

COMMENT ON COLUMN proof.roots.house_amount IS 'What the house''s own accounts have besides, fees above all. It is owed to nobody and not in the tree.';

COMMENT ON COLUMN proof.roots.secret IS 'Random; the salts of the leaves are made of it. Whoever knew it could look for anybody''s leaf.';

CREATE VIEW checks.proofs_are_whole AS
 SELECT r.proof_id,
    r.asset_id,
    r.sum,
    r.leaves,
    g.sum AS leaves_sum,
    g.leaves AS leaves_found
   FROM ((proof.roots r
     JOIN exchange.assets a ON ((a.asset_id = r.asset_id)))
     LEFT JOIN LATERAL ( SELECT (sum(g_1.sum_atoms) / (('1e'::text || a.scale))::numeric) AS sum,
            sum(cardinality(g_1.account_ids)) AS leaves
           FROM proof.pages g_1
          WHERE ((g_1.proof_id = r.proof_id) AND (g_1.asset_id = r.asset_id))) g ON (true))
  WHERE ((r.proof_id = ( SELECT max(p.proof_id) AS max
           FROM proof.proofs p)) AND ((r.sum IS DISTINCT FROM COALESCE(g.sum, (0)::numeric)) OR (r.leaves IS DISTINCT FROM COALESCE(g.leaves, (0)::bigint))));

ALTER TABLE checks.proofs_are_whole OWNER TO exchange_owner;

COMMENT ON VIEW checks.proofs_are_whole IS 'Roots of the newest proof whose sum or number of leaves is not that of the leaves that are stored.';

CREATE TABLE exchange.events (
    stream_id integer NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    payload jsonb,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT events_payload_of_one CHECK (((payload IS NULL) OR (first_sequence = last_sequence))),
    CONSTRAINT events_range_forward CHECK (((first_sequence >= 1) AND (first_sequence <= last_sequence)))
)
PARTITION BY RANGE (occurred_at);

ALTER TABLE exchange.events OWNER TO exchange_owner;

COMMENT ON TABLE exchange.events IS 'One row a transaction and stream. For a market the messages are the orders, trades and order_updates in the range; for other streams the payload.';

COMMENT ON COLUMN exchange.events.stream_id IS 'market_id, or a row of streams.';

COMMENT ON COLUMN exchange.events.first_sequence IS 'First message of the transaction.';

COMMENT ON COLUMN exchange.events.last_sequence IS 'Last message of the transaction; the next row begins after it.';

COMMENT ON COLUMN exchange.events.payload IS 'The message of a stream that is no market''s.';

COMMENT ON COLUMN exchange.events.occurred_at IS 'When.';

CREATE TABLE exchange.order_keys (
    account_id bigint NOT NULL,
    client_order_id text NOT NULL COLLATE pg_catalog."C",
    order_id bigint NOT NULL,
    fingerprint bigint NOT NULL,
    placed_at timestamp with time zone NOT NULL
);

ALTER TABLE exchange.order_keys OWNER TO exchange_owner;

COMMENT ON TABLE exchange.order_keys IS 'Idempotency of placements: one order per account and client order id.';

COMMENT ON COLUMN exchange.order_keys.account_id IS 'Owner.';

COMMENT ON COLUMN exchange.order_keys.client_order_id IS 'The owner''s name for the order.';

COMMENT ON COLUMN exchange.order_keys.order_id IS 'The order placed under it.';

COMMENT ON COLUMN exchange.order_keys.fingerprint IS '64-bit hash of what was asked: tells a repeat from another order.';

COMMENT ON COLUMN exchange.order_keys.placed_at IS 'When; a key may be forgotten once its order has ended long ago.';

CREATE TABLE exchange.streams (
    stream_id integer NOT NULL,
    name text NOT NULL,
    last_sequence bigint DEFAULT 0 NOT NULL,
    CONSTRAINT streams_last_sequence_not_negative CHECK ((last_sequence >= 0))
);

ALTER TABLE exchange.streams OWNER TO exchange_owner;

COMMENT ON TABLE exchange.streams IS 'Streams of events other than the markets'' own. A market''s stream has the market''s number; others are numbered from 10000.';

COMMENT ON COLUMN exchange.streams.stream_id IS 'Number of the stream.';

COMMENT ON COLUMN exchange.streams.name IS 'Topic of the stream: asset, finance, risk, access or markets.';

COMMENT ON COLUMN exchange.streams.last_sequence IS 'Counter; its row lock puts numbers in commit order.';

CREATE VIEW checks.rows_have_owners AS
 SELECT 'orders'::text AS table_name,
    o.order_id AS row_id,
    'market or account'::text AS missing
   FROM ((exchange.orders o
     LEFT JOIN exchange.markets m ON ((m.market_id = o.market_id)))
     LEFT JOIN exchange.accounts a ON ((a.account_id = o.account_id)))
  WHERE ((m.market_id IS NULL) OR (a.account_id IS NULL) OR (o.market_id <> (o.order_id / '100000000000000'::bigint)))
UNION ALL
 SELECT 'order_updates'::text AS table_name,
    u.order_update_id AS row_id,
    'its order'::text AS missing
   FROM (exchange.order_updates u
     LEFT JOIN exchange.orders o ON ((o.order_id = u.order_id)))
  WHERE (((o.market_id IS DISTINCT FROM u.market_id) OR (o.account_id IS DISTINCT FROM u.account_id)) OR (u.market_id <> (u.order_update_id / '100000000000000'::bigint)) OR (u.order_id >= u.order_update_id))
UNION ALL
 SELECT 'order_updates'::text AS table_name,
    u.order_update_id AS row_id,
    'the counter order of the same account'::text AS missing
   FROM (exchange.order_updates u
     LEFT JOIN exchange.orders o ON ((o.order_id = u.counter_order_id)))
  WHERE ((u.counter_order_id IS NOT NULL) AND ((o.market_id IS DISTINCT FROM u.market_id) OR (o.account_id IS DISTINCT FROM u.account_id)))
UNION ALL
 SELECT 'trades'::text AS table_name,
    t.trade_id AS row_id,
    'maker order'::text AS missing
   FROM (exchange.trades t
     LEFT JOIN exchange.orders o ON ((o.order_id = t.maker_order_id)))
  WHERE (((o.market_id IS DISTINCT FROM t.market_id) OR (o.account_id IS DISTINCT FROM t.maker_account_id)) OR (t.market_id <> (t.trade_id / '100000000000000'::bigint)) OR (o.side = t.taker_side) OR (t.maker_order_id >= t.taker_order_id))
UNION ALL
 SELECT 'trades'::text AS table_name,
    t.trade_id AS row_id,
    'taker order'::text AS missing
   FROM (exchange.trades t
     LEFT JOIN exchange.orders o ON ((o.order_id = t.taker_order_id)))
  WHERE ((((o.market_id IS DISTINCT FROM t.market_id) OR (o.account_id IS DISTINCT FROM t.taker_account_id)) OR (o.side IS DISTINCT FROM t.taker_side)) OR (t.taker_order_id >= t.trade_id))
UNION ALL
 SELECT 'order_keys'::text AS table_name,
    k.order_id AS row_id,
    'its order'::text AS missing
   FROM (exchange.order_keys k
     LEFT JOIN exchange.orders o ON ((o.order_id = k.order_id)))
  WHERE ((o.account_id IS DISTINCT FROM k.account_id) OR (o.client_order_id IS DISTINCT FROM k.client_order_id))
UNION ALL
 SELECT 'orders'::text AS table_name,
    o.order_id AS row_id,
    'its key'::text AS missing
   FROM (exchange.orders o
     LEFT JOIN exchange.order_keys k ON ((k.order_id = o.order_id)))
  WHERE ((o.state = 'open'::text) AND (o.client_order_id IS NOT NULL) AND (k.order_id IS NULL))
UNION ALL
 SELECT 'balances'::text AS table_name,
    b.account_id AS row_id,
    'account or asset'::text AS missing
   FROM ((exchange.balances b
     LEFT JOIN exchange.accounts a ON (((a.account_id = b.account_id) AND exchange.has_balance(a.role))))
     LEFT JOIN exchange.assets s ON ((s.asset_id = b.asset_id)))
  WHERE ((a.account_id IS NULL) OR (s.asset_id IS NULL))
UNION ALL
 SELECT 'transfers'::text AS table_name,
    t.transfer_id AS row_id,
    'one owner of both sides'::text AS missing
   FROM ((exchange.transfers t
     JOIN exchange.accounts f ON ((f.account_id = t.from_account_id)))
     JOIN exchange.accounts i ON ((i.account_id = t.to_account_id)))
  WHERE (((t.owner_account_id <> f.account_id) AND (t.owner_account_id <> COALESCE(f.parent_account_id, f.account_id))) OR ((t.owner_account_id <> i.account_id) AND (t.owner_account_id <> COALESCE(i.parent_account_id, i.account_id))))
UNION ALL
 SELECT 'accounts'::text AS table_name,
    a.account_id AS row_id,
    'a parent that is a user and no sub-account'::text AS missing
   FROM (exchange.accounts a
     JOIN exchange.accounts p ON ((p.account_id = a.parent_account_id)))
  WHERE ((p.parent_account_id IS NOT NULL) OR (p.role <> 'user'::text))
UNION ALL
 SELECT 'events'::text AS table_name,
    e.last_sequence AS row_id,
    'market or stream'::text AS missing
   FROM ((exchange.events e
     LEFT JOIN exchange.markets m ON ((m.market_id = e.stream_id)))
     LEFT JOIN exchange.streams s ON ((s.stream_id = e.stream_id)))
  WHERE ((m.market_id IS NULL) AND (s.stream_id IS NULL));

ALTER TABLE checks.rows_have_owners OWNER TO exchange_owner;

COMMENT ON VIEW checks.rows_have_owners IS 'Rows whose owner is missing or is another''s: what foreign keys would have refused.';

CREATE VIEW checks.sequences_gapless AS
 WITH facts AS (
         SELECT orders.market_id,
            orders.order_id AS number,
            'order'::text AS fact
           FROM exchange.orders
        UNION ALL
         SELECT order_updates.market_id,
            order_updates.order_update_id,
            'order update'::text
           FROM exchange.order_updates
        UNION ALL
         SELECT trades.market_id,
            trades.trade_id,
            'trade'::text
           FROM exchange.trades
        ), numbered AS (
         SELECT facts.market_id,
            facts.number,
            facts.fact,
            lag(facts.number, 1, (facts.market_id * '100000000000000'::bigint)) OVER (PARTITION BY facts.market_id ORDER BY facts.number) AS before
           FROM facts
        ), announced AS (
         SELECT events.stream_id,
            events.first_sequence,
            events.last_sequence,
            lag(events.last_sequence, 1, (0)::bigint) OVER (PARTITION BY events.stream_id ORDER BY events.last_sequence) AS before
           FROM exchange.events
        ), counted AS (
         SELECT facts.market_id AS stream_id,
            (max(facts.number) - (facts.market_id * '100000000000000'::bigint)) AS last_sequence
           FROM facts
          GROUP BY facts.market_id
        UNION ALL
         SELECT streams.stream_id,
            streams.last_sequence
           FROM exchange.streams
          WHERE (streams.last_sequence > 0)
        )
 SELECT n.market_id AS stream_id,
    (n.number - (n.market_id * '100000000000000'::bigint)) AS sequence,
    format('%s follows number %s'::text, n.fact, (n.before - (n.market_id * '100000000000000'::bigint))) AS problem
   FROM numbered n
  WHERE (n.number <> (n.before + 1))
UNION ALL
 SELECT a.stream_id,
    a.first_sequence AS sequence,
    format('event follows number %s'::text, a.before) AS problem
   FROM announced a
  WHERE (a.first_sequence <> (a.before + 1))
UNION ALL
 SELECT stream_id,
    c.last_sequence AS sequence,
    format('events end at %s'::text, COALESCE(e.last_sequence, (0)::bigint)) AS problem
   FROM (counted c
     FULL JOIN ( SELECT events.stream_id,
            max(events.last_sequence) AS last_sequence
           FROM exchange.events
          GROUP BY events.stream_id) e USING (stream_id))
  WHERE (c.last_sequence IS DISTINCT FROM e.last_sequence);

ALTER TABLE checks.sequences_gapless OWNER TO exchange_owner;

COMMENT ON VIEW checks.sequences_gapless IS 'Gaps and repeats in a market''s numbers, in the ranges of events, or facts that no event announces.';

CREATE VIEW checks.trades_obey_orders AS
 SELECT t.trade_id,
    t.price,
    maker.price AS maker_price,
    taker.price AS taker_price,
    maker.post_only AS maker_post_only,
    taker.post_only AS taker_post_only,
    t.maker_fee,
    f.maker_fee AS expected_maker_fee,
    t.taker_fee,
    f.taker_fee AS expected_taker_fee
   FROM ((((((exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
     JOIN exchange.assets base ON ((base.asset_id = m.base_asset_id)))
     JOIN exchange.assets quote ON ((quote.asset_id = m.quote_asset_id)))
     JOIN exchange.orders maker ON ((maker.order_id = t.maker_order_id)))
     JOIN exchange.orders taker ON ((taker.order_id = t.taker_order_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE t.taker_side
                    WHEN 'buy'::text THEN (ceil(((t.quote_amount * maker.maker_rate) * power((10)::numeric, (quote.scale)::numeric))) / power((10)::numeric, (quote.scale)::numeric))
                    ELSE (ceil(((t.quantity * maker.maker_rate) * power((10)::numeric, (base.scale)::numeric))) / power((10)::numeric, (base.scale)::numeric))
                END AS maker_fee,
                CASE t.taker_side
                    WHEN 'buy'::text THEN (ceil(((t.quantity * taker.taker_rate) * power((10)::numeric, (base.scale)::numeric))) / power((10)::numeric, (base.scale)::numeric))
                    ELSE (ceil(((t.quote_amount * taker.taker_rate) * power((10)::numeric, (quote.scale)::numeric))) / power((10)::numeric, (quote.scale)::numeric))
                END AS taker_fee) f)
  WHERE ((t.price IS DISTINCT FROM maker.price) OR
        CASE t.taker_side
            WHEN 'buy'::text THEN (t.price > taker.price)
            ELSE (t.price < taker.price)
        END OR taker.post_only OR (t.maker_fee <> f.maker_fee) OR (t.taker_fee <> f.taker_fee) OR ((t.maker_account_id = t.taker_account_id) AND (taker.self_trade <> 'none'::text)));

ALTER TABLE checks.trades_obey_orders OWNER TO exchange_owner;

COMMENT ON VIEW checks.trades_obey_orders IS 'Trades at another price than the maker''s, worse than the taker''s limit, against post-only or self-trade prevention, or with another fee than the orders'' rates give.';

CREATE TABLE exchange.withdrawal_reviews (
    withdrawal_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    is_approved boolean NOT NULL,
    note text NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT withdrawal_reviews_note_length CHECK (((length(note) >= 1) AND (length(note) <= 1000)))
);

ALTER TABLE exchange.withdrawal_reviews OWNER TO exchange_owner;

COMMENT ON TABLE exchange.withdrawal_reviews IS 'Decisions of people about withdrawals: each reviewer decides once.';

COMMENT ON COLUMN exchange.withdrawal_reviews.withdrawal_id IS 'The withdrawal.';

COMMENT ON COLUMN exchange.withdrawal_reviews.staff_id IS 'Who decided.';

COMMENT ON COLUMN exchange.withdrawal_reviews.is_approved IS 'Whether it may be sent.';

COMMENT ON COLUMN exchange.withdrawal_reviews.note IS 'Why, in words.';

COMMENT ON COLUMN exchange.withdrawal_reviews.decided_at IS 'When.';

CREATE VIEW checks.withdrawals_obey_reviews AS
 SELECT w.withdrawal_id,
    w.state,
    p.problem
   FROM ((exchange.withdrawals w
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE r.is_approved) AS approvals,
            count(*) FILTER (WHERE (NOT r.is_approved)) AS refusals
           FROM exchange.withdrawal_reviews r
          WHERE (r.withdrawal_id = w.withdrawal_id)) counted)
     CROSS JOIN LATERAL ( VALUES (((w.state = ANY (ARRAY['approved'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text])) AND (counted.approvals < w.required_reviews)),'it goes on with fewer reviews than it needs'::text), (((w.state = ANY (ARRAY['approved'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text])) AND (counted.refusals > 0)),'it goes on after it was refused'::text), (((w.state = ANY (ARRAY['approved'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text])) AND w.is_risk_held),'it goes on while the risk rules hold it'::text), (((w.state = ANY (ARRAY['approved'::text, 'signed'::text, 'broadcast'::text, 'confirmed'::text])) AND (w.approved_at IS NULL)),'it goes on and was never approved'::text), (((w.state = 'requested'::text) AND (NOT w.is_risk_held) AND (counted.approvals >= w.required_reviews)),'it waits for nobody'::text), (((w.state = ANY (ARRAY['requested'::text, 'cancelled'::text])) AND (w.payment_id IS NOT NULL)),'a payment carries it though it waits or was cancelled'::text), (((w.internal_account_id IS NOT NULL) AND (w.payment_id IS NOT NULL)),'a payment carries it though it stays in the house'::text), ((w.internal_account_id = w.account_id),'it pays itself'::text)) p(is_met, problem))
  WHERE p.is_met;

ALTER TABLE checks.withdrawals_obey_reviews OWNER TO exchange_owner;

COMMENT ON VIEW checks.withdrawals_obey_reviews IS 'Withdrawals that went on without the reviews or the release that they need, or wait for nothing, or are carried by a payment that should not.';

CREATE VIEW checks.violations AS
 SELECT 'assets_sum_to_zero'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.assets_sum_to_zero c
UNION ALL
 SELECT 'balances_equal_ledger'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.balances_equal_ledger c
UNION ALL
 SELECT 'holds_are_explained'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.holds_are_explained c
UNION ALL
 SELECT 'no_crossed_book'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.no_crossed_book c
UNION ALL
 SELECT 'book_equals_tables'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.book_equals_tables c
UNION ALL
 SELECT 'filled_equals_trades'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.filled_equals_trades c
UNION ALL
 SELECT 'sequences_gapless'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.sequences_gapless c
UNION ALL
 SELECT 'rows_have_owners'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.rows_have_owners c
UNION ALL
 SELECT 'closed_orders_explained'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.closed_orders_explained c
UNION ALL
 SELECT 'trades_obey_orders'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.trades_obey_orders c
UNION ALL
 SELECT 'amounts_on_grid'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.amounts_on_grid c
UNION ALL
 SELECT 'candles_equal_trades'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.candles_equal_trades c
UNION ALL
 SELECT 'partitions_made_ahead'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.partitions_made_ahead c
UNION ALL
 SELECT 'audit_chain_is_whole'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.audit_chain_is_whole c
UNION ALL
 SELECT 'withdrawals_obey_reviews'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.withdrawals_obey_reviews c
UNION ALL
 SELECT 'deposits_equal_entries'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.deposits_equal_entries c
UNION ALL
 SELECT 'blocks_are_one_chain'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.blocks_are_one_chain c
UNION ALL
 SELECT 'deposits_lie_in_active_blocks'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.deposits_lie_in_active_blocks c
UNION ALL
 SELECT 'deposits_have_outputs'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.deposits_have_outputs c
UNION ALL
 SELECT 'debts_not_negative'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.debts_not_negative c
UNION ALL
 SELECT 'proofs_are_whole'::text AS check_name,
    to_jsonb(c.*) AS violation
   FROM checks.proofs_are_whole c;

ALTER TABLE checks.violations OWNER TO exchange_owner;

COMMENT ON VIEW checks.violations IS 'All checks in one statement, so in one snapshot: the check''s name and the offending row.';

CREATE VIEW exchange.account_balances WITH (security_invoker='true') AS
 SELECT b.account_id,
    a.symbol AS asset,
    round(b.available, (a.scale)::integer) AS available,
    round(b.held, (a.scale)::integer) AS held,
    round((b.available + b.held), (a.scale)::integer) AS total
   FROM (exchange.balances b
     JOIN exchange.assets a ON ((a.asset_id = b.asset_id)));

ALTER TABLE exchange.account_balances OWNER TO exchange_owner;

COMMENT ON VIEW exchange.account_balances IS 'Balances with their asset''s name. Whoever reads it as exchange_api sees those of the account that it acts for.';

ALTER TABLE exchange.accounts ALTER COLUMN account_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME exchange.accounts_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE exchange.adjustments ALTER COLUMN adjustment_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.adjustments_adjustment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.api_keys (
    api_key_id bigint NOT NULL,
    account_id bigint NOT NULL,
    public_id text NOT NULL,
    label text NOT NULL,
    scheme text NOT NULL,
    secret bytea,
    public_key bytea,
    permissions text[] NOT NULL,
    addresses cidr[] DEFAULT '{}'::cidr[] NOT NULL,
    request_key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    made_by_account_id bigint,
    CONSTRAINT api_keys_addresses_limit CHECK ((cardinality(addresses) <= 32)),
    CONSTRAINT api_keys_label_length CHECK (((length(label) >= 1) AND (length(label) <= 64))),
    CONSTRAINT api_keys_permissions_known CHECK (((permissions <@ ARRAY['read'::text, 'trade'::text, 'withdraw'::text]) AND (cardinality(permissions) > 0))),
    CONSTRAINT api_keys_public_id_form CHECK ((public_id ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT api_keys_public_key_length CHECK ((octet_length(public_key) = 32)),
    CONSTRAINT api_keys_scheme_known CHECK ((scheme = ANY (ARRAY['hmac_sha256'::text, 'ed25519'::text]))),
    CONSTRAINT api_keys_secret_fits_scheme CHECK ((((scheme = 'hmac_sha256'::text) = (secret IS NOT NULL)) AND ((scheme = 'ed25519'::text) = (public_key IS NOT NULL))))
);

ALTER TABLE exchange.api_keys OWNER TO exchange_owner;

COMMENT ON TABLE exchange.api_keys IS 'Keys of programs. Never deleted, so that an audit finds them; revoked_at ends one.';

COMMENT ON COLUMN exchange.api_keys.api_key_id IS 'Names the key in commands.';

COMMENT ON COLUMN exchange.api_keys.account_id IS 'Whose key it is.';

COMMENT ON COLUMN exchange.api_keys.public_id IS 'What the program sends to name its key.';

COMMENT ON COLUMN exchange.api_keys.label IS 'The owner''s name for it.';

COMMENT ON COLUMN exchange.api_keys.scheme IS 'hmac_sha256: a shared secret; ed25519: the program keeps the private half.';

COMMENT ON COLUMN exchange.api_keys.secret IS 'The shared secret, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';

COMMENT ON COLUMN exchange.api_keys.public_key IS 'Ed25519 public key.';

COMMENT ON COLUMN exchange.api_keys.permissions IS 'read, trade, withdraw.';

COMMENT ON COLUMN exchange.api_keys.addresses IS 'Networks from which it is taken; empty: from everywhere.';

COMMENT ON COLUMN exchange.api_keys.request_key IS 'The idempotency key under which it was made.';

COMMENT ON COLUMN exchange.api_keys.created_at IS 'When it was made.';

COMMENT ON COLUMN exchange.api_keys.revoked_at IS 'From when on it is refused.';

COMMENT ON COLUMN exchange.api_keys.made_by_account_id IS 'Of a key of a sub-account: the parent that made it; else null.';

ALTER TABLE exchange.api_keys ALTER COLUMN api_key_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.api_keys_api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.cancel_deadlines (
    account_id bigint NOT NULL,
    holder text NOT NULL COLLATE pg_catalog."C",
    market_id integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT cancel_deadlines_holder_length CHECK (((length(holder) >= 1) AND (length(holder) <= 64))),
    CONSTRAINT cancel_deadlines_market_id_not_negative CHECK ((market_id >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE exchange.cancel_deadlines OWNER TO exchange_owner;

COMMENT ON TABLE exchange.cancel_deadlines IS 'Dead man''s switches: when an account''s orders are cancelled unless the switch is put off before.';

COMMENT ON COLUMN exchange.cancel_deadlines.account_id IS 'Whose orders.';

COMMENT ON COLUMN exchange.cancel_deadlines.holder IS 'Who set it: the client itself, or one of its connections. Each has its own switch.';

COMMENT ON COLUMN exchange.cancel_deadlines.market_id IS 'Only the orders of this market; 0: of all.';

COMMENT ON COLUMN exchange.cancel_deadlines.due_at IS 'When.';

CREATE TABLE exchange.ceremonies (
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    account_id bigint,
    session_id bigint,
    state jsonb,
    password_hash text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT ceremonies_account_fits_kind CHECK (((kind = 'passkey_login'::text) = (account_id IS NULL))),
    CONSTRAINT ceremonies_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT ceremonies_kind_known CHECK ((kind = ANY (ARRAY['add_passkey'::text, 'step_up'::text, 'second_factor'::text, 'passkey_login'::text]))),
    CONSTRAINT ceremonies_password_fits_kind CHECK (((kind = 'second_factor'::text) = (password_hash IS NOT NULL))),
    CONSTRAINT ceremonies_session_fits_kind CHECK (((kind = ANY (ARRAY['add_passkey'::text, 'step_up'::text])) = (session_id IS NOT NULL))),
    CONSTRAINT ceremonies_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE exchange.ceremonies OWNER TO exchange_owner;

COMMENT ON TABLE exchange.ceremonies IS 'Proofs under way: what the server asked, kept until the answer comes. Each is answered once.';

COMMENT ON COLUMN exchange.ceremonies.token_hash IS 'SHA-256 of the token that names it; the token itself is nowhere stored.';

COMMENT ON COLUMN exchange.ceremonies.kind IS 'add_passkey: a new one; step_up: of a session; second_factor: of a login whose password was right; passkey_login: of a login without a name.';

COMMENT ON COLUMN exchange.ceremonies.account_id IS 'Who is asked; null where the passkey itself says who it is.';

COMMENT ON COLUMN exchange.ceremonies.session_id IS 'For which session.';

COMMENT ON COLUMN exchange.ceremonies.state IS 'What the API''s library must remember of its challenge to a passkey; null where none was asked.';

COMMENT ON COLUMN exchange.ceremonies.password_hash IS 'Of a login: the hash that the password fitted, so that no login outlives a new password.';

COMMENT ON COLUMN exchange.ceremonies.created_at IS 'When it began.';

COMMENT ON COLUMN exchange.ceremonies.expires_at IS 'From when on it is refused.';

CREATE VIEW exchange.debts WITH (security_invoker='true') AS
 SELECT e.account_id,
    e.asset_id,
    (- sum(e.debt_amount)) AS owed
   FROM exchange.deposit_entries e
  WHERE (e.debt_amount <> (0)::numeric)
  GROUP BY e.account_id, e.asset_id
 HAVING (sum(e.debt_amount) <> (0)::numeric);

ALTER TABLE exchange.debts OWNER TO exchange_owner;

COMMENT ON VIEW exchange.debts IS 'What accounts owe: credited deposits that vanished from their chain after the money was spent. Later deposits of the asset settle it first; until then nothing is withdrawn.';

ALTER TABLE exchange.deposit_entries ALTER COLUMN deposit_entry_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.deposit_entries_deposit_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.deposit_refunds (
    deposit_id bigint NOT NULL,
    address text NOT NULL,
    script bytea NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deposit_refunds_address_length CHECK (((length(address) >= 1) AND (length(address) <= 100))),
    CONSTRAINT deposit_refunds_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 42)))
);

ALTER TABLE exchange.deposit_refunds OWNER TO exchange_owner;

COMMENT ON TABLE exchange.deposit_refunds IS 'Deposits in state refunding or refunded, and to where they go; a payment of purpose refund carries each.';

COMMENT ON COLUMN exchange.deposit_refunds.deposit_id IS 'The deposit; all of it goes back.';

COMMENT ON COLUMN exchange.deposit_refunds.address IS 'To where, as the sender named it to staff: what a chain calls the source is often not the sender''s own.';

COMMENT ON COLUMN exchange.deposit_refunds.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN exchange.deposit_refunds.requested_at IS 'When the second person agreed.';

ALTER TABLE exchange.deposits ALTER COLUMN deposit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.deposits_deposit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.devices (
    device_id bigint NOT NULL,
    account_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    address inet,
    user_agent text,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT devices_token_hash_length CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT devices_user_agent_length CHECK ((length(user_agent) <= 200))
);

ALTER TABLE exchange.devices OWNER TO exchange_owner;

COMMENT ON TABLE exchange.devices IS 'What an account was logged in from. Pauses after wrong passwords elsewhere do not concern them.';

COMMENT ON COLUMN exchange.devices.device_id IS 'Names the device in lists.';

COMMENT ON COLUMN exchange.devices.account_id IS 'Whose device it is.';

COMMENT ON COLUMN exchange.devices.token_hash IS 'SHA-256 of the token that the device keeps.';

COMMENT ON COLUMN exchange.devices.address IS 'From where it came last.';

COMMENT ON COLUMN exchange.devices.user_agent IS 'Which program it was last, as it said itself.';

COMMENT ON COLUMN exchange.devices.first_seen_at IS 'Its first login.';

COMMENT ON COLUMN exchange.devices.last_seen_at IS 'Its last login.';

ALTER TABLE exchange.devices ALTER COLUMN device_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.devices_device_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.factor_failures (
    account_id bigint NOT NULL,
    failures integer NOT NULL,
    last_failed_at timestamp with time zone DEFAULT now() NOT NULL,
    blocked_until timestamp with time zone,
    CONSTRAINT factor_failures_failures_positive CHECK ((failures > 0))
);

ALTER TABLE exchange.factor_failures OWNER TO exchange_owner;

COMMENT ON TABLE exchange.factor_failures IS 'Wrong codes in a row, so that nobody tries a million. A right one deletes the row.';

COMMENT ON COLUMN exchange.factor_failures.account_id IS 'Of which account.';

COMMENT ON COLUMN exchange.factor_failures.failures IS 'How many since the last right one.';

COMMENT ON COLUMN exchange.factor_failures.last_failed_at IS 'When the last one was.';

COMMENT ON COLUMN exchange.factor_failures.blocked_until IS 'Until when no code is looked at.';

CREATE TABLE exchange.fee_tiers (
    fee_tier_id integer NOT NULL,
    name text NOT NULL,
    maker_rate numeric(7,6) NOT NULL,
    taker_rate numeric(7,6) NOT NULL,
    CONSTRAINT fee_tiers_maker_rate_range CHECK (((maker_rate >= (0)::numeric) AND (maker_rate <= (1)::numeric))),
    CONSTRAINT fee_tiers_taker_rate_range CHECK (((taker_rate >= (0)::numeric) AND (taker_rate <= (1)::numeric)))
);

ALTER TABLE exchange.fee_tiers OWNER TO exchange_owner;

COMMENT ON TABLE exchange.fee_tiers IS 'Fee rates; an order keeps the rates of its account''s tier at placement.';

COMMENT ON COLUMN exchange.fee_tiers.fee_tier_id IS 'Chosen by the operator.';

COMMENT ON COLUMN exchange.fee_tiers.name IS 'The name people use.';

COMMENT ON COLUMN exchange.fee_tiers.maker_rate IS 'Part of what a resting order receives; 0.001 is 0.1 %.';

COMMENT ON COLUMN exchange.fee_tiers.taker_rate IS 'Part of what an arriving order receives.';

CREATE TABLE exchange.kyc_cases (
    case_id bigint NOT NULL,
    account_id bigint NOT NULL,
    level integer NOT NULL,
    state text DEFAULT 'submitted'::text NOT NULL,
    document_type text NOT NULL,
    issuer text NOT NULL,
    document_number text NOT NULL,
    full_name text NOT NULL,
    birth_date date NOT NULL,
    expires_on date NOT NULL,
    mrz text,
    mrz_name text,
    content_hash bytea NOT NULL,
    request_key text,
    submitted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reviews integer DEFAULT 0 NOT NULL,
    next_review_at timestamp with time zone DEFAULT now(),
    last_failure text,
    provider_reference text DEFAULT replace((gen_random_uuid())::text, '-'::text, ''::text) NOT NULL,
    claimed_by bigint,
    claimed_until timestamp with time zone,
    first_approved_by bigint,
    decided_at timestamp with time zone,
    decided_by text,
    reasons text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT kyc_cases_claim_whole CHECK (((claimed_by IS NULL) = (claimed_until IS NULL))),
    CONSTRAINT kyc_cases_content_hash_length CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT kyc_cases_decider_known CHECK ((decided_by = ANY (ARRAY['automatic'::text, 'provider'::text, 'reviewer'::text]))),
    CONSTRAINT kyc_cases_decision_whole CHECK ((((state = ANY (ARRAY['approved'::text, 'rejected'::text])) = (decided_at IS NOT NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL)))),
    CONSTRAINT kyc_cases_document_number_form CHECK ((document_number ~ '^[A-Z0-9]{3,24}$'::text)),
    CONSTRAINT kyc_cases_document_type_known CHECK ((document_type = ANY (ARRAY['passport'::text, 'identity_card'::text, 'residence_permit'::text, 'driving_licence'::text]))),
    CONSTRAINT kyc_cases_full_name_length CHECK (((length(full_name) >= 1) AND (length(full_name) <= 100))),
    CONSTRAINT kyc_cases_issuer_form CHECK ((issuer ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT kyc_cases_mrz_length CHECK (((length(mrz) <= 100) AND (length(mrz_name) <= 100))),
    CONSTRAINT kyc_cases_rejection_has_reason CHECK (((state = 'rejected'::text) = (cardinality(reasons) > 0))),
    CONSTRAINT kyc_cases_review_is_due_while_open CHECK (((next_review_at IS NULL) OR (state = ANY (ARRAY['submitted'::text, 'provider'::text])))),
    CONSTRAINT kyc_cases_reviews_not_negative CHECK ((reviews >= 0)),
    CONSTRAINT kyc_cases_state_known CHECK ((state = ANY (ARRAY['submitted'::text, 'provider'::text, 'manual'::text, 'approved'::text, 'rejected'::text])))
);

ALTER TABLE exchange.kyc_cases OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_cases IS 'What owners submitted to be known, and what became of it. Never deleted: a new submission is a new case.';

COMMENT ON COLUMN exchange.kyc_cases.case_id IS 'Names the case.';

COMMENT ON COLUMN exchange.kyc_cases.account_id IS 'Whose it is.';

COMMENT ON COLUMN exchange.kyc_cases.level IS 'The level asked for.';

COMMENT ON COLUMN exchange.kyc_cases.state IS 'submitted: the automatic review is due; provider: an outside provider''s answer is awaited; manual: in the queue of reviewers; approved; rejected.';

COMMENT ON COLUMN exchange.kyc_cases.document_type IS 'passport, identity_card, residence_permit or driving_licence.';

COMMENT ON COLUMN exchange.kyc_cases.issuer IS 'Who issued it: three letters as in a machine-readable zone, DEU for Germany.';

COMMENT ON COLUMN exchange.kyc_cases.document_number IS 'Its number, letters and digits only.';

COMMENT ON COLUMN exchange.kyc_cases.full_name IS 'As its owner wrote it.';

COMMENT ON COLUMN exchange.kyc_cases.birth_date IS 'As its owner wrote it.';

COMMENT ON COLUMN exchange.kyc_cases.expires_on IS 'Last good day of the document, as its owner wrote it.';

COMMENT ON COLUMN exchange.kyc_cases.mrz IS 'The machine-readable zone, lines joined; null where none was given.';

COMMENT ON COLUMN exchange.kyc_cases.mrz_name IS 'The name in it.';

COMMENT ON COLUMN exchange.kyc_cases.content_hash IS 'SHA-256 of everything submitted: a repeat of the request key must have the same.';

COMMENT ON COLUMN exchange.kyc_cases.request_key IS 'The idempotency key under which it was submitted.';

COMMENT ON COLUMN exchange.kyc_cases.submitted_at IS 'When.';

COMMENT ON COLUMN exchange.kyc_cases.reviews IS 'How often the automatic review took it up.';

COMMENT ON COLUMN exchange.kyc_cases.next_review_at IS 'When that is due, or until when a provider may answer; null where neither.';

COMMENT ON COLUMN exchange.kyc_cases.last_failure IS 'Why the last automatic review failed.';

COMMENT ON COLUMN exchange.kyc_cases.provider_reference IS 'How an outside provider names it in its answer; it cannot be guessed.';

COMMENT ON COLUMN exchange.kyc_cases.claimed_by IS 'The reviewer at work on it.';

COMMENT ON COLUMN exchange.kyc_cases.claimed_until IS 'Until when nobody else may take it.';

COMMENT ON COLUMN exchange.kyc_cases.first_approved_by IS 'The reviewer who approved first, where two are needed.';

COMMENT ON COLUMN exchange.kyc_cases.decided_at IS 'When it was approved or rejected.';

COMMENT ON COLUMN exchange.kyc_cases.decided_by IS 'automatic, provider or reviewer.';

COMMENT ON COLUMN exchange.kyc_cases.reasons IS 'Why it was rejected; see kyc_reasons.';

ALTER TABLE exchange.kyc_cases ALTER COLUMN case_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.kyc_cases_case_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.kyc_documents (
    document_id bigint NOT NULL,
    case_id bigint NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    seal_id bytea NOT NULL,
    key_label text NOT NULL,
    wrapped_key bytea NOT NULL,
    content bytea NOT NULL,
    facts jsonb,
    CONSTRAINT kyc_documents_content_length CHECK (((octet_length(content) >= 29) AND (octet_length(content) <= 67108864))),
    CONSTRAINT kyc_documents_kind_known CHECK ((kind = ANY (ARRAY['front'::text, 'back'::text, 'selfie'::text]))),
    CONSTRAINT kyc_documents_media_type_known CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'application/pdf'::text]))),
    CONSTRAINT kyc_documents_seal_id_length CHECK ((octet_length(seal_id) = 16)),
    CONSTRAINT kyc_documents_wrapped_key_length CHECK (((octet_length(wrapped_key) >= 32) AND (octet_length(wrapped_key) <= 512)))
);
ALTER TABLE ONLY exchange.kyc_documents ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE exchange.kyc_documents OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_documents IS 'Files of a case, each encrypted with a key of its own that only the HSM unwraps.';

COMMENT ON COLUMN exchange.kyc_documents.document_id IS 'Names the file.';

COMMENT ON COLUMN exchange.kyc_documents.case_id IS 'What it belongs to.';

COMMENT ON COLUMN exchange.kyc_documents.kind IS 'front, back or selfie.';

COMMENT ON COLUMN exchange.kyc_documents.media_type IS 'image/jpeg or application/pdf.';

COMMENT ON COLUMN exchange.kyc_documents.seal_id IS 'Random; with account and kind it is authenticated with the content, so that no row passes for another.';

COMMENT ON COLUMN exchange.kyc_documents.key_label IS 'Which key of the HSM wrapped the data key.';

COMMENT ON COLUMN exchange.kyc_documents.wrapped_key IS 'The data key, encrypted by the HSM (AES-256-GCM, nonce first).';

COMMENT ON COLUMN exchange.kyc_documents.content IS 'The file, encrypted with the data key (AES-256-GCM, nonce first). Out of line and not compressed.';

COMMENT ON COLUMN exchange.kyc_documents.facts IS 'Of a picture: width, height, brightness, contrast, and digest, the SHA-256 of its pixels.';

ALTER TABLE exchange.kyc_documents ALTER COLUMN document_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.kyc_documents_document_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.kyc_events (
    kyc_event_id bigint NOT NULL,
    case_id bigint NOT NULL,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    staff_id bigint,
    action text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT kyc_events_actor_known CHECK ((actor = ANY (ARRAY['owner'::text, 'automatic'::text, 'provider'::text, 'reviewer'::text, 'upkeep'::text]))),
    CONSTRAINT kyc_events_reviewer_has_name CHECK (((actor = 'reviewer'::text) = (staff_id IS NOT NULL)))
);

ALTER TABLE exchange.kyc_events OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_events IS 'The history of each case; only ever added to.';

COMMENT ON COLUMN exchange.kyc_events.kyc_event_id IS 'Its number.';

COMMENT ON COLUMN exchange.kyc_events.case_id IS 'Of which case.';

COMMENT ON COLUMN exchange.kyc_events.happened_at IS 'When.';

COMMENT ON COLUMN exchange.kyc_events.actor IS 'owner, automatic, provider, reviewer or upkeep.';

COMMENT ON COLUMN exchange.kyc_events.staff_id IS 'Which reviewer.';

COMMENT ON COLUMN exchange.kyc_events.action IS 'What was done.';

COMMENT ON COLUMN exchange.kyc_events.detail IS 'What belongs to it.';

ALTER TABLE exchange.kyc_events ALTER COLUMN kyc_event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.kyc_events_kyc_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.kyc_findings (
    case_id bigint NOT NULL,
    rule text NOT NULL,
    score integer NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT kyc_findings_detail_length CHECK ((length(detail) <= 500)),
    CONSTRAINT kyc_findings_score_range CHECK (((score >= 0) AND (score <= 100)))
);

ALTER TABLE exchange.kyc_findings OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_findings IS 'What the automatic review found, a row a rule.';

COMMENT ON COLUMN exchange.kyc_findings.case_id IS 'Of which case.';

COMMENT ON COLUMN exchange.kyc_findings.rule IS 'By which rule.';

COMMENT ON COLUMN exchange.kyc_findings.score IS '0 is no doubt, 100 is certainty that something is wrong.';

COMMENT ON COLUMN exchange.kyc_findings.detail IS 'What it saw, for reviewers.';

CREATE TABLE exchange.kyc_levels (
    level integer NOT NULL,
    name text NOT NULL,
    may_trade boolean NOT NULL,
    may_withdraw boolean NOT NULL,
    daily_withdrawal numeric NOT NULL,
    monthly_withdrawal numeric NOT NULL,
    needs_selfie boolean NOT NULL,
    is_automatic boolean NOT NULL,
    needs_two_reviewers boolean NOT NULL,
    review_ppm integer DEFAULT 1000000 NOT NULL,
    CONSTRAINT kyc_levels_level_range CHECK (((level >= 0) AND (level <= 9))),
    CONSTRAINT kyc_levels_review_ppm_range CHECK (((review_ppm >= 0) AND (review_ppm <= 100000000))),
    CONSTRAINT kyc_levels_two_are_not_automatic CHECK ((NOT (is_automatic AND needs_two_reviewers))),
    CONSTRAINT kyc_levels_withdrawals_need_permission CHECK ((may_withdraw OR (monthly_withdrawal = (0)::numeric))),
    CONSTRAINT kyc_levels_withdrawals_range CHECK (((daily_withdrawal >= (0)::numeric) AND (daily_withdrawal <= monthly_withdrawal) AND (monthly_withdrawal < 'Infinity'::numeric)))
);

ALTER TABLE exchange.kyc_levels OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_levels IS 'What an account may do, by how well its owner is known.';

COMMENT ON COLUMN exchange.kyc_levels.level IS '0 is nobody known; higher is more.';

COMMENT ON COLUMN exchange.kyc_levels.name IS 'The name people use.';

COMMENT ON COLUMN exchange.kyc_levels.may_trade IS 'Whether orders may be placed; accounts.may_trade repeats it.';

COMMENT ON COLUMN exchange.kyc_levels.may_withdraw IS 'Whether anything may be withdrawn.';

COMMENT ON COLUMN exchange.kyc_levels.daily_withdrawal IS 'Most that may be withdrawn in 24 hours, valued in USDT.';

COMMENT ON COLUMN exchange.kyc_levels.monthly_withdrawal IS 'Most that may be withdrawn in 30 days, valued in USDT.';

COMMENT ON COLUMN exchange.kyc_levels.needs_selfie IS 'Whether a picture of the person is asked for.';

COMMENT ON COLUMN exchange.kyc_levels.is_automatic IS 'Whether the automatic review may approve it.';

COMMENT ON COLUMN exchange.kyc_levels.needs_two_reviewers IS 'Whether a second reviewer must agree.';

COMMENT ON COLUMN exchange.kyc_levels.review_ppm IS 'Millionths of a coin''s review_above and second_review_above that count for the level: less for those who are known less.';

CREATE TABLE exchange.kyc_reasons (
    reason text NOT NULL,
    words text NOT NULL,
    CONSTRAINT kyc_reasons_reason_form CHECK ((reason ~ '^[A-Z_]{3,40}$'::text))
);

ALTER TABLE exchange.kyc_reasons OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_reasons IS 'Why a case can be rejected, as its owner is told.';

COMMENT ON COLUMN exchange.kyc_reasons.reason IS 'For programs.';

COMMENT ON COLUMN exchange.kyc_reasons.words IS 'For people.';

CREATE TABLE exchange.kyc_rules (
    rule text NOT NULL,
    manual_at integer,
    reject_at integer,
    reason text,
    is_on boolean DEFAULT true NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT kyc_rules_reject_has_reason CHECK (((reject_at IS NULL) OR (reason IS NOT NULL))),
    CONSTRAINT kyc_rules_rule_form CHECK ((rule ~ '^[a-z_]{3,40}$'::text)),
    CONSTRAINT kyc_rules_thresholds_range CHECK ((((COALESCE(manual_at, 1) >= 1) AND (COALESCE(manual_at, 1) <= 100)) AND ((COALESCE(reject_at, 1) >= 1) AND (COALESCE(reject_at, 1) <= 100))))
);

ALTER TABLE exchange.kyc_rules OWNER TO exchange_owner;

COMMENT ON TABLE exchange.kyc_rules IS 'Rules of the automatic review: from which score on a case goes to a person, or is rejected.';

COMMENT ON COLUMN exchange.kyc_rules.rule IS 'Its name.';

COMMENT ON COLUMN exchange.kyc_rules.manual_at IS 'From this score on a reviewer decides; null: never for this.';

COMMENT ON COLUMN exchange.kyc_rules.reject_at IS 'From this score on it is rejected; null: never for this.';

COMMENT ON COLUMN exchange.kyc_rules.reason IS 'What the owner is told where it is rejected.';

COMMENT ON COLUMN exchange.kyc_rules.is_on IS 'Whether it counts.';

COMMENT ON COLUMN exchange.kyc_rules.meaning IS 'What it looks at; 0 is no doubt, 100 is certainty.';

CREATE TABLE exchange.login_pauses (
    subject text NOT NULL COLLATE pg_catalog."C",
    failures integer NOT NULL,
    last_attempt_at timestamp with time zone NOT NULL,
    paused_until timestamp with time zone NOT NULL,
    CONSTRAINT login_pauses_failures_not_negative CHECK ((failures >= 0))
)
WITH (fillfactor='50');

ALTER TABLE exchange.login_pauses OWNER TO exchange_owner;

COMMENT ON TABLE exchange.login_pauses IS 'Attempts to log in that were not proved right, and the pauses that follow from them, over all servers.';

COMMENT ON COLUMN exchange.login_pauses.subject IS 'account: and the hash of the e-mail address that was tried, whether anybody has it or not; device: and its number; network: from where.';

COMMENT ON COLUMN exchange.login_pauses.failures IS 'Attempts in a row; one counts as wrong until it proves right.';

COMMENT ON COLUMN exchange.login_pauses.last_attempt_at IS 'When the last one was taken; after a day of quiet they are forgotten.';

COMMENT ON COLUMN exchange.login_pauses.paused_until IS 'Before this time none is taken.';

ALTER TABLE exchange.mail_requests ALTER COLUMN mail_request_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.mail_requests_mail_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.mails (
    mail_id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now(),
    sent_at timestamp with time zone,
    last_error text,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    recipient text NOT NULL,
    CONSTRAINT mails_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT mails_facts_are_an_object CHECK ((jsonb_typeof(facts) = 'object'::text)),
    CONSTRAINT mails_kind_known CHECK ((kind = ANY (ARRAY['verify_email'::text, 'already_registered'::text, 'new_device'::text, 'reset_password'::text, 'password_changed'::text, 'confirm_email_change'::text, 'email_change_asked'::text, 'email_changed'::text, 'account_frozen'::text, 'anti_phishing_changed'::text, 'factor_changed'::text, 'api_key_made'::text, 'kyc_decided'::text, 'document_expires'::text, 'withdrawals_blocked'::text, 'deposit_credited'::text, 'deposit_reversed'::text, 'withdrawal_requested'::text, 'withdrawal_ended'::text, 'withdrawal_address_added'::text]))),
    CONSTRAINT mails_sent_needs_no_attempt CHECK (((sent_at IS NULL) OR (next_attempt_at IS NULL)))
);

ALTER TABLE exchange.mails OWNER TO exchange_owner;

COMMENT ON TABLE exchange.mails IS 'Mails to send, written in the transaction that causes them. No secret is stored: the worker that sends a mail makes its token.';

COMMENT ON COLUMN exchange.mails.mail_id IS 'Number of the mail.';

COMMENT ON COLUMN exchange.mails.account_id IS 'Whom it concerns.';

COMMENT ON COLUMN exchange.mails.kind IS 'Which text.';

COMMENT ON COLUMN exchange.mails.requested_at IS 'When it was caused.';

COMMENT ON COLUMN exchange.mails.attempts IS 'How often it was tried.';

COMMENT ON COLUMN exchange.mails.next_attempt_at IS 'When it is due; null once it was sent or given up.';

COMMENT ON COLUMN exchange.mails.sent_at IS 'When the mail server took it.';

COMMENT ON COLUMN exchange.mails.last_error IS 'Why the last attempt failed.';

COMMENT ON COLUMN exchange.mails.facts IS 'What its text fills in, by kind; never a secret.';

COMMENT ON COLUMN exchange.mails.recipient IS 'To which address: the account''s when the mail was caused, or one to be proved.';

ALTER TABLE exchange.mails ALTER COLUMN mail_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.mails_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW exchange.market_rules AS
 SELECT m.market_id,
    m.symbol,
    b.symbol AS base_asset,
    b.scale AS base_scale,
    q.symbol AS quote_asset,
    q.scale AS quote_scale,
    m.tick,
    m.lot,
    m.min_quantity,
    m.max_quantity,
    m.min_notional,
    m.price_band,
    m.reference_price,
    m.max_open_orders,
    m.allow_self_trade,
    m.status
   FROM ((exchange.markets m
     JOIN exchange.assets b ON ((b.asset_id = m.base_asset_id)))
     JOIN exchange.assets q ON ((q.asset_id = m.quote_asset_id)));

ALTER TABLE exchange.market_rules OWNER TO exchange_owner;

COMMENT ON VIEW exchange.market_rules IS 'What trades and under which rules; public.';

ALTER TABLE exchange.network_costs ALTER COLUMN network_cost_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.network_costs_network_cost_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.orders_closed (
    order_id bigint NOT NULL,
    market_id integer NOT NULL,
    account_id bigint NOT NULL,
    client_order_id text COLLATE pg_catalog."C",
    side text NOT NULL,
    kind text NOT NULL,
    time_in_force text NOT NULL,
    post_only boolean NOT NULL,
    self_trade text NOT NULL,
    price numeric,
    quantity numeric,
    budget numeric,
    maker_rate numeric(7,6) NOT NULL,
    taker_rate numeric(7,6) NOT NULL,
    reduced_quantity numeric NOT NULL,
    filled_quantity numeric NOT NULL,
    filled_quote numeric NOT NULL,
    state text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    CONSTRAINT orders_amounts_in_range CHECK (((price > (0)::numeric) AND (quantity > (0)::numeric) AND (budget > (0)::numeric) AND (reduced_quantity >= (0)::numeric) AND (filled_quantity >= (0)::numeric) AND (filled_quote >= (0)::numeric) AND ((reduced_quantity + filled_quantity) <= quantity) AND (filled_quote <= budget))),
    CONSTRAINT orders_filled_is_whole CHECK (((state <> 'filled'::text) OR (quantity IS NULL) OR ((reduced_quantity + filled_quantity) = quantity))),
    CONSTRAINT orders_names_known CHECK (((side = ANY (ARRAY['buy'::text, 'sell'::text])) AND (kind = ANY (ARRAY['limit'::text, 'market'::text])) AND (time_in_force = ANY (ARRAY['gtc'::text, 'ioc'::text, 'fok'::text])) AND (self_trade = ANY (ARRAY['expire_taker'::text, 'expire_maker'::text, 'expire_both'::text, 'none'::text])) AND (state = ANY (ARRAY['open'::text, 'filled'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT orders_open_rests CHECK ((((state = 'open'::text) = (closed_at IS NULL)) AND ((state <> 'open'::text) OR ((time_in_force = 'gtc'::text) AND ((reduced_quantity + filled_quantity) < quantity))))),
    CONSTRAINT orders_terms_fit_kind CHECK ((((kind = 'limit'::text) = (price IS NOT NULL)) AND ((quantity IS NULL) = (budget IS NOT NULL)) AND ((budget IS NULL) OR ((kind = 'market'::text) AND (side = 'buy'::text))) AND ((NOT post_only) OR (time_in_force = 'gtc'::text)) AND ((kind = 'limit'::text) OR (time_in_force <> 'gtc'::text))))
)
PARTITION BY RANGE (closed_at);

ALTER TABLE exchange.orders_closed OWNER TO exchange_owner;

COMMENT ON TABLE exchange.orders_closed IS 'Ended orders by month of their end.';

CREATE TABLE exchange.orders_open (
    order_id bigint NOT NULL,
    market_id integer NOT NULL,
    account_id bigint NOT NULL,
    client_order_id text COLLATE pg_catalog."C",
    side text NOT NULL,
    kind text NOT NULL,
    time_in_force text NOT NULL,
    post_only boolean NOT NULL,
    self_trade text NOT NULL,
    price numeric,
    quantity numeric,
    budget numeric,
    maker_rate numeric(7,6) NOT NULL,
    taker_rate numeric(7,6) NOT NULL,
    reduced_quantity numeric NOT NULL,
    filled_quantity numeric NOT NULL,
    filled_quote numeric NOT NULL,
    state text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT orders_amounts_in_range CHECK (((price > (0)::numeric) AND (quantity > (0)::numeric) AND (budget > (0)::numeric) AND (reduced_quantity >= (0)::numeric) AND (filled_quantity >= (0)::numeric) AND (filled_quote >= (0)::numeric) AND ((reduced_quantity + filled_quantity) <= quantity) AND (filled_quote <= budget))),
    CONSTRAINT orders_filled_is_whole CHECK (((state <> 'filled'::text) OR (quantity IS NULL) OR ((reduced_quantity + filled_quantity) = quantity))),
    CONSTRAINT orders_names_known CHECK (((side = ANY (ARRAY['buy'::text, 'sell'::text])) AND (kind = ANY (ARRAY['limit'::text, 'market'::text])) AND (time_in_force = ANY (ARRAY['gtc'::text, 'ioc'::text, 'fok'::text])) AND (self_trade = ANY (ARRAY['expire_taker'::text, 'expire_maker'::text, 'expire_both'::text, 'none'::text])) AND (state = ANY (ARRAY['open'::text, 'filled'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT orders_open_rests CHECK ((((state = 'open'::text) = (closed_at IS NULL)) AND ((state <> 'open'::text) OR ((time_in_force = 'gtc'::text) AND ((reduced_quantity + filled_quantity) < quantity))))),
    CONSTRAINT orders_terms_fit_kind CHECK ((((kind = 'limit'::text) = (price IS NOT NULL)) AND ((quantity IS NULL) = (budget IS NOT NULL)) AND ((budget IS NULL) OR ((kind = 'market'::text) AND (side = 'buy'::text))) AND ((NOT post_only) OR (time_in_force = 'gtc'::text)) AND ((kind = 'limit'::text) OR (time_in_force <> 'gtc'::text))))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE exchange.orders_open OWNER TO exchange_owner;

COMMENT ON TABLE exchange.orders_open IS 'The resting orders: what the book in shared memory is rebuilt from.';

CREATE TABLE exchange.passkeys (
    passkey_id bigint NOT NULL,
    account_id bigint NOT NULL,
    credential_id bytea NOT NULL,
    label text NOT NULL,
    credential jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT passkeys_credential_id_length CHECK (((octet_length(credential_id) >= 1) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkeys_label_length CHECK (((length(label) >= 1) AND (length(label) <= 64)))
);

ALTER TABLE exchange.passkeys OWNER TO exchange_owner;

COMMENT ON TABLE exchange.passkeys IS 'Public halves of passkeys (WebAuthn).';

COMMENT ON COLUMN exchange.passkeys.passkey_id IS 'Names it in lists and commands.';

COMMENT ON COLUMN exchange.passkeys.account_id IS 'Whose it is.';

COMMENT ON COLUMN exchange.passkeys.credential_id IS 'Its name at the authenticator.';

COMMENT ON COLUMN exchange.passkeys.label IS 'The owner''s name for it.';

COMMENT ON COLUMN exchange.passkeys.credential IS 'Public key, signature counter and flags, as the API''s library writes them.';

COMMENT ON COLUMN exchange.passkeys.created_at IS 'When it was added.';

COMMENT ON COLUMN exchange.passkeys.last_used_at IS 'When it last proved its owner.';

ALTER TABLE exchange.passkeys ALTER COLUMN passkey_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.passkeys_passkey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE exchange.rate_usage (
    subject text NOT NULL COLLATE pg_catalog."C",
    window_start timestamp with time zone NOT NULL,
    allowed bigint NOT NULL,
    granted bigint NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT rate_usage_used_within_limits CHECK (((granted >= 0) AND (used >= granted)))
)
WITH (fillfactor='50');

ALTER TABLE exchange.rate_usage OWNER TO exchange_owner;

COMMENT ON TABLE exchange.rate_usage IS 'What each caller has used of its limit in the current window, over all servers.';

COMMENT ON COLUMN exchange.rate_usage.subject IS 'Kind and name: account:7, key:3, address:192.0.2.1.';

COMMENT ON COLUMN exchange.rate_usage.window_start IS 'Beginning of the window.';

COMMENT ON COLUMN exchange.rate_usage.allowed IS 'The limit, as the last server to ask has it.';

COMMENT ON COLUMN exchange.rate_usage.granted IS 'What the last server to ask was given.';

COMMENT ON COLUMN exchange.rate_usage.used IS 'Weight that servers have taken in it.';

CREATE TABLE exchange.recovery_codes (
    account_id bigint NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT recovery_codes_code_hash_length CHECK ((octet_length(code_hash) = 32))
);

ALTER TABLE exchange.recovery_codes OWNER TO exchange_owner;

COMMENT ON TABLE exchange.recovery_codes IS 'Codes on paper that stand in for a lost phone; each works once.';

COMMENT ON COLUMN exchange.recovery_codes.account_id IS 'Whose they are.';

COMMENT ON COLUMN exchange.recovery_codes.code_hash IS 'SHA-256 of the code, which has 80 random bits and is nowhere stored.';

COMMENT ON COLUMN exchange.recovery_codes.created_at IS 'When the set was made.';

COMMENT ON COLUMN exchange.recovery_codes.used_at IS 'When it was used.';

CREATE TABLE exchange.request_keys (
    account_id bigint NOT NULL,
    request_key text NOT NULL COLLATE pg_catalog."C",
    content jsonb NOT NULL,
    answer jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT request_keys_request_key_form CHECK ((request_key ~ '^[A-Za-z0-9_.:-]{1,64}$'::text))
)
WITH (fillfactor='80');

ALTER TABLE exchange.request_keys OWNER TO exchange_owner;

COMMENT ON TABLE exchange.request_keys IS 'First answers to requests that carry an idempotency key and place no order; placements have order_keys. Forgotten after a day.';

COMMENT ON COLUMN exchange.request_keys.account_id IS 'Who asked.';

COMMENT ON COLUMN exchange.request_keys.request_key IS 'The request''s idempotency key.';

COMMENT ON COLUMN exchange.request_keys.content IS 'The commands without the right to give them: tells a repeat from another request.';

COMMENT ON COLUMN exchange.request_keys.answer IS 'Their outcomes; null only within the transaction that runs them.';

COMMENT ON COLUMN exchange.request_keys.created_at IS 'When it was asked first.';

ALTER TABLE exchange.reserve_entries ALTER COLUMN reserve_entry_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.reserve_entries_reserve_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.sanctions (
    sanction_id bigint NOT NULL,
    list text NOT NULL,
    name text NOT NULL,
    birth_year integer,
    country text,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    plain_name text GENERATED ALWAYS AS (exchange.plain_name(name)) STORED NOT NULL,
    CONSTRAINT sanctions_birth_year_range CHECK (((birth_year >= 1850) AND (birth_year <= 2100))),
    CONSTRAINT sanctions_list_form CHECK ((list ~ '^[A-Za-z0-9_.-]{1,40}$'::text)),
    CONSTRAINT sanctions_name_length CHECK (((length(name) >= 2) AND (length(name) <= 300)))
);

ALTER TABLE exchange.sanctions OWNER TO exchange_owner;

COMMENT ON TABLE exchange.sanctions IS 'Names that are screened against, loaded from lists: a name and each of its aliases is a row.';

COMMENT ON COLUMN exchange.sanctions.sanction_id IS 'Names the row.';

COMMENT ON COLUMN exchange.sanctions.list IS 'From which list; loading a list replaces it.';

COMMENT ON COLUMN exchange.sanctions.name IS 'As the list has it.';

COMMENT ON COLUMN exchange.sanctions.birth_year IS 'Where the list has one.';

COMMENT ON COLUMN exchange.sanctions.country IS 'Where the list has one.';

COMMENT ON COLUMN exchange.sanctions.loaded_at IS 'When.';

COMMENT ON COLUMN exchange.sanctions.plain_name IS 'As names are compared.';

ALTER TABLE exchange.sanctions ALTER COLUMN sanction_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.sanctions_sanction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);

ALTER TABLE exchange.schema_history OWNER TO exchange_owner;

COMMENT ON TABLE exchange.schema_history IS 'Which migrations were applied; written by refinery.';

COMMENT ON COLUMN exchange.schema_history.version IS 'Number of the migration.';

COMMENT ON COLUMN exchange.schema_history.name IS 'Name of the migration.';

COMMENT ON COLUMN exchange.schema_history.applied_on IS 'When, as RFC 3339 text.';

COMMENT ON COLUMN exchange.schema_history.checksum IS 'Of its text: a migration that was applied is never edited.';

CREATE TABLE exchange.sessions (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    session_id bigint NOT NULL,
    address inet,
    user_agent text,
    device_id bigint,
    stepped_up_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sessions_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT sessions_token_hash_length CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT sessions_user_agent_length CHECK ((length(user_agent) <= 200))
);

ALTER TABLE exchange.sessions OWNER TO exchange_owner;

COMMENT ON TABLE exchange.sessions IS 'Logins; the token itself is nowhere stored.';

COMMENT ON COLUMN exchange.sessions.token_hash IS 'SHA-256 of the bearer token.';

COMMENT ON COLUMN exchange.sessions.account_id IS 'Whose login it is.';

COMMENT ON COLUMN exchange.sessions.created_at IS 'When the login happened.';

COMMENT ON COLUMN exchange.sessions.expires_at IS 'From when on the token is refused.';

COMMENT ON COLUMN exchange.sessions.session_id IS 'Names the session in commands, lists and revocations; says nothing about the token.';

COMMENT ON COLUMN exchange.sessions.address IS 'From where the login came.';

COMMENT ON COLUMN exchange.sessions.user_agent IS 'Which program logged in, as it said itself.';

COMMENT ON COLUMN exchange.sessions.device_id IS 'The device that logged in, while it is known.';

COMMENT ON COLUMN exchange.sessions.stepped_up_at IS 'When it last proved all that the account asks for: a second factor, or the password where there is none. A login does; a step-up does again.';

ALTER TABLE exchange.sessions ALTER COLUMN session_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.sessions_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.totp_factors (
    account_id bigint NOT NULL,
    secret bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    CONSTRAINT totp_factors_last_step_not_negative CHECK ((last_step >= 0))
);

ALTER TABLE exchange.totp_factors OWNER TO exchange_owner;

COMMENT ON TABLE exchange.totp_factors IS 'Authenticator apps, one an account.';

COMMENT ON COLUMN exchange.totp_factors.account_id IS 'Whose app it is.';

COMMENT ON COLUMN exchange.totp_factors.secret IS 'The shared secret, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';

COMMENT ON COLUMN exchange.totp_factors.created_at IS 'When the secret was made.';

COMMENT ON COLUMN exchange.totp_factors.confirmed_at IS 'When the first right code came; until then it asks for nothing and proves nothing.';

COMMENT ON COLUMN exchange.totp_factors.last_step IS 'The last half minute whose code was taken; only later ones are.';

ALTER TABLE exchange.transfers ALTER COLUMN transfer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.transfers_transfer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.withdrawal_addresses (
    withdrawal_address_id bigint NOT NULL,
    account_id bigint NOT NULL,
    network_id integer NOT NULL,
    address text NOT NULL,
    script bytea NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    usable_from timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT withdrawal_addresses_address_length CHECK (((length(address) >= 1) AND (length(address) <= 100))),
    CONSTRAINT withdrawal_addresses_label_length CHECK (((length(label) >= 1) AND (length(label) <= 64))),
    CONSTRAINT withdrawal_addresses_script_length CHECK (((octet_length(script) >= 20) AND (octet_length(script) <= 42)))
);

ALTER TABLE exchange.withdrawal_addresses OWNER TO exchange_owner;

COMMENT ON TABLE exchange.withdrawal_addresses IS 'The address book of an account.';

COMMENT ON COLUMN exchange.withdrawal_addresses.withdrawal_address_id IS 'Names it in lists.';

COMMENT ON COLUMN exchange.withdrawal_addresses.account_id IS 'Whose book.';

COMMENT ON COLUMN exchange.withdrawal_addresses.network_id IS 'On which network.';

COMMENT ON COLUMN exchange.withdrawal_addresses.address IS 'As people write it, in its canonical form.';

COMMENT ON COLUMN exchange.withdrawal_addresses.script IS 'What the chain has: the output script, or the 20 bytes.';

COMMENT ON COLUMN exchange.withdrawal_addresses.label IS 'A name of the owner''s choice.';

COMMENT ON COLUMN exchange.withdrawal_addresses.created_at IS 'When it was added.';

COMMENT ON COLUMN exchange.withdrawal_addresses.usable_from IS 'Nothing is sent there from the book before this time.';

COMMENT ON COLUMN exchange.withdrawal_addresses.removed_at IS 'When it was taken out.';

ALTER TABLE exchange.withdrawal_addresses ALTER COLUMN withdrawal_address_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.withdrawal_addresses_withdrawal_address_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE exchange.withdrawal_quotes (
    quote_id bigint NOT NULL,
    account_id bigint NOT NULL,
    asset_id integer NOT NULL,
    network_id integer NOT NULL,
    fee numeric NOT NULL,
    quiet_ppm integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT withdrawal_quotes_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT withdrawal_quotes_fee_not_negative CHECK (((fee >= (0)::numeric) AND (fee < 'Infinity'::numeric))),
    CONSTRAINT withdrawal_quotes_quiet_ppm_range CHECK (((quiet_ppm >= 0) AND (quiet_ppm <= 1000000)))
);

ALTER TABLE exchange.withdrawal_quotes OWNER TO exchange_owner;

COMMENT ON TABLE exchange.withdrawal_quotes IS 'Fees that were promised; forgotten a day after their end.';

COMMENT ON COLUMN exchange.withdrawal_quotes.quote_id IS 'Number of the quote.';

COMMENT ON COLUMN exchange.withdrawal_quotes.account_id IS 'To whom it was promised.';

COMMENT ON COLUMN exchange.withdrawal_quotes.asset_id IS 'For which asset.';

COMMENT ON COLUMN exchange.withdrawal_quotes.network_id IS 'On which network.';

COMMENT ON COLUMN exchange.withdrawal_quotes.fee IS 'The fee of a withdrawal of any amount, in the asset.';

COMMENT ON COLUMN exchange.withdrawal_quotes.quiet_ppm IS 'By how many millionths the fee is less, because the hour is a quiet one.';

COMMENT ON COLUMN exchange.withdrawal_quotes.created_at IS 'When it was given.';

COMMENT ON COLUMN exchange.withdrawal_quotes.expires_at IS 'Until when it is kept.';

ALTER TABLE exchange.withdrawal_quotes ALTER COLUMN quote_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.withdrawal_quotes_quote_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE exchange.withdrawals ALTER COLUMN withdrawal_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.withdrawals_withdrawal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE proof.proofs ALTER COLUMN proof_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME proof.proofs_proof_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE proof.reconciliations (
    reconciliation_id bigint NOT NULL,
    network_id integer NOT NULL,
    asset_id integer NOT NULL,
    block_height bigint NOT NULL,
    block_hash bytea NOT NULL,
    held numeric NOT NULL,
    expected numeric NOT NULL,
    difference numeric GENERATED ALWAYS AS ((held - expected)) STORED NOT NULL,
    parts jsonb NOT NULL,
    compared_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reconciliations_block_hash_length CHECK ((octet_length(block_hash) = 32)),
    CONSTRAINT reconciliations_expected_finite CHECK (((expected > '-Infinity'::numeric) AND (expected < 'Infinity'::numeric))),
    CONSTRAINT reconciliations_held_range CHECK (((held >= (0)::numeric) AND (held < 'Infinity'::numeric)))
);

ALTER TABLE proof.reconciliations OWNER TO exchange_owner;

COMMENT ON TABLE proof.reconciliations IS 'Comparisons of what a node says we hold with what our facts say, a coin and a run each; kept 400 days.';

COMMENT ON COLUMN proof.reconciliations.reconciliation_id IS 'Number of the comparison.';

COMMENT ON COLUMN proof.reconciliations.network_id IS 'On which network.';

COMMENT ON COLUMN proof.reconciliations.asset_id IS 'Of which asset.';

COMMENT ON COLUMN proof.reconciliations.block_height IS 'Height of the block at which both sides were read.';

COMMENT ON COLUMN proof.reconciliations.block_hash IS 'Hash of that block.';

COMMENT ON COLUMN proof.reconciliations.held IS 'What the node says.';

COMMENT ON COLUMN proof.reconciliations.expected IS 'What the ledger and the facts of chains say.';

COMMENT ON COLUMN proof.reconciliations.difference IS 'Held less expected: negative where something is missing.';

COMMENT ON COLUMN proof.reconciliations.parts IS 'The sums that make up expected, by name.';

COMMENT ON COLUMN proof.reconciliations.compared_at IS 'When.';

ALTER TABLE proof.reconciliations ALTER COLUMN reconciliation_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME proof.reconciliations_reconciliation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE proof.reserves (
    proof_id bigint NOT NULL,
    network_id integer NOT NULL,
    asset_id integer NOT NULL,
    holder text NOT NULL,
    address text,
    descriptor text,
    amount numeric NOT NULL,
    CONSTRAINT reserves_address_of_wallets CHECK (((address IS NULL) = (holder = 'deposits'::text))),
    CONSTRAINT reserves_amount_not_negative CHECK (((amount >= (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT reserves_holder_known CHECK ((holder = ANY (ARRAY['hot'::text, 'cold'::text, 'gas'::text, 'deposits'::text])))
);

ALTER TABLE proof.reserves OWNER TO exchange_owner;

COMMENT ON TABLE proof.reserves IS 'What the node said our wallets and deposit addresses hold.';

COMMENT ON COLUMN proof.reserves.proof_id IS 'The proof.';

COMMENT ON COLUMN proof.reserves.network_id IS 'On which network.';

COMMENT ON COLUMN proof.reserves.asset_id IS 'Of which asset.';

COMMENT ON COLUMN proof.reserves.holder IS 'The wallet''s role; deposits: all deposit addresses together, which are not named because each is somebody''s.';

COMMENT ON COLUMN proof.reserves.address IS 'The wallet''s address.';

COMMENT ON COLUMN proof.reserves.descriptor IS 'The wallet''s keys, as in chain.wallets.';

COMMENT ON COLUMN proof.reserves.amount IS 'How much.';

CREATE TABLE proof.signatures (
    proof_id bigint NOT NULL,
    network_id integer NOT NULL,
    signer text NOT NULL,
    holder text NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL,
    signed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT signatures_holder_known CHECK ((holder = ANY (ARRAY['hot'::text, 'gas'::text]))),
    CONSTRAINT signatures_public_key_length CHECK ((octet_length(public_key) = 33)),
    CONSTRAINT signatures_signature_length CHECK ((octet_length(signature) = 64)),
    CONSTRAINT signatures_signer_known CHECK ((signer = ANY (ARRAY['a'::text, 'b'::text])))
);

ALTER TABLE proof.signatures OWNER TO exchange_owner;

COMMENT ON TABLE proof.signatures IS 'That the keys of wallets are ours: their signatures over the statement.';

COMMENT ON COLUMN proof.signatures.proof_id IS 'The proof.';

COMMENT ON COLUMN proof.signatures.network_id IS 'On which network.';

COMMENT ON COLUMN proof.signatures.signer IS 'Which signer signed.';

COMMENT ON COLUMN proof.signatures.holder IS 'For which wallet.';

COMMENT ON COLUMN proof.signatures.public_key IS 'The key, compressed.';

COMMENT ON COLUMN proof.signatures.signature IS 'r and s over the digest of the message: that of a signed message of Bitcoin (two times SHA-256), or of EIP-191.';

COMMENT ON COLUMN proof.signatures.signed_at IS 'When.';

CREATE TABLE proof.statements (
    proof_id bigint NOT NULL,
    network_id integer NOT NULL,
    block_height bigint NOT NULL,
    block_hash bytea NOT NULL,
    message text NOT NULL,
    CONSTRAINT statements_block_hash_length CHECK ((octet_length(block_hash) = 32)),
    CONSTRAINT statements_message_length CHECK (((length(message) >= 1) AND (length(message) <= 10000)))
);

ALTER TABLE proof.statements OWNER TO exchange_owner;

COMMENT ON TABLE proof.statements IS 'The reserves side of a proof: what we say lies on a network at a block. The keys of the wallets sign it.';

COMMENT ON COLUMN proof.statements.proof_id IS 'The proof.';

COMMENT ON COLUMN proof.statements.network_id IS 'On which network.';

COMMENT ON COLUMN proof.statements.block_height IS 'Height of the block at which the node was asked.';

COMMENT ON COLUMN proof.statements.block_hash IS 'Hash of that block.';

COMMENT ON COLUMN proof.statements.message IS 'The text that is signed. It names the roots, so that it fits no other proof.';

CREATE VIEW reporting.account_activity AS
 SELECT p.account_id,
    a.email,
    m.symbol AS market,
    count(*) AS trades,
    count(*) FILTER (WHERE (p.liquidity = 'maker'::text)) AS maker_trades,
    sum(p.quantity) AS base_volume,
    sum(p.quote_amount) AS quote_volume,
    max(p.traded_at) AS last_trade_at
   FROM ((( SELECT trades.maker_account_id AS account_id,
            'maker'::text AS liquidity,
            trades.market_id,
            trades.quantity,
            trades.quote_amount,
            trades.traded_at
           FROM exchange.trades
        UNION ALL
         SELECT trades.taker_account_id,
            'taker'::text,
            trades.market_id,
            trades.quantity,
            trades.quote_amount,
            trades.traded_at
           FROM exchange.trades) p
     JOIN exchange.markets m ON ((m.market_id = p.market_id)))
     JOIN exchange.accounts a ON ((a.account_id = p.account_id)))
  GROUP BY p.account_id, a.email, m.symbol;

ALTER TABLE reporting.account_activity OWNER TO exchange_owner;

COMMENT ON VIEW reporting.account_activity IS 'How much each account traded in each market, and how much of it as maker.';

CREATE VIEW reporting.accounts AS
 SELECT a.account_id,
    a.role,
    a.email,
    t.name AS fee_tier,
    t.maker_rate,
    t.taker_rate,
    a.status,
    a.created_at,
    a.parent_account_id,
    a.label
   FROM (exchange.accounts a
     JOIN exchange.fee_tiers t ON ((t.fee_tier_id = a.fee_tier_id)));

ALTER TABLE reporting.accounts OWNER TO exchange_owner;

COMMENT ON VIEW reporting.accounts IS 'Accounts with their fee rates; no secrets.';

CREATE VIEW reporting.balances AS
 SELECT b.account_id,
    a.email,
    s.symbol AS asset,
    b.available,
    b.held,
    (b.available + b.held) AS total
   FROM ((exchange.balances b
     JOIN exchange.accounts a ON ((a.account_id = b.account_id)))
     JOIN exchange.assets s ON ((s.asset_id = b.asset_id)));

ALTER TABLE reporting.balances OWNER TO exchange_owner;

COMMENT ON VIEW reporting.balances IS 'Who has what.';

CREATE VIEW reporting.check_summary AS
 SELECT violations.check_name,
    count(*) AS violations
   FROM checks.violations
  GROUP BY violations.check_name;

ALTER TABLE reporting.check_summary OWNER TO exchange_owner;

COMMENT ON VIEW reporting.check_summary IS 'Violated invariants and how often; empty when all is well.';

CREATE VIEW reporting.daily_volume AS
 SELECT ((t.traded_at AT TIME ZONE 'UTC'::text))::date AS day,
    m.symbol AS market,
    count(*) AS trades,
    sum(t.quantity) AS base_volume,
    sum(t.quote_amount) AS quote_volume,
    (array_agg(t.price ORDER BY t.trade_id))[1] AS open_price,
    max(t.price) AS high_price,
    min(t.price) AS low_price,
    (array_agg(t.price ORDER BY t.trade_id DESC))[1] AS close_price,
    round((sum(t.quote_amount) / sum(t.quantity)), 18) AS average_price
   FROM (exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
  GROUP BY (((t.traded_at AT TIME ZONE 'UTC'::text))::date), m.symbol;

ALTER TABLE reporting.daily_volume OWNER TO exchange_owner;

COMMENT ON VIEW reporting.daily_volume IS 'Trades, volume and prices of each market by UTC day.';

CREATE VIEW reporting.deposit_success AS
 SELECT ((d.seen_at AT TIME ZONE 'UTC'::text))::date AS day,
    n.name AS network,
    a.symbol AS asset,
    count(*) AS seen,
    count(*) FILTER (WHERE (d.state = 'credited'::text)) AS credited,
    count(*) FILTER (WHERE (d.state = ANY (ARRAY['seen'::text, 'pending'::text]))) AS under_way,
    count(*) FILTER (WHERE (d.state = ANY (ARRAY['suspicious'::text, 'refunding'::text, 'refunded'::text]))) AS stopped,
    count(*) FILTER (WHERE (d.state = 'orphaned'::text)) AS orphaned,
    count(*) FILTER (WHERE (d.state = 'below_minimum'::text)) AS below_minimum,
    COALESCE(sum(d.amount) FILTER (WHERE (d.state = 'credited'::text)), (0)::numeric) AS credited_amount,
    round(((count(*) FILTER (WHERE (d.state = 'credited'::text)))::numeric / (NULLIF(count(*) FILTER (WHERE (d.state = ANY (ARRAY['credited'::text, 'suspicious'::text, 'refunding'::text, 'refunded'::text]))), 0))::numeric), 6) AS success_rate,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (d.credited_at - d.seen_at)) FILTER (WHERE (d.state = 'credited'::text)) AS median_duration,
    max((d.credited_at - d.seen_at)) FILTER (WHERE (d.state = 'credited'::text)) AS longest_duration
   FROM ((exchange.deposits d
     JOIN exchange.assets a ON ((a.asset_id = d.asset_id)))
     JOIN chain.networks n ON ((n.network_id = d.network_id)))
  GROUP BY (((d.seen_at AT TIME ZONE 'UTC'::text))::date), n.name, a.symbol;

ALTER TABLE reporting.deposit_success OWNER TO exchange_owner;

COMMENT ON VIEW reporting.deposit_success IS 'Deposits by the UTC day on which they were first seen, network and asset: how they stand, which part of those that had their confirmations was credited (success_rate), and how long that took.';

CREATE VIEW reporting.fee_income AS
 SELECT ((l.occurred_at AT TIME ZONE 'UTC'::text))::date AS day,
    m.symbol AS market,
    a.symbol AS asset,
    sum(l.amount) AS income
   FROM ((exchange.ledger l
     JOIN exchange.markets m ON ((m.fee_account_id = l.account_id)))
     JOIN exchange.assets a ON ((a.asset_id = l.asset_id)))
  WHERE ((l.fact_kind = 'trade'::text) AND (l.leg = 'fee'::text) AND (l.amount > (0)::numeric))
  GROUP BY (((l.occurred_at AT TIME ZONE 'UTC'::text))::date), m.symbol, a.symbol;

ALTER TABLE reporting.fee_income OWNER TO exchange_owner;

COMMENT ON VIEW reporting.fee_income IS 'What each market earned in fees by UTC day and asset.';

CREATE VIEW reporting.ledger_entries AS
 SELECT l.occurred_at,
    l.fact_kind,
    l.fact_id,
    l.leg,
    l.account_id,
    a.role,
    a.email,
    s.symbol AS asset,
    l.amount
   FROM ((exchange.ledger l
     JOIN exchange.accounts a ON ((a.account_id = l.account_id)))
     JOIN exchange.assets s ON ((s.asset_id = l.asset_id)));

ALTER TABLE reporting.ledger_entries OWNER TO exchange_owner;

COMMENT ON VIEW reporting.ledger_entries IS 'The ledger with names. For one account with its running balance: exchange.account_statement.';

CREATE VIEW reporting.market_totals AS
SELECT
    NULL::text AS market,
    NULL::text AS status,
    NULL::bigint AS trades,
    NULL::numeric AS base_volume,
    NULL::numeric AS quote_volume,
    NULL::timestamp with time zone AS first_trade_at,
    NULL::timestamp with time zone AS last_trade_at;

ALTER TABLE reporting.market_totals OWNER TO exchange_owner;

COMMENT ON VIEW reporting.market_totals IS 'Trades and volume of each market since it was made.';

CREATE VIEW reporting.open_interest AS
 SELECT m.symbol AS market,
    o.side,
    count(*) AS orders,
    count(DISTINCT o.account_id) AS accounts,
    sum(((o.quantity - o.reduced_quantity) - o.filled_quantity)) AS quantity,
        CASE o.side
            WHEN 'buy'::text THEN max(o.price)
            ELSE min(o.price)
        END AS best_price
   FROM (exchange.orders o
     JOIN exchange.markets m ON ((m.market_id = o.market_id)))
  WHERE (o.state = 'open'::text)
  GROUP BY m.symbol, o.side;

ALTER TABLE reporting.open_interest OWNER TO exchange_owner;

COMMENT ON VIEW reporting.open_interest IS 'What rests on each side of each market.';

CREATE VIEW reporting.orders AS
 SELECT o.order_id,
    m.symbol AS market,
    o.account_id,
    a.email,
    o.client_order_id,
    o.side,
    o.kind,
    o.time_in_force,
    o.post_only,
    o.price,
    o.quantity,
    o.budget,
    o.reduced_quantity,
    o.filled_quantity,
    o.filled_quote,
    round((o.filled_quote / NULLIF(o.filled_quantity, (0)::numeric)), 18) AS average_price,
    o.state,
    o.placed_at,
    o.closed_at
   FROM ((exchange.orders o
     JOIN exchange.markets m ON ((m.market_id = o.market_id)))
     JOIN exchange.accounts a ON ((a.account_id = o.account_id)));

ALTER TABLE reporting.orders OWNER TO exchange_owner;

COMMENT ON VIEW reporting.orders IS 'Orders with names and the average price of what was filled.';

CREATE VIEW reporting.trades AS
 SELECT t.trade_id,
    m.symbol AS market,
    t.price,
    t.quantity,
    t.quote_amount,
    t.taker_side,
    t.maker_account_id,
    maker.email AS maker_email,
    t.maker_order_id,
    t.maker_fee,
        CASE t.taker_side
            WHEN 'buy'::text THEN quote.symbol
            ELSE base.symbol
        END AS maker_fee_asset,
    t.taker_account_id,
    taker.email AS taker_email,
    t.taker_order_id,
    t.taker_fee,
        CASE t.taker_side
            WHEN 'buy'::text THEN base.symbol
            ELSE quote.symbol
        END AS taker_fee_asset,
    t.traded_at
   FROM (((((exchange.trades t
     JOIN exchange.markets m ON ((m.market_id = t.market_id)))
     JOIN exchange.assets base ON ((base.asset_id = m.base_asset_id)))
     JOIN exchange.assets quote ON ((quote.asset_id = m.quote_asset_id)))
     JOIN exchange.accounts maker ON ((maker.account_id = t.maker_account_id)))
     JOIN exchange.accounts taker ON ((taker.account_id = t.taker_account_id)));

ALTER TABLE reporting.trades OWNER TO exchange_owner;

COMMENT ON VIEW reporting.trades IS 'Trades with names and both fees.';

CREATE VIEW reporting.withdrawal_durations AS
 WITH timed AS (
         SELECT w.withdrawal_id,
            w.requested_at,
            w.approved_at,
            n.name AS network,
            a.symbol AS asset,
            w.state,
            (w.internal_account_id IS NOT NULL) AS is_internal,
            ((w.required_reviews > 0) OR w.is_risk_held) AS is_reviewed,
            sent.broadcast_at,
                CASE
                    WHEN (w.state = 'confirmed'::text) THEN w.ended_at
                    ELSE NULL::timestamp with time zone
                END AS confirmed_at
           FROM (((exchange.withdrawals w
             JOIN exchange.assets a ON ((a.asset_id = w.asset_id)))
             JOIN chain.networks n ON ((n.network_id = w.network_id)))
             LEFT JOIN LATERAL ( SELECT min(t_1.broadcast_at) AS broadcast_at
                   FROM chain.attempts t_1
                  WHERE (t_1.payment_id = w.payment_id)) sent ON (true))
        )
 SELECT ((t.requested_at AT TIME ZONE 'UTC'::text))::date AS day,
    t.network,
    t.asset,
    t.is_internal,
    t.is_reviewed,
    count(*) AS requested,
    count(t.confirmed_at) AS confirmed,
    count(*) FILTER (WHERE (t.state = ANY (ARRAY['rejected'::text, 'cancelled'::text, 'failed'::text]))) AS refunded,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (t.approved_at - t.requested_at)) AS median_to_approval,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (t.broadcast_at - t.approved_at)) AS median_to_broadcast,
    percentile_cont((0.99)::double precision) WITHIN GROUP (ORDER BY (t.broadcast_at - t.approved_at)) AS p99_to_broadcast,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (t.confirmed_at - t.requested_at)) AS median_to_confirmation,
    percentile_cont((0.99)::double precision) WITHIN GROUP (ORDER BY (t.confirmed_at - t.requested_at)) AS p99_to_confirmation,
    count(*) FILTER (WHERE ((t.confirmed_at - t.requested_at) >= '00:30:00'::interval)) AS slow
   FROM timed t
  GROUP BY (((t.requested_at AT TIME ZONE 'UTC'::text))::date), t.network, t.asset, t.is_internal, t.is_reviewed;

ALTER TABLE reporting.withdrawal_durations OWNER TO exchange_owner;

COMMENT ON VIEW reporting.withdrawal_durations IS 'Withdrawals by the UTC day of their request, network, asset, whether they stayed inside, and whether somebody had to look: from request to approval, from approval to broadcast, from request to confirmation; slow: confirmed after half an hour or more.';

CREATE TABLE risk.account_lists (
    list text NOT NULL,
    account_id bigint NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_lists_list_form CHECK ((list ~ '^[a-z][a-z0-9_]{2,31}$'::text))
);

ALTER TABLE risk.account_lists OWNER TO exchange_owner;

COMMENT ON TABLE risk.account_lists IS 'Named lists of accounts, such as market makers, for rules of kind account_listed. Short: servers keep them in memory.';

COMMENT ON COLUMN risk.account_lists.list IS 'Name of the list.';

COMMENT ON COLUMN risk.account_lists.account_id IS 'Account in it.';

COMMENT ON COLUMN risk.account_lists.added_at IS 'Since when.';

CREATE TABLE risk.activities (
    activity_id bigint NOT NULL,
    point text NOT NULL,
    account_id bigint,
    occurred_at timestamp with time zone NOT NULL,
    verdict text NOT NULL,
    network inet,
    device text,
    asset_id integer,
    amount numeric,
    wallet text,
    facts jsonb NOT NULL,
    CONSTRAINT activities_account_given CHECK (((point = 'registration'::text) OR (account_id IS NOT NULL))),
    CONSTRAINT activities_amount_positive CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT activities_device_length CHECK (((length(device) >= 1) AND (length(device) <= 200))),
    CONSTRAINT activities_facts_length CHECK ((length((facts)::text) <= 8000)),
    CONSTRAINT activities_money_is_whole CHECK (((point = ANY (ARRAY['deposit'::text, 'withdrawal'::text])) = ((asset_id IS NOT NULL) AND (amount IS NOT NULL)))),
    CONSTRAINT activities_point_known CHECK ((point = ANY (ARRAY['registration'::text, 'login'::text, 'deposit'::text, 'withdrawal'::text, 'security_change'::text]))),
    CONSTRAINT activities_verdict_known CHECK ((verdict = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text, 'hold'::text]))),
    CONSTRAINT activities_wallet_length CHECK (((length(wallet) >= 1) AND (length(wallet) <= 200)))
);

ALTER TABLE risk.activities OWNER TO exchange_owner;

COMMENT ON TABLE risk.activities IS 'What was judged, whatever the verdict, orders aside: what later rules count, and what backtests run on.';

COMMENT ON COLUMN risk.activities.activity_id IS 'Number of the activity.';

COMMENT ON COLUMN risk.activities.point IS 'What was done.';

COMMENT ON COLUMN risk.activities.account_id IS 'By whom; null for a registration, which has no account yet.';

COMMENT ON COLUMN risk.activities.occurred_at IS 'When, as the rules saw it.';

COMMENT ON COLUMN risk.activities.verdict IS 'What the rules said: allow, review, deny or hold.';

COMMENT ON COLUMN risk.activities.network IS 'The network of the address it came from: the address itself, or the /64 of an IPv6 address.';

COMMENT ON COLUMN risk.activities.device IS 'The device as the API knows it; no secret.';

COMMENT ON COLUMN risk.activities.asset_id IS 'Deposit, withdrawal: of which asset.';

COMMENT ON COLUMN risk.activities.amount IS 'Deposit, withdrawal: how much.';

COMMENT ON COLUMN risk.activities.wallet IS 'The address of a chain on the other side: where a deposit came from, where a withdrawal goes, or an address that was saved.';

COMMENT ON COLUMN risk.activities.facts IS 'All facts that the rules were given.';

ALTER TABLE risk.activities ALTER COLUMN activity_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME risk.activities_activity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE risk.blacklist (
    wallet text NOT NULL,
    because text NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT blacklist_wallet_length CHECK (((length(wallet) >= 1) AND (length(wallet) <= 200)))
);

ALTER TABLE risk.blacklist OWNER TO exchange_owner;

COMMENT ON TABLE risk.blacklist IS 'Addresses of chains from which nothing is taken and to which nothing is sent; loaded by the operator (copy).';

COMMENT ON COLUMN risk.blacklist.wallet IS 'Exactly as chains write it.';

COMMENT ON COLUMN risk.blacklist.because IS 'Who says so, or why.';

COMMENT ON COLUMN risk.blacklist.added_at IS 'Since when.';

CREATE TABLE risk.events (
    event_id bigint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    point text NOT NULL,
    account_id bigint,
    activity_id bigint,
    order_id bigint,
    rule text NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    reason_code text NOT NULL,
    facts jsonb NOT NULL,
    observed jsonb NOT NULL,
    CONSTRAINT events_action_known CHECK ((action = ANY (ARRAY['review'::text, 'deny'::text, 'hold'::text]))),
    CONSTRAINT events_order_has_no_activity CHECK (((point = 'order'::text) = (activity_id IS NULL)))
);

ALTER TABLE risk.events OWNER TO exchange_owner;

COMMENT ON TABLE risk.events IS 'Every rule that was met and did not allow, with the facts it saw. Each is a message of the stream risk too.';

COMMENT ON COLUMN risk.events.event_id IS 'Number of the event.';

COMMENT ON COLUMN risk.events.occurred_at IS 'When.';

COMMENT ON COLUMN risk.events.point IS 'What was judged.';

COMMENT ON COLUMN risk.events.account_id IS 'Whose.';

COMMENT ON COLUMN risk.events.activity_id IS 'The activity; null for orders.';

COMMENT ON COLUMN risk.events.order_id IS 'The order that was accepted all the same, for review.';

COMMENT ON COLUMN risk.events.rule IS 'The rule that was met.';

COMMENT ON COLUMN risk.events.version IS 'Its version.';

COMMENT ON COLUMN risk.events.action IS 'The rule''s action.';

COMMENT ON COLUMN risk.events.reason_code IS 'The rule''s reason.';

COMMENT ON COLUMN risk.events.facts IS 'The facts that the rule was given.';

COMMENT ON COLUMN risk.events.observed IS 'What its condition found: counts, sums, distances.';

ALTER TABLE risk.events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME risk.events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE risk.kinds (
    kind text NOT NULL,
    points text[] NOT NULL,
    parameters jsonb NOT NULL,
    description text NOT NULL,
    CONSTRAINT kinds_kind_form CHECK ((kind ~ '^[a-z][a-z0-9_]{2,31}$'::text)),
    CONSTRAINT kinds_points_known CHECK (((cardinality(points) > 0) AND (points <@ ARRAY['registration'::text, 'login'::text, 'order'::text, 'deposit'::text, 'withdrawal'::text, 'security_change'::text])))
);

ALTER TABLE risk.kinds OWNER TO exchange_owner;

COMMENT ON TABLE risk.kinds IS 'The conditions that rules are made of: each is a function of schema risk of the same name. A rule gives the parameters; nobody gives SQL.';

COMMENT ON COLUMN risk.kinds.kind IS 'Name of the condition, and of its function.';

COMMENT ON COLUMN risk.kinds.points IS 'Where it may be asked.';

COMMENT ON COLUMN risk.kinds.parameters IS 'Its parameters, all required: name to type (integer with least and most; decimal; asset; name).';

COMMENT ON COLUMN risk.kinds.description IS 'When the condition is met.';

CREATE TABLE risk.links (
    account_id bigint NOT NULL,
    linked_account_id bigint NOT NULL,
    because text NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT links_accounts_differ CHECK ((account_id <> linked_account_id)),
    CONSTRAINT links_because_length CHECK (((length(because) >= 1) AND (length(because) <= 200)))
);

ALTER TABLE risk.links OWNER TO exchange_owner;

COMMENT ON TABLE risk.links IS 'Accounts that seem to be one person''s. Each link is there twice, once from each side.';

COMMENT ON COLUMN risk.links.account_id IS 'One account.';

COMMENT ON COLUMN risk.links.linked_account_id IS 'The other.';

COMMENT ON COLUMN risk.links.because IS 'Why: same device, or what somebody found out.';

COMMENT ON COLUMN risk.links.linked_at IS 'Since when it is known.';

CREATE TABLE risk.mail_domains (
    domain text NOT NULL,
    CONSTRAINT mail_domains_domain_form CHECK (((domain = lower(domain)) AND (domain ~ '^[^@\s.]+(\.[^@\s.]+)+$'::text)))
);

ALTER TABLE risk.mail_domains OWNER TO exchange_owner;

COMMENT ON TABLE risk.mail_domains IS 'Domains of disposable mail addresses; loaded by the operator (copy). What is below a domain counts as well.';

COMMENT ON COLUMN risk.mail_domains.domain IS 'In lower case, such as mailinator.com.';

CREATE TABLE risk.networks (
    network cidr NOT NULL,
    country text,
    latitude numeric(8,5) NOT NULL,
    longitude numeric(8,5) NOT NULL,
    CONSTRAINT networks_country_form CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT networks_latitude_range CHECK (((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric))),
    CONSTRAINT networks_longitude_range CHECK (((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric)))
);

ALTER TABLE risk.networks OWNER TO exchange_owner;

COMMENT ON TABLE risk.networks IS 'Where networks are; loaded by the operator (copy) from a geo database. Empty: no rule of places is ever met.';

COMMENT ON COLUMN risk.networks.network IS 'The network; of several the smallest counts.';

COMMENT ON COLUMN risk.networks.country IS 'ISO 3166-1 alpha-2.';

COMMENT ON COLUMN risk.networks.latitude IS 'Degrees north.';

COMMENT ON COLUMN risk.networks.longitude IS 'Degrees east.';

CREATE TABLE risk.order_rules_state (
    only_row boolean DEFAULT true NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT order_rules_state_one_row CHECK (only_row)
)
WITH (fillfactor='10');

ALTER TABLE risk.order_rules_state OWNER TO exchange_owner;

COMMENT ON TABLE risk.order_rules_state IS 'Which change of rules and lists was the last: servers keep the rules of orders in memory and read them anew when this number is another one.';

COMMENT ON COLUMN risk.order_rules_state.only_row IS 'True: there is one row.';

COMMENT ON COLUMN risk.order_rules_state.change IS 'Drawn by lot, so that a number of a change that was rolled back never means another one.';

CREATE TABLE risk.reviews (
    event_id bigint NOT NULL,
    decision text NOT NULL,
    note text NOT NULL,
    decided_by bigint,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reviews_decision_known CHECK ((decision = ANY (ARRAY['released'::text, 'upheld'::text]))),
    CONSTRAINT reviews_note_length CHECK (((length(note) >= 1) AND (length(note) <= 1000)))
);

ALTER TABLE risk.reviews OWNER TO exchange_owner;

COMMENT ON TABLE risk.reviews IS 'What somebody decided about an event of action review or hold; what is not here still waits.';

COMMENT ON COLUMN risk.reviews.event_id IS 'The event.';

COMMENT ON COLUMN risk.reviews.decision IS 'released: it was all right, held money goes on; upheld: it was not.';

COMMENT ON COLUMN risk.reviews.note IS 'Why, in words.';

COMMENT ON COLUMN risk.reviews.decided_by IS 'Staff member; null: an operator with SQL.';

COMMENT ON COLUMN risk.reviews.decided_at IS 'When.';

CREATE TABLE risk.rules (
    rule text NOT NULL,
    version integer NOT NULL,
    point text NOT NULL,
    kind text NOT NULL,
    parameters jsonb NOT NULL,
    action text NOT NULL,
    reason_code text NOT NULL,
    published_by bigint,
    valid_from timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    valid_until timestamp with time zone,
    CONSTRAINT rules_action_known CHECK ((action = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text, 'hold'::text]))),
    CONSTRAINT rules_allow_is_for_lists CHECK (((action <> 'allow'::text) OR (kind = 'account_listed'::text))),
    CONSTRAINT rules_hold_is_for_money CHECK (((action <> 'hold'::text) OR (point = ANY (ARRAY['deposit'::text, 'withdrawal'::text])))),
    CONSTRAINT rules_point_known CHECK ((point = ANY (ARRAY['registration'::text, 'login'::text, 'order'::text, 'deposit'::text, 'withdrawal'::text, 'security_change'::text]))),
    CONSTRAINT rules_reason_code_form CHECK ((reason_code ~ '^[A-Z][A-Z0-9_]{2,39}$'::text)),
    CONSTRAINT rules_rule_form CHECK ((rule ~ '^[a-z][a-z0-9_]{2,31}$'::text)),
    CONSTRAINT rules_valid_forward CHECK ((valid_until >= valid_from)),
    CONSTRAINT rules_version_positive CHECK ((version > 0))
);

ALTER TABLE risk.rules OWNER TO exchange_owner;

COMMENT ON TABLE risk.rules IS 'Every version of every rule. A version is never changed: the next one, or the end of the rule, ends its time.';

COMMENT ON COLUMN risk.rules.rule IS 'Name of the rule.';

COMMENT ON COLUMN risk.rules.version IS 'Counts from 1 for each rule.';

COMMENT ON COLUMN risk.rules.point IS 'What it guards.';

COMMENT ON COLUMN risk.rules.kind IS 'Its condition.';

COMMENT ON COLUMN risk.rules.parameters IS 'What the condition is given; checked against kinds.';

COMMENT ON COLUMN risk.rules.action IS 'What happens when it is met: allow (nothing else is asked), review (goes on, somebody looks), deny, hold (money waits until it is released). Of several the strictest counts: deny, hold, review.';

COMMENT ON COLUMN risk.rules.reason_code IS 'Why, for events and staff; the customer hears RISK_DENIED only.';

COMMENT ON COLUMN risk.rules.published_by IS 'Staff member who proposed it; null: an operator with SQL.';

COMMENT ON COLUMN risk.rules.valid_from IS 'From when on it counts.';

COMMENT ON COLUMN risk.rules.valid_until IS 'Until when; null: now.';

CREATE TABLE staff.actions (
    action text NOT NULL,
    proposer_roles text[] NOT NULL,
    decider_roles text[] NOT NULL,
    CONSTRAINT actions_decider_roles_known CHECK (((decider_roles <@ ARRAY['reviewer'::text, 'risk'::text, 'finance'::text, 'support'::text, 'administrator'::text]) AND (cardinality(decider_roles) > 0))),
    CONSTRAINT actions_proposer_roles_known CHECK (((proposer_roles <@ ARRAY['reviewer'::text, 'risk'::text, 'finance'::text, 'support'::text, 'administrator'::text]) AND (cardinality(proposer_roles) > 0)))
);

ALTER TABLE staff.actions OWNER TO exchange_owner;

COMMENT ON TABLE staff.actions IS 'What needs a second person; staff.run_action knows how each is done.';

COMMENT ON COLUMN staff.actions.action IS 'Names the action.';

COMMENT ON COLUMN staff.actions.proposer_roles IS 'One of these roles proposes it.';

COMMENT ON COLUMN staff.actions.decider_roles IS 'Another person with one of these roles decides it.';

CREATE TABLE staff.foundation (
    foundation_id integer DEFAULT 1 NOT NULL,
    founder_id bigint NOT NULL,
    founded_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT foundation_foundation_id_single CHECK ((foundation_id = 1))
);

ALTER TABLE staff.foundation OWNER TO exchange_owner;

COMMENT ON TABLE staff.foundation IS 'One row: who was made first administrator by the bootstrap command, which works once.';

COMMENT ON COLUMN staff.foundation.foundation_id IS 'Always 1.';

COMMENT ON COLUMN staff.foundation.founder_id IS 'The first administrator.';

COMMENT ON COLUMN staff.foundation.founded_at IS 'When.';

COMMENT ON COLUMN staff.foundation.completed_at IS 'When a second administrator was made. Until then, and never again, the founder may make one alone.';

CREATE TABLE staff.members (
    staff_id bigint NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    password_hash text,
    totp_secret bytea,
    totp_step bigint,
    enrolled_at timestamp with time zone,
    failed_passwords integer DEFAULT 0 NOT NULL,
    failed_codes integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    invitation_hash bytea,
    invited_until timestamp with time zone,
    request_key text,
    created_by bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT members_credentials_together CHECK (((password_hash IS NULL) = (totp_secret IS NULL))),
    CONSTRAINT members_email_lower CHECK ((email = lower(email))),
    CONSTRAINT members_enrolled_has_credentials CHECK (((enrolled_at IS NULL) OR (password_hash IS NOT NULL))),
    CONSTRAINT members_failed_codes_not_negative CHECK ((failed_codes >= 0)),
    CONSTRAINT members_failed_passwords_not_negative CHECK ((failed_passwords >= 0)),
    CONSTRAINT members_invitation_has_end CHECK (((invitation_hash IS NULL) = (invited_until IS NULL))),
    CONSTRAINT members_invitation_hash_length CHECK ((octet_length(invitation_hash) = 32)),
    CONSTRAINT members_name_length CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT members_roles_known CHECK ((roles <@ ARRAY['reviewer'::text, 'risk'::text, 'finance'::text, 'support'::text, 'administrator'::text])),
    CONSTRAINT members_status_known CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text])))
);

ALTER TABLE staff.members OWNER TO exchange_owner;

COMMENT ON TABLE staff.members IS 'People of the exchange. Never deleted, because the audit log names them.';

COMMENT ON COLUMN staff.members.staff_id IS 'Names the member everywhere; no account has anything to do with it.';

COMMENT ON COLUMN staff.members.email IS 'Login name, lower case.';

COMMENT ON COLUMN staff.members.name IS 'Who it is.';

COMMENT ON COLUMN staff.members.roles IS 'What the member may do: reviewer, risk, finance, support, administrator.';

COMMENT ON COLUMN staff.members.status IS 'active, or disabled: no login, no session.';

COMMENT ON COLUMN staff.members.password_hash IS 'bcrypt; null until the invitation is accepted.';

COMMENT ON COLUMN staff.members.totp_secret IS 'Secret of the one-time codes, encrypted by the API (AES-256-GCM, nonce first); the database never sees it.';

COMMENT ON COLUMN staff.members.totp_step IS 'Time step of the last code that was taken: that code and earlier ones are refused.';

COMMENT ON COLUMN staff.members.enrolled_at IS 'First login with a code; roles are given only after it.';

COMMENT ON COLUMN staff.members.failed_passwords IS 'Wrong passwords since the last good login.';

COMMENT ON COLUMN staff.members.failed_codes IS 'Wrong codes with the right password since the last good login; many lock.';

COMMENT ON COLUMN staff.members.locked_until IS 'No login is good before.';

COMMENT ON COLUMN staff.members.invitation_hash IS 'SHA-256 of the one-time token that sets password and code; the token is nowhere stored.';

COMMENT ON COLUMN staff.members.invited_until IS 'From when on the invitation is refused.';

COMMENT ON COLUMN staff.members.request_key IS 'The idempotency key under which the member was made.';

COMMENT ON COLUMN staff.members.created_by IS 'Who made the member; null for the first administrator.';

COMMENT ON COLUMN staff.members.created_at IS 'When the member was made.';

ALTER TABLE staff.members ALTER COLUMN staff_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME staff.members_staff_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE staff.proposals ALTER COLUMN proposal_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME staff.proposals_proposal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE staff.sessions (
    staff_session_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    address inet,
    user_agent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT sessions_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT sessions_token_hash_length CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT sessions_user_agent_length CHECK ((length(user_agent) <= 200))
);

ALTER TABLE staff.sessions OWNER TO exchange_owner;

COMMENT ON TABLE staff.sessions IS 'Logins of staff, by password and code. Ended ones stay: proposals name them.';

COMMENT ON COLUMN staff.sessions.staff_session_id IS 'Names the session in functions; says nothing about the token.';

COMMENT ON COLUMN staff.sessions.staff_id IS 'Whose login it is.';

COMMENT ON COLUMN staff.sessions.token_hash IS 'SHA-256 of the token; the token itself is nowhere stored.';

COMMENT ON COLUMN staff.sessions.address IS 'From where the login came.';

COMMENT ON COLUMN staff.sessions.user_agent IS 'Which program logged in, as it said itself.';

COMMENT ON COLUMN staff.sessions.created_at IS 'When the login happened.';

COMMENT ON COLUMN staff.sessions.used_at IS 'When it was last used, to the minute: an idle session ends.';

COMMENT ON COLUMN staff.sessions.expires_at IS 'From when on the token is refused however it is used.';

COMMENT ON COLUMN staff.sessions.ended_at IS 'When it was ended before.';

ALTER TABLE staff.sessions ALTER COLUMN staff_session_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME staff.sessions_staff_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY exchange.orders ATTACH PARTITION exchange.orders_closed FOR VALUES IN ('filled', 'cancelled', 'expired');

ALTER TABLE ONLY exchange.orders ATTACH PARTITION exchange.orders_open FOR VALUES IN ('open');

ALTER TABLE ONLY audit.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (entry_id);

ALTER TABLE ONLY audit.head
    ADD CONSTRAINT head_pkey PRIMARY KEY (head_id);

ALTER TABLE ONLY audit.links
    ADD CONSTRAINT links_entry_id_key UNIQUE (entry_id);

ALTER TABLE ONLY audit.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (link_number);

ALTER TABLE ONLY audit.unlinked
    ADD CONSTRAINT unlinked_pkey PRIMARY KEY (entry_id);

ALTER TABLE ONLY chain.addresses
    ADD CONSTRAINT addresses_account_id_key UNIQUE (account_id, asset_id, network_id);

ALTER TABLE ONLY chain.addresses
    ADD CONSTRAINT addresses_pkey PRIMARY KEY (address_id);

ALTER TABLE ONLY chain.addresses
    ADD CONSTRAINT addresses_script_key UNIQUE (network_id, script);

ALTER TABLE ONLY chain.attempts
    ADD CONSTRAINT attempts_number_key UNIQUE (payment_id, number);

ALTER TABLE ONLY chain.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY chain.attempts
    ADD CONSTRAINT attempts_txid_key UNIQUE (network_id, txid);

ALTER TABLE ONLY chain.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (network_id, hash);

ALTER TABLE ONLY chain.coins
    ADD CONSTRAINT coins_contract_key UNIQUE (network_id, contract);

ALTER TABLE ONLY chain.coins
    ADD CONSTRAINT coins_pkey PRIMARY KEY (asset_id, network_id);

ALTER TABLE ONLY chain.fee_hours
    ADD CONSTRAINT fee_hours_pkey PRIMARY KEY (network_id, hour);

ALTER TABLE ONLY chain.fee_samples
    ADD CONSTRAINT fee_samples_pkey PRIMARY KEY (network_id, sampled_at);

ALTER TABLE ONLY chain.networks
    ADD CONSTRAINT networks_name_key UNIQUE (name);

ALTER TABLE ONLY chain.networks
    ADD CONSTRAINT networks_pkey PRIMARY KEY (network_id);

ALTER TABLE ONLY chain.nonces
    ADD CONSTRAINT nonces_pkey PRIMARY KEY (network_id, script);

ALTER TABLE ONLY chain.outputs
    ADD CONSTRAINT outputs_pkey PRIMARY KEY (network_id, txid, output_index);

ALTER TABLE ONLY chain.payment_items
    ADD CONSTRAINT payment_items_pkey PRIMARY KEY (payment_id, item);

ALTER TABLE ONLY chain.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (payment_id);

ALTER TABLE ONLY chain.signings
    ADD CONSTRAINT signings_pkey PRIMARY KEY (signing_id);

ALTER TABLE ONLY chain.wallets
    ADD CONSTRAINT wallets_pkey PRIMARY KEY (wallet_id);

ALTER TABLE ONLY chain.wallets
    ADD CONSTRAINT wallets_role_key UNIQUE (network_id, role);

ALTER TABLE ONLY chain.wallets
    ADD CONSTRAINT wallets_script_key UNIQUE (network_id, script);

ALTER TABLE ONLY exchange.account_tokens
    ADD CONSTRAINT account_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY exchange.accounts
    ADD CONSTRAINT accounts_email_key UNIQUE (email);

ALTER TABLE ONLY exchange.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY exchange.adjustments
    ADD CONSTRAINT adjustments_idempotency_key_key UNIQUE (idempotency_key);

ALTER TABLE ONLY exchange.adjustments
    ADD CONSTRAINT adjustments_pkey PRIMARY KEY (adjustment_id);

ALTER TABLE ONLY exchange.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id);

ALTER TABLE ONLY exchange.api_keys
    ADD CONSTRAINT api_keys_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY exchange.api_keys
    ADD CONSTRAINT api_keys_request_key_key UNIQUE (account_id, request_key);

ALTER TABLE ONLY exchange.assets
    ADD CONSTRAINT assets_pkey PRIMARY KEY (asset_id);

ALTER TABLE ONLY exchange.assets
    ADD CONSTRAINT assets_symbol_key UNIQUE (symbol);

ALTER TABLE ONLY exchange.balances
    ADD CONSTRAINT balances_pkey PRIMARY KEY (account_id, asset_id);

ALTER TABLE ONLY exchange.cancel_deadlines
    ADD CONSTRAINT cancel_deadlines_pkey PRIMARY KEY (account_id, holder, market_id);

ALTER TABLE ONLY exchange.candle_positions
    ADD CONSTRAINT candle_positions_pkey PRIMARY KEY (market_id);

ALTER TABLE ONLY exchange.candles
    ADD CONSTRAINT candles_pkey PRIMARY KEY (market_id, interval_seconds, opened_at);

ALTER TABLE ONLY exchange.ceremonies
    ADD CONSTRAINT ceremonies_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_pkey PRIMARY KEY (deposit_entry_id);

ALTER TABLE ONLY exchange.deposit_refunds
    ADD CONSTRAINT deposit_refunds_pkey PRIMARY KEY (deposit_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_pkey PRIMARY KEY (deposit_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_position_key UNIQUE (network_id, txid, "position");

ALTER TABLE ONLY exchange.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (device_id);

ALTER TABLE ONLY exchange.devices
    ADD CONSTRAINT devices_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY exchange.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (stream_id, last_sequence, occurred_at);

ALTER TABLE ONLY exchange.factor_failures
    ADD CONSTRAINT factor_failures_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY exchange.fee_tiers
    ADD CONSTRAINT fee_tiers_name_key UNIQUE (name);

ALTER TABLE ONLY exchange.fee_tiers
    ADD CONSTRAINT fee_tiers_pkey PRIMARY KEY (fee_tier_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_provider_reference_key UNIQUE (provider_reference);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_request_key_key UNIQUE (account_id, request_key);

ALTER TABLE ONLY exchange.kyc_documents
    ADD CONSTRAINT kyc_documents_kind_key UNIQUE (case_id, kind);

ALTER TABLE ONLY exchange.kyc_documents
    ADD CONSTRAINT kyc_documents_pkey PRIMARY KEY (document_id);

ALTER TABLE ONLY exchange.kyc_documents
    ADD CONSTRAINT kyc_documents_seal_id_key UNIQUE (seal_id);

ALTER TABLE ONLY exchange.kyc_events
    ADD CONSTRAINT kyc_events_pkey PRIMARY KEY (kyc_event_id);

ALTER TABLE ONLY exchange.kyc_findings
    ADD CONSTRAINT kyc_findings_pkey PRIMARY KEY (case_id, rule);

ALTER TABLE ONLY exchange.kyc_levels
    ADD CONSTRAINT kyc_levels_name_key UNIQUE (name);

ALTER TABLE ONLY exchange.kyc_levels
    ADD CONSTRAINT kyc_levels_pkey PRIMARY KEY (level);

ALTER TABLE ONLY exchange.kyc_reasons
    ADD CONSTRAINT kyc_reasons_pkey PRIMARY KEY (reason);

ALTER TABLE ONLY exchange.kyc_rules
    ADD CONSTRAINT kyc_rules_pkey PRIMARY KEY (rule);

ALTER TABLE ONLY exchange.login_pauses
    ADD CONSTRAINT login_pauses_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY exchange.mail_requests
    ADD CONSTRAINT mail_requests_pkey PRIMARY KEY (mail_request_id);

ALTER TABLE ONLY exchange.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (mail_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_fee_account_id_key UNIQUE (fee_account_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (market_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_symbol_key UNIQUE (symbol);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_attempt_id_key UNIQUE (attempt_id);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_pkey PRIMARY KEY (network_cost_id);

ALTER TABLE ONLY exchange.order_keys
    ADD CONSTRAINT order_keys_pkey PRIMARY KEY (account_id, client_order_id);

ALTER TABLE ONLY exchange.order_updates
    ADD CONSTRAINT order_updates_pkey PRIMARY KEY (order_update_id, updated_at);

ALTER TABLE ONLY exchange.orders_closed
    ADD CONSTRAINT orders_closed_pkey PRIMARY KEY (order_id, closed_at);

ALTER TABLE ONLY exchange.orders_open
    ADD CONSTRAINT orders_open_pkey PRIMARY KEY (order_id);

ALTER TABLE ONLY exchange.passkeys
    ADD CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id);

ALTER TABLE ONLY exchange.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (passkey_id);

ALTER TABLE ONLY exchange.rate_usage
    ADD CONSTRAINT rate_usage_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY exchange.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (account_id, code_hash);

ALTER TABLE ONLY exchange.request_keys
    ADD CONSTRAINT request_keys_pkey PRIMARY KEY (account_id, request_key);

ALTER TABLE ONLY exchange.reserve_entries
    ADD CONSTRAINT reserve_entries_pkey PRIMARY KEY (reserve_entry_id);

ALTER TABLE ONLY exchange.sanctions
    ADD CONSTRAINT sanctions_pkey PRIMARY KEY (sanction_id);

ALTER TABLE ONLY exchange.schema_history
    ADD CONSTRAINT schema_history_pkey PRIMARY KEY (version);

ALTER TABLE ONLY exchange.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY exchange.sessions
    ADD CONSTRAINT sessions_session_id_key UNIQUE (session_id);

ALTER TABLE ONLY exchange.streams
    ADD CONSTRAINT streams_name_key UNIQUE (name);

ALTER TABLE ONLY exchange.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (stream_id);

ALTER TABLE ONLY exchange.totp_factors
    ADD CONSTRAINT totp_factors_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY exchange.trades
    ADD CONSTRAINT trades_pkey PRIMARY KEY (trade_id, traded_at);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (transfer_id);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_request_key_key UNIQUE (owner_account_id, request_key);

ALTER TABLE ONLY exchange.withdrawal_addresses
    ADD CONSTRAINT withdrawal_addresses_pkey PRIMARY KEY (withdrawal_address_id);

ALTER TABLE ONLY exchange.withdrawal_quotes
    ADD CONSTRAINT withdrawal_quotes_pkey PRIMARY KEY (quote_id);

ALTER TABLE ONLY exchange.withdrawal_reviews
    ADD CONSTRAINT withdrawal_reviews_pkey PRIMARY KEY (withdrawal_id, staff_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_pkey PRIMARY KEY (withdrawal_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_request_key_key UNIQUE (account_id, request_key);

ALTER TABLE ONLY proof.pages
    ADD CONSTRAINT pages_pkey PRIMARY KEY (proof_id, asset_id, page);

ALTER TABLE ONLY proof.proofs
    ADD CONSTRAINT proofs_pkey PRIMARY KEY (proof_id);

ALTER TABLE ONLY proof.reconciliations
    ADD CONSTRAINT reconciliations_pkey PRIMARY KEY (reconciliation_id);

ALTER TABLE ONLY proof.reserves
    ADD CONSTRAINT reserves_pkey PRIMARY KEY (proof_id, network_id, asset_id, holder);

ALTER TABLE ONLY proof.roots
    ADD CONSTRAINT roots_pkey PRIMARY KEY (proof_id, asset_id);

ALTER TABLE ONLY proof.signatures
    ADD CONSTRAINT signatures_pkey PRIMARY KEY (proof_id, network_id, signer, holder);

ALTER TABLE ONLY proof.statements
    ADD CONSTRAINT statements_pkey PRIMARY KEY (proof_id, network_id);

ALTER TABLE ONLY risk.account_lists
    ADD CONSTRAINT account_lists_pkey PRIMARY KEY (list, account_id);

ALTER TABLE ONLY risk.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (activity_id);

ALTER TABLE ONLY risk.blacklist
    ADD CONSTRAINT blacklist_pkey PRIMARY KEY (wallet);

ALTER TABLE ONLY risk.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY risk.kinds
    ADD CONSTRAINT kinds_pkey PRIMARY KEY (kind);

ALTER TABLE ONLY risk.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (account_id, linked_account_id);

ALTER TABLE ONLY risk.mail_domains
    ADD CONSTRAINT mail_domains_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY risk.networks
    ADD CONSTRAINT networks_pkey PRIMARY KEY (network);

ALTER TABLE ONLY risk.order_rules_state
    ADD CONSTRAINT order_rules_state_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY risk.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY risk.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (rule, version);

ALTER TABLE ONLY staff.actions
    ADD CONSTRAINT actions_pkey PRIMARY KEY (action);

ALTER TABLE ONLY staff.foundation
    ADD CONSTRAINT foundation_pkey PRIMARY KEY (foundation_id);

ALTER TABLE ONLY staff.members
    ADD CONSTRAINT members_email_key UNIQUE (email);

ALTER TABLE ONLY staff.members
    ADD CONSTRAINT members_invitation_hash_key UNIQUE (invitation_hash);

ALTER TABLE ONLY staff.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (staff_id);

ALTER TABLE ONLY staff.members
    ADD CONSTRAINT members_request_key_key UNIQUE (created_by, request_key);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_pkey PRIMARY KEY (proposal_id);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_request_key_key UNIQUE (proposed_by, request_key);

ALTER TABLE ONLY staff.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (staff_session_id);

ALTER TABLE ONLY staff.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

CREATE INDEX entries_action_idx ON audit.entries USING btree (action, entry_id);

CREATE INDEX entries_staff_id_idx ON audit.entries USING btree (staff_id, entry_id);

CREATE INDEX entries_subject_idx ON audit.entries USING btree (subject, entry_id);

CREATE INDEX attempts_block_height_idx ON chain.attempts USING btree (network_id, block_height) WHERE (block_height IS NOT NULL);

CREATE INDEX attempts_nonce_idx ON chain.attempts USING btree (network_id, from_script, nonce) WHERE (nonce IS NOT NULL);

CREATE INDEX attempts_open_idx ON chain.attempts USING btree (network_id, attempt_id) WHERE (state = ANY (ARRAY['unsigned'::text, 'signed'::text, 'broadcast'::text]));

CREATE UNIQUE INDEX blocks_active_key ON chain.blocks USING btree (network_id, height) WHERE is_active;

CREATE UNIQUE INDEX coins_native_key ON chain.coins USING btree (network_id) WHERE (contract IS NULL);

CREATE INDEX outputs_block_height_idx ON chain.outputs USING btree (network_id, block_height);

CREATE INDEX outputs_payment_id_idx ON chain.outputs USING btree (payment_id) WHERE (payment_id IS NOT NULL);

CREATE INDEX outputs_spent_height_idx ON chain.outputs USING btree (network_id, spent_height) WHERE (spent_height IS NOT NULL);

CREATE INDEX outputs_unspent_idx ON chain.outputs USING btree (network_id, wallet_id, address_id) WHERE (spent_txid IS NULL);

CREATE INDEX payment_items_deposit_id_idx ON chain.payment_items USING btree (deposit_id) WHERE (deposit_id IS NOT NULL);

CREATE INDEX payment_items_withdrawal_id_idx ON chain.payment_items USING btree (withdrawal_id) WHERE (withdrawal_id IS NOT NULL);

CREATE UNIQUE INDEX payments_cancel_key ON chain.payments USING btree (network_id, safe_nonce) WHERE (purpose = 'cancel'::text);

CREATE UNIQUE INDEX payments_cold_key ON chain.payments USING btree (network_id, asset_id) WHERE ((purpose = 'cold'::text) AND (ended_at IS NULL));

CREATE UNIQUE INDEX payments_from_address_key ON chain.payments USING btree (from_address_id) WHERE ((ended_at IS NULL) AND (from_address_id IS NOT NULL));

CREATE INDEX payments_open_idx ON chain.payments USING btree (network_id, payment_id) WHERE (ended_at IS NULL);

CREATE INDEX payments_planned_idx ON chain.payments USING btree (network_id, safe_nonce, payment_id) WHERE (state = 'planned'::text);

CREATE UNIQUE INDEX payments_refill_key ON chain.payments USING btree (network_id) WHERE ((purpose = 'refill'::text) AND (ended_at IS NULL));

CREATE UNIQUE INDEX payments_safe_nonce_key ON chain.payments USING btree (network_id, safe_nonce) WHERE ((safe_nonce IS NOT NULL) AND (purpose <> 'cancel'::text));

CREATE UNIQUE INDEX signings_once_key ON chain.signings USING btree (payment_id, COALESCE(attempt_id, (0)::bigint), signer, kind);

CREATE INDEX signings_waiting_idx ON chain.signings USING btree (signer, signing_id) WHERE (state = 'waiting'::text);

CREATE INDEX account_tokens_account_id_idx ON exchange.account_tokens USING btree (account_id, created_at);

CREATE INDEX account_tokens_expires_at_idx ON exchange.account_tokens USING btree (expires_at);

CREATE INDEX accounts_email_prefix_idx ON exchange.accounts USING btree (email COLLATE "C");

CREATE UNIQUE INDEX accounts_house_key ON exchange.accounts USING btree (role) WHERE (role = ANY (ARRAY['withdrawal_fees'::text, 'debts'::text, 'costs'::text, 'capital'::text]));

CREATE INDEX accounts_kyc_expires_on_idx ON exchange.accounts USING btree (kyc_expires_on) WHERE (kyc_expires_on IS NOT NULL);

CREATE UNIQUE INDEX accounts_parent_account_id_label_key ON exchange.accounts USING btree (parent_account_id, label) WHERE (parent_account_id IS NOT NULL);

CREATE INDEX adjustments_account_id_idx ON exchange.adjustments USING btree (account_id, asset_id, adjusted_at);

CREATE INDEX adjustments_counter_account_id_idx ON exchange.adjustments USING btree (counter_account_id, asset_id, adjusted_at);

CREATE INDEX cancel_deadlines_due_at_idx ON exchange.cancel_deadlines USING btree (due_at);

CREATE INDEX ceremonies_account_id_idx ON exchange.ceremonies USING btree (account_id, created_at);

CREATE INDEX ceremonies_expires_at_idx ON exchange.ceremonies USING btree (expires_at);

CREATE INDEX deposit_entries_account_id_idx ON exchange.deposit_entries USING btree (account_id, asset_id, occurred_at);

CREATE INDEX deposit_entries_debts_idx ON exchange.deposit_entries USING btree (account_id, asset_id) WHERE (debt_amount <> (0)::numeric);

CREATE INDEX deposit_entries_deposit_id_idx ON exchange.deposit_entries USING btree (deposit_id);

CREATE INDEX deposits_account_id_idx ON exchange.deposits USING btree (account_id, deposit_id);

CREATE INDEX deposits_address_id_idx ON exchange.deposits USING btree (address_id);

CREATE INDEX deposits_block_height_idx ON exchange.deposits USING btree (network_id, block_height) WHERE (block_height IS NOT NULL);

CREATE INDEX deposits_open_idx ON exchange.deposits USING btree (network_id, block_height) WHERE (state = ANY (ARRAY['seen'::text, 'pending'::text, 'suspicious'::text]));

CREATE INDEX deposits_stopped_idx ON exchange.deposits USING btree (state, deposit_id) WHERE (state = ANY (ARRAY['suspicious'::text, 'refunding'::text, 'refunded'::text, 'orphaned'::text]));

CREATE INDEX devices_account_id_idx ON exchange.devices USING btree (account_id, last_seen_at);

CREATE INDEX kyc_cases_account_id_idx ON exchange.kyc_cases USING btree (account_id, case_id);

CREATE INDEX kyc_cases_document_idx ON exchange.kyc_cases USING btree (issuer, document_number);

CREATE INDEX kyc_cases_manual_idx ON exchange.kyc_cases USING btree (case_id) WHERE (state = 'manual'::text);

CREATE INDEX kyc_cases_next_review_at_idx ON exchange.kyc_cases USING btree (next_review_at) WHERE (next_review_at IS NOT NULL);

CREATE UNIQUE INDEX kyc_cases_open_idx ON exchange.kyc_cases USING btree (account_id) WHERE (state = ANY (ARRAY['submitted'::text, 'provider'::text, 'manual'::text]));

CREATE INDEX kyc_documents_digest_idx ON exchange.kyc_documents USING btree (((facts ->> 'digest'::text)));

CREATE INDEX kyc_events_case_id_idx ON exchange.kyc_events USING btree (case_id, kyc_event_id);

CREATE INDEX login_pauses_last_attempt_at_idx ON exchange.login_pauses USING btree (last_attempt_at);

CREATE INDEX mail_requests_account_id_idx ON exchange.mail_requests USING btree (account_id, mail_request_id);

CREATE INDEX mail_requests_address_idx ON exchange.mail_requests USING btree (address, requested_at);

CREATE INDEX mail_requests_requested_at_idx ON exchange.mail_requests USING btree (requested_at);

CREATE INDEX mail_requests_waiting_idx ON exchange.mail_requests USING btree (mail_request_id) WHERE (answered_at IS NULL);

CREATE INDEX mails_account_id_idx ON exchange.mails USING btree (account_id, requested_at);

CREATE INDEX mails_next_attempt_at_idx ON exchange.mails USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX mails_recipient_idx ON exchange.mails USING btree (recipient, requested_at);

CREATE INDEX order_updates_order_id_idx ON ONLY exchange.order_updates USING btree (order_id);

CREATE INDEX orders_closed_account_id_idx ON ONLY exchange.orders_closed USING btree (account_id, order_id);

CREATE INDEX orders_open_account_id_idx ON exchange.orders_open USING btree (account_id, order_id);

CREATE INDEX passkeys_account_id_idx ON exchange.passkeys USING btree (account_id);

CREATE INDEX request_keys_created_at_idx ON exchange.request_keys USING btree (created_at);

CREATE INDEX reserve_entries_block_height_idx ON exchange.reserve_entries USING btree (network_id, block_height);

CREATE INDEX reserve_entries_txid_idx ON exchange.reserve_entries USING btree (network_id, txid, "position");

CREATE INDEX sanctions_list_idx ON exchange.sanctions USING btree (list);

CREATE INDEX sanctions_plain_name_idx ON exchange.sanctions USING gin (plain_name public.gin_trgm_ops);

CREATE INDEX sessions_account_id_idx ON exchange.sessions USING btree (account_id, created_at);

CREATE INDEX sessions_device_id_idx ON exchange.sessions USING btree (device_id) WHERE (device_id IS NOT NULL);

CREATE INDEX sessions_expires_at_idx ON exchange.sessions USING btree (expires_at);

CREATE INDEX trades_maker_account_id_idx ON ONLY exchange.trades USING btree (maker_account_id, trade_id);

CREATE INDEX trades_taker_account_id_idx ON ONLY exchange.trades USING btree (taker_account_id, trade_id);

CREATE INDEX transfers_from_account_id_idx ON exchange.transfers USING btree (from_account_id, asset_id, transferred_at);

CREATE INDEX transfers_to_account_id_idx ON exchange.transfers USING btree (to_account_id, asset_id, transferred_at);

CREATE UNIQUE INDEX withdrawal_addresses_script_key ON exchange.withdrawal_addresses USING btree (account_id, network_id, script) WHERE (removed_at IS NULL);

CREATE INDEX withdrawal_quotes_expires_at_idx ON exchange.withdrawal_quotes USING btree (expires_at);

CREATE INDEX withdrawals_account_id_idx ON exchange.withdrawals USING btree (account_id, withdrawal_id);

CREATE INDEX withdrawals_activity_id_idx ON exchange.withdrawals USING btree (activity_id);

CREATE INDEX withdrawals_internal_account_id_idx ON exchange.withdrawals USING btree (internal_account_id, withdrawal_id) WHERE (internal_account_id IS NOT NULL);

CREATE INDEX withdrawals_ledger_idx ON exchange.withdrawals USING btree (account_id, asset_id, ended_at, withdrawal_id) WHERE (state = 'confirmed'::text);

CREATE INDEX withdrawals_open_idx ON exchange.withdrawals USING btree (state, withdrawal_id) WHERE (ended_at IS NULL);

CREATE INDEX withdrawals_payment_id_idx ON exchange.withdrawals USING btree (payment_id) WHERE (payment_id IS NOT NULL);

CREATE INDEX withdrawals_received_idx ON exchange.withdrawals USING btree (internal_account_id, asset_id, ended_at, withdrawal_id) WHERE ((state = 'confirmed'::text) AND (internal_account_id IS NOT NULL));

CREATE UNIQUE INDEX pages_first_salt_key ON proof.pages USING btree (proof_id, asset_id, first_salt);

CREATE INDEX reconciliations_coin_idx ON proof.reconciliations USING btree (network_id, asset_id, reconciliation_id);

CREATE INDEX reconciliations_compared_at_idx ON proof.reconciliations USING btree (compared_at);

CREATE INDEX activities_account_id_idx ON risk.activities USING btree (account_id, point, occurred_at);

CREATE INDEX activities_device_idx ON risk.activities USING btree (device, point, occurred_at) WHERE (device IS NOT NULL);

CREATE INDEX activities_network_idx ON risk.activities USING btree (network, point, occurred_at) WHERE (network IS NOT NULL);

CREATE INDEX activities_point_idx ON risk.activities USING btree (point, occurred_at);

CREATE INDEX activities_wallet_idx ON risk.activities USING btree (account_id, wallet, occurred_at) WHERE (wallet IS NOT NULL);

CREATE INDEX events_account_id_idx ON risk.events USING btree (account_id, event_id);

CREATE INDEX events_activity_id_idx ON risk.events USING btree (activity_id) WHERE (activity_id IS NOT NULL);

CREATE INDEX events_rule_idx ON risk.events USING btree (rule, event_id);

CREATE INDEX events_waiting_idx ON risk.events USING btree (event_id) WHERE (action = ANY (ARRAY['review'::text, 'hold'::text]));

CREATE INDEX links_linked_account_id_idx ON risk.links USING btree (linked_account_id);

CREATE INDEX networks_network_idx ON risk.networks USING gist (network inet_ops);

CREATE UNIQUE INDEX rules_current_key ON risk.rules USING btree (rule) WHERE (valid_until IS NULL);

CREATE INDEX rules_point_idx ON risk.rules USING btree (point) WHERE (valid_until IS NULL);

CREATE INDEX proposals_pending_idx ON staff.proposals USING btree (proposed_by) WHERE (state = 'pending'::text);

CREATE INDEX sessions_staff_id_idx ON staff.sessions USING btree (staff_id) WHERE (ended_at IS NULL);

CREATE OR REPLACE VIEW reporting.market_totals AS
 SELECT m.symbol AS market,
    m.status,
    count(t.trade_id) AS trades,
    COALESCE(sum(t.quantity), (0)::numeric) AS base_volume,
    COALESCE(sum(t.quote_amount), (0)::numeric) AS quote_volume,
    min(t.traded_at) AS first_trade_at,
    max(t.traded_at) AS last_trade_at
   FROM (exchange.markets m
     LEFT JOIN exchange.trades t ON ((t.market_id = m.market_id)))
  GROUP BY m.market_id;

CREATE TRIGGER entries_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.entries FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_only_added;

CREATE TRIGGER links_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.links FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

ALTER TABLE audit.links ENABLE ALWAYS TRIGGER links_only_added;

CREATE TRIGGER coins_check BEFORE INSERT OR UPDATE ON chain.coins FOR EACH ROW EXECUTE FUNCTION chain.check_coin();

CREATE TRIGGER markets_check BEFORE INSERT OR UPDATE ON exchange.markets FOR EACH ROW EXECUTE FUNCTION exchange.check_market();

CREATE TRIGGER markets_tell AFTER INSERT OR DELETE OR UPDATE ON exchange.markets FOR EACH ROW EXECUTE FUNCTION exchange.tell_market();

CREATE TRIGGER account_lists_tell AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON risk.account_lists FOR EACH STATEMENT EXECUTE FUNCTION risk.tell_servers();

CREATE TRIGGER links_mark AFTER INSERT ON risk.links FOR EACH ROW EXECUTE FUNCTION risk.mark_linked();

CREATE TRIGGER rules_check BEFORE INSERT OR DELETE OR UPDATE ON risk.rules FOR EACH ROW EXECUTE FUNCTION risk.check_rule();

CREATE TRIGGER rules_tell AFTER INSERT OR DELETE OR UPDATE ON risk.rules FOR EACH STATEMENT EXECUTE FUNCTION risk.tell_servers();

ALTER TABLE ONLY audit.entries
    ADD CONSTRAINT entries_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY chain.addresses
    ADD CONSTRAINT addresses_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY chain.addresses
    ADD CONSTRAINT addresses_coin_fkey FOREIGN KEY (asset_id, network_id) REFERENCES chain.coins(asset_id, network_id);

ALTER TABLE ONLY chain.attempts
    ADD CONSTRAINT attempts_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.attempts
    ADD CONSTRAINT attempts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES chain.payments(payment_id);

ALTER TABLE ONLY chain.blocks
    ADD CONSTRAINT blocks_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.coins
    ADD CONSTRAINT coins_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY chain.coins
    ADD CONSTRAINT coins_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.fee_hours
    ADD CONSTRAINT fee_hours_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.fee_samples
    ADD CONSTRAINT fee_samples_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.nonces
    ADD CONSTRAINT nonces_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.outputs
    ADD CONSTRAINT outputs_address_id_fkey FOREIGN KEY (address_id) REFERENCES chain.addresses(address_id);

ALTER TABLE ONLY chain.outputs
    ADD CONSTRAINT outputs_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.outputs
    ADD CONSTRAINT outputs_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES chain.payments(payment_id);

ALTER TABLE ONLY chain.outputs
    ADD CONSTRAINT outputs_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES chain.wallets(wallet_id);

ALTER TABLE ONLY chain.payment_items
    ADD CONSTRAINT payment_items_deposit_id_fkey FOREIGN KEY (deposit_id) REFERENCES exchange.deposits(deposit_id);

ALTER TABLE ONLY chain.payment_items
    ADD CONSTRAINT payment_items_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES chain.payments(payment_id);

ALTER TABLE ONLY chain.payment_items
    ADD CONSTRAINT payment_items_withdrawal_id_fkey FOREIGN KEY (withdrawal_id) REFERENCES exchange.withdrawals(withdrawal_id);

ALTER TABLE ONLY chain.payments
    ADD CONSTRAINT payments_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY chain.payments
    ADD CONSTRAINT payments_from_address_id_fkey FOREIGN KEY (from_address_id) REFERENCES chain.addresses(address_id);

ALTER TABLE ONLY chain.payments
    ADD CONSTRAINT payments_from_wallet_id_fkey FOREIGN KEY (from_wallet_id) REFERENCES chain.wallets(wallet_id);

ALTER TABLE ONLY chain.payments
    ADD CONSTRAINT payments_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY chain.signings
    ADD CONSTRAINT signings_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES chain.attempts(attempt_id);

ALTER TABLE ONLY chain.signings
    ADD CONSTRAINT signings_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES chain.payments(payment_id);

ALTER TABLE ONLY chain.signings
    ADD CONSTRAINT signings_withdrawal_id_fkey FOREIGN KEY (withdrawal_id) REFERENCES exchange.withdrawals(withdrawal_id);

ALTER TABLE ONLY chain.wallets
    ADD CONSTRAINT wallets_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY exchange.account_tokens
    ADD CONSTRAINT account_tokens_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.accounts
    ADD CONSTRAINT accounts_fee_tier_id_fkey FOREIGN KEY (fee_tier_id) REFERENCES exchange.fee_tiers(fee_tier_id);

ALTER TABLE ONLY exchange.accounts
    ADD CONSTRAINT accounts_kyc_level_fkey FOREIGN KEY (kyc_level) REFERENCES exchange.kyc_levels(level);

ALTER TABLE ONLY exchange.accounts
    ADD CONSTRAINT accounts_parent_account_id_fkey FOREIGN KEY (parent_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.adjustments
    ADD CONSTRAINT adjustments_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.adjustments
    ADD CONSTRAINT adjustments_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.adjustments
    ADD CONSTRAINT adjustments_counter_account_id_fkey FOREIGN KEY (counter_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.api_keys
    ADD CONSTRAINT api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.api_keys
    ADD CONSTRAINT api_keys_made_by_account_id_fkey FOREIGN KEY (made_by_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.cancel_deadlines
    ADD CONSTRAINT cancel_deadlines_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.candle_positions
    ADD CONSTRAINT candle_positions_market_id_fkey FOREIGN KEY (market_id) REFERENCES exchange.markets(market_id);

ALTER TABLE ONLY exchange.candles
    ADD CONSTRAINT candles_market_id_fkey FOREIGN KEY (market_id) REFERENCES exchange.markets(market_id);

ALTER TABLE ONLY exchange.ceremonies
    ADD CONSTRAINT ceremonies_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_debts_account_id_fkey FOREIGN KEY (debts_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_deposit_id_fkey FOREIGN KEY (deposit_id) REFERENCES exchange.deposits(deposit_id);

ALTER TABLE ONLY exchange.deposit_entries
    ADD CONSTRAINT deposit_entries_external_account_id_fkey FOREIGN KEY (external_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.deposit_refunds
    ADD CONSTRAINT deposit_refunds_deposit_id_fkey FOREIGN KEY (deposit_id) REFERENCES exchange.deposits(deposit_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES risk.activities(activity_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_address_id_fkey FOREIGN KEY (address_id) REFERENCES chain.addresses(address_id);

ALTER TABLE ONLY exchange.deposits
    ADD CONSTRAINT deposits_coin_fkey FOREIGN KEY (asset_id, network_id) REFERENCES chain.coins(asset_id, network_id);

ALTER TABLE ONLY exchange.devices
    ADD CONSTRAINT devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.factor_failures
    ADD CONSTRAINT factor_failures_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_first_approved_by_fkey FOREIGN KEY (first_approved_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY exchange.kyc_cases
    ADD CONSTRAINT kyc_cases_level_fkey FOREIGN KEY (level) REFERENCES exchange.kyc_levels(level);

ALTER TABLE ONLY exchange.kyc_documents
    ADD CONSTRAINT kyc_documents_case_id_fkey FOREIGN KEY (case_id) REFERENCES exchange.kyc_cases(case_id);

ALTER TABLE ONLY exchange.kyc_events
    ADD CONSTRAINT kyc_events_case_id_fkey FOREIGN KEY (case_id) REFERENCES exchange.kyc_cases(case_id);

ALTER TABLE ONLY exchange.kyc_events
    ADD CONSTRAINT kyc_events_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY exchange.kyc_findings
    ADD CONSTRAINT kyc_findings_case_id_fkey FOREIGN KEY (case_id) REFERENCES exchange.kyc_cases(case_id);

ALTER TABLE ONLY exchange.kyc_findings
    ADD CONSTRAINT kyc_findings_rule_fkey FOREIGN KEY (rule) REFERENCES exchange.kyc_rules(rule);

ALTER TABLE ONLY exchange.kyc_rules
    ADD CONSTRAINT kyc_rules_reason_fkey FOREIGN KEY (reason) REFERENCES exchange.kyc_reasons(reason);

ALTER TABLE ONLY exchange.mail_requests
    ADD CONSTRAINT mail_requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.mails
    ADD CONSTRAINT mails_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_base_asset_id_fkey FOREIGN KEY (base_asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_fee_account_id_fkey FOREIGN KEY (fee_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.markets
    ADD CONSTRAINT markets_quote_asset_id_fkey FOREIGN KEY (quote_asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES chain.attempts(attempt_id);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_costs_account_id_fkey FOREIGN KEY (costs_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.network_costs
    ADD CONSTRAINT network_costs_external_account_id_fkey FOREIGN KEY (external_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.passkeys
    ADD CONSTRAINT passkeys_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.recovery_codes
    ADD CONSTRAINT recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.reserve_entries
    ADD CONSTRAINT reserve_entries_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.reserve_entries
    ADD CONSTRAINT reserve_entries_capital_account_id_fkey FOREIGN KEY (capital_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.reserve_entries
    ADD CONSTRAINT reserve_entries_external_account_id_fkey FOREIGN KEY (external_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.reserve_entries
    ADD CONSTRAINT reserve_entries_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES chain.wallets(wallet_id);

ALTER TABLE ONLY exchange.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.sessions
    ADD CONSTRAINT sessions_device_id_fkey FOREIGN KEY (device_id) REFERENCES exchange.devices(device_id) ON DELETE SET NULL;

ALTER TABLE ONLY exchange.totp_factors
    ADD CONSTRAINT totp_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_from_account_id_fkey FOREIGN KEY (from_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_owner_account_id_fkey FOREIGN KEY (owner_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.transfers
    ADD CONSTRAINT transfers_to_account_id_fkey FOREIGN KEY (to_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawal_addresses
    ADD CONSTRAINT withdrawal_addresses_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawal_addresses
    ADD CONSTRAINT withdrawal_addresses_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY exchange.withdrawal_quotes
    ADD CONSTRAINT withdrawal_quotes_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawal_quotes
    ADD CONSTRAINT withdrawal_quotes_coin_fkey FOREIGN KEY (asset_id, network_id) REFERENCES chain.coins(asset_id, network_id);

ALTER TABLE ONLY exchange.withdrawal_reviews
    ADD CONSTRAINT withdrawal_reviews_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY exchange.withdrawal_reviews
    ADD CONSTRAINT withdrawal_reviews_withdrawal_id_fkey FOREIGN KEY (withdrawal_id) REFERENCES exchange.withdrawals(withdrawal_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES risk.activities(activity_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_coin_fkey FOREIGN KEY (asset_id, network_id) REFERENCES chain.coins(asset_id, network_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_external_account_id_fkey FOREIGN KEY (external_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_fees_account_id_fkey FOREIGN KEY (fees_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_internal_account_id_fkey FOREIGN KEY (internal_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES chain.payments(payment_id);

ALTER TABLE ONLY exchange.withdrawals
    ADD CONSTRAINT withdrawals_quote_id_fkey FOREIGN KEY (quote_id) REFERENCES exchange.withdrawal_quotes(quote_id) ON DELETE SET NULL;

ALTER TABLE ONLY proof.pages
    ADD CONSTRAINT pages_root_fkey FOREIGN KEY (proof_id, asset_id) REFERENCES proof.roots(proof_id, asset_id);

ALTER TABLE ONLY proof.reconciliations
    ADD CONSTRAINT reconciliations_coin_fkey FOREIGN KEY (asset_id, network_id) REFERENCES chain.coins(asset_id, network_id);

ALTER TABLE ONLY proof.reserves
    ADD CONSTRAINT reserves_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY proof.reserves
    ADD CONSTRAINT reserves_statement_fkey FOREIGN KEY (proof_id, network_id) REFERENCES proof.statements(proof_id, network_id);

ALTER TABLE ONLY proof.roots
    ADD CONSTRAINT roots_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY proof.roots
    ADD CONSTRAINT roots_proof_id_fkey FOREIGN KEY (proof_id) REFERENCES proof.proofs(proof_id);

ALTER TABLE ONLY proof.signatures
    ADD CONSTRAINT signatures_statement_fkey FOREIGN KEY (proof_id, network_id) REFERENCES proof.statements(proof_id, network_id);

ALTER TABLE ONLY proof.statements
    ADD CONSTRAINT statements_network_id_fkey FOREIGN KEY (network_id) REFERENCES chain.networks(network_id);

ALTER TABLE ONLY proof.statements
    ADD CONSTRAINT statements_proof_id_fkey FOREIGN KEY (proof_id) REFERENCES proof.proofs(proof_id);

ALTER TABLE ONLY risk.account_lists
    ADD CONSTRAINT account_lists_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY risk.activities
    ADD CONSTRAINT activities_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY risk.activities
    ADD CONSTRAINT activities_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES exchange.assets(asset_id);

ALTER TABLE ONLY risk.events
    ADD CONSTRAINT events_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES risk.activities(activity_id);

ALTER TABLE ONLY risk.events
    ADD CONSTRAINT events_rule_fkey FOREIGN KEY (rule, version) REFERENCES risk.rules(rule, version);

ALTER TABLE ONLY risk.links
    ADD CONSTRAINT links_account_id_fkey FOREIGN KEY (account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY risk.links
    ADD CONSTRAINT links_linked_account_id_fkey FOREIGN KEY (linked_account_id) REFERENCES exchange.accounts(account_id);

ALTER TABLE ONLY risk.reviews
    ADD CONSTRAINT reviews_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY risk.reviews
    ADD CONSTRAINT reviews_event_id_fkey FOREIGN KEY (event_id) REFERENCES risk.events(event_id);

ALTER TABLE ONLY risk.rules
    ADD CONSTRAINT rules_kind_fkey FOREIGN KEY (kind) REFERENCES risk.kinds(kind);

ALTER TABLE ONLY risk.rules
    ADD CONSTRAINT rules_published_by_fkey FOREIGN KEY (published_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY staff.foundation
    ADD CONSTRAINT foundation_founder_id_fkey FOREIGN KEY (founder_id) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY staff.members
    ADD CONSTRAINT members_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_action_fkey FOREIGN KEY (action) REFERENCES staff.actions(action);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_decider_session_id_fkey FOREIGN KEY (decider_session_id) REFERENCES staff.sessions(staff_session_id);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES staff.members(staff_id);

ALTER TABLE ONLY staff.proposals
    ADD CONSTRAINT proposals_proposer_session_id_fkey FOREIGN KEY (proposer_session_id) REFERENCES staff.sessions(staff_session_id);

ALTER TABLE ONLY staff.sessions
    ADD CONSTRAINT sessions_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff.members(staff_id);

ALTER TABLE chain.addresses ENABLE ROW LEVEL SECURITY;

CREATE POLICY addresses_all ON chain.addresses FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY addresses_own ON chain.addresses FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.adjustments ENABLE ROW LEVEL SECURITY;

CREATE POLICY adjustments_all ON exchange.adjustments FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY adjustments_own ON exchange.adjustments FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.balances ENABLE ROW LEVEL SECURITY;

CREATE POLICY balances_all ON exchange.balances FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY balances_own ON exchange.balances FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.deposit_entries ENABLE ROW LEVEL SECURITY;

CREATE POLICY deposit_entries_all ON exchange.deposit_entries FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY deposit_entries_own ON exchange.deposit_entries FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.deposits ENABLE ROW LEVEL SECURITY;

CREATE POLICY deposits_all ON exchange.deposits FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY deposits_own ON exchange.deposits FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.network_costs ENABLE ROW LEVEL SECURITY;

CREATE POLICY network_costs_all ON exchange.network_costs FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY network_costs_own ON exchange.network_costs FOR SELECT TO exchange_api USING (false);

ALTER TABLE exchange.order_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY order_keys_all ON exchange.order_keys FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY order_keys_own ON exchange.order_keys FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.order_updates ENABLE ROW LEVEL SECURITY;

CREATE POLICY order_updates_all ON exchange.order_updates FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY order_updates_own ON exchange.order_updates FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.orders ENABLE ROW LEVEL SECURITY;

CREATE POLICY orders_all ON exchange.orders FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY orders_own ON exchange.orders FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.reserve_entries ENABLE ROW LEVEL SECURITY;

CREATE POLICY reserve_entries_all ON exchange.reserve_entries FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY reserve_entries_own ON exchange.reserve_entries FOR SELECT TO exchange_api USING (false);

ALTER TABLE exchange.trades ENABLE ROW LEVEL SECURITY;

CREATE POLICY trades_all ON exchange.trades FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY trades_own ON exchange.trades FOR SELECT TO exchange_api USING (((maker_account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint) OR (taker_account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint)));

ALTER TABLE exchange.transfers ENABLE ROW LEVEL SECURITY;

CREATE POLICY transfers_all ON exchange.transfers FOR SELECT TO exchange_worker, exchange_analyst USING (true);

CREATE POLICY transfers_own ON exchange.transfers FOR SELECT TO exchange_api USING (((from_account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint) OR (to_account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint)));

ALTER TABLE exchange.withdrawal_addresses ENABLE ROW LEVEL SECURITY;

CREATE POLICY withdrawal_addresses_all ON exchange.withdrawal_addresses FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY withdrawal_addresses_own ON exchange.withdrawal_addresses FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.withdrawal_quotes ENABLE ROW LEVEL SECURITY;

CREATE POLICY withdrawal_quotes_all ON exchange.withdrawal_quotes FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY withdrawal_quotes_own ON exchange.withdrawal_quotes FOR SELECT TO exchange_api USING ((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint));

ALTER TABLE exchange.withdrawals ENABLE ROW LEVEL SECURITY;

CREATE POLICY withdrawals_all ON exchange.withdrawals FOR SELECT TO exchange_worker, exchange_signer_a, exchange_signer_b, exchange_analyst USING (true);

CREATE POLICY withdrawals_own ON exchange.withdrawals FOR SELECT TO exchange_api USING (((account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint) OR (internal_account_id = (NULLIF(current_setting('exchange.account_id'::text, true), ''::text))::bigint)));

GRANT USAGE ON SCHEMA audit TO exchange_api;
GRANT USAGE ON SCHEMA audit TO exchange_worker;
GRANT USAGE ON SCHEMA audit TO exchange_analyst;

GRANT USAGE ON SCHEMA chain TO exchange_api;
GRANT USAGE ON SCHEMA chain TO exchange_worker;
GRANT USAGE ON SCHEMA chain TO exchange_analyst;
GRANT USAGE ON SCHEMA chain TO exchange_signer_a;
GRANT USAGE ON SCHEMA chain TO exchange_signer_b;

GRANT USAGE ON SCHEMA checks TO exchange_worker;
GRANT USAGE ON SCHEMA checks TO exchange_analyst;

GRANT USAGE ON SCHEMA exchange TO exchange_api;
GRANT USAGE ON SCHEMA exchange TO exchange_worker;
GRANT USAGE ON SCHEMA exchange TO exchange_analyst;
GRANT USAGE ON SCHEMA exchange TO exchange_signer_a;
GRANT USAGE ON SCHEMA exchange TO exchange_signer_b;

GRANT USAGE ON SCHEMA proof TO exchange_api;
GRANT USAGE ON SCHEMA proof TO exchange_worker;
GRANT USAGE ON SCHEMA proof TO exchange_analyst;
GRANT USAGE ON SCHEMA proof TO exchange_signer_a;
GRANT USAGE ON SCHEMA proof TO exchange_signer_b;

GRANT USAGE ON SCHEMA reporting TO exchange_worker;
GRANT USAGE ON SCHEMA reporting TO exchange_analyst;

GRANT USAGE ON SCHEMA risk TO exchange_analyst;
GRANT USAGE ON SCHEMA risk TO exchange_api;
GRANT USAGE ON SCHEMA risk TO exchange_worker;

GRANT USAGE ON SCHEMA staff TO exchange_api;
GRANT USAGE ON SCHEMA staff TO exchange_worker;
GRANT USAGE ON SCHEMA staff TO exchange_analyst;

GRANT SELECT ON TABLE audit.entries TO exchange_worker;
GRANT SELECT ON TABLE audit.entries TO exchange_analyst;

REVOKE ALL ON FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) TO exchange_worker;
GRANT ALL ON FUNCTION audit.entry_hash(previous bytea, link_number bigint, entry audit.entries) TO exchange_analyst;

REVOKE ALL ON FUNCTION audit.link_entries(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.link_entries(at_most integer) TO exchange_worker;

REVOKE ALL ON FUNCTION audit.list_entries(staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_entries(staff_session_id bigint, before_entry_id bigint, of_staff_id bigint, of_action text, of_subject text, at_most integer) TO exchange_api;

REVOKE ALL ON FUNCTION audit.record(staff_id bigint, action text, subject text, detail jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.verify_chain(from_link bigint, known_link bigint, known_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.verify_chain(from_link bigint, known_link bigint, known_hash bytea) TO exchange_worker;
GRANT ALL ON FUNCTION audit.verify_chain(from_link bigint, known_link bigint, known_hash bytea) TO exchange_analyst;

REVOKE ALL ON FUNCTION chain.add_attempt(payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.add_attempt(payment_id bigint, from_script bytea, nonce bigint, unsigned bytea, fee_rate text, fee_atoms text, signings text[]) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.add_payment(network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint, safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.add_payment(network_id integer, purpose text, asset_id integer, atoms text, from_wallet text, from_address_id bigint, safe_nonce bigint, identity_hash bytea, plan jsonb, items jsonb) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.add_wallet(network text, role text, address text, script bytea, descriptor text) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) TO exchange_worker;
GRANT ALL ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) TO exchange_analyst;
GRANT ALL ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.amount_of_atoms(atoms text, scale integer) TO exchange_signer_b;

REVOKE ALL ON FUNCTION chain.approved_withdrawals(network_id integer, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.approved_withdrawals(network_id integer, most integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.atoms(amount numeric, scale integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.atoms(amount numeric, scale integer) TO exchange_worker;
GRANT ALL ON FUNCTION chain.atoms(amount numeric, scale integer) TO exchange_analyst;
GRANT ALL ON FUNCTION chain.atoms(amount numeric, scale integer) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.atoms(amount numeric, scale integer) TO exchange_signer_b;

REVOKE ALL ON FUNCTION chain.begin_attempt(payment_id bigint, number integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.begin_attempt(payment_id bigint, number integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.book_costs(payment_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.book_transfers(network_id integer, heights bigint[], hashes bytea[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.cancel_refill(payment_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.check_coin() FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.confirm_deposits(network_id integer, limit_deposits integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.confirm_deposits(network_id integer, limit_deposits integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.create_coin(asset text, network text, contract bytea, confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, review_above numeric, second_review_above numeric, fee_units integer, fee_floor numeric, fee_ceiling numeric, sweep_above numeric, hot_floor numeric, hot_ceiling numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.create_network(network_id integer, name text, family text, chain text, first_height bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.drop_refused_payments(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.drop_refused_payments(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.end_failed_payment(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.end_failed_payment(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.end_payment(payment_id bigint, reason text, refunded bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.fail_conflicts(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.fail_conflicts(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.fail_payment(payment_id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.fail_payment(payment_id bigint, reason text) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.final_payments(network_id integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.finish_refund(deposit_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.forget_transactions(network_id integer, tip_hash bytea, txids bytea[]) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.free_outputs(network_id integer, kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.free_outputs(network_id integer, kind text) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.gathered(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.gathered(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.judged_items(payment_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.judged_items(payment_id bigint) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.judged_items(payment_id bigint) TO exchange_signer_b;

REVOKE ALL ON FUNCTION chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.listed_contracts(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.listed_contracts(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.match_spent_outputs(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.match_spent_outputs(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.match_transfers(network_id integer, block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.measure_quiet_hours() FROM PUBLIC;
GRANT ALL ON FUNCTION chain.measure_quiet_hours() TO exchange_worker;

REVOKE ALL ON FUNCTION chain.meet_node(network text, family text, chain text, genesis_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.meet_node(network text, family text, chain text, genesis_hash bytea) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.note_broadcast(attempt_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.note_broadcast(attempt_id bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.note_hot_balance(network_id integer, asset_id integer, atoms text) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.note_hot_balance(network_id integer, asset_id integer, atoms text) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.note_mined(attempt_id bigint, block_hash bytea, block_height bigint, outcome text, fee_atoms text) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.note_replaced(attempt_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.note_replaced(attempt_id bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.put_signature(signing_id bigint, signature bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.put_signature(signing_id bigint, signature bytea) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.put_signature(signing_id bigint, signature bytea) TO exchange_signer_b;

REVOKE ALL ON FUNCTION chain.read_blocks(network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[], spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.read_blocks(network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[], block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[], spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[]) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.refuse_signing(signing_id bigint, refusal text, withdrawal_id bigint) TO exchange_signer_b;

REVOKE ALL ON FUNCTION chain.reopen_attempts(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.reopen_attempts(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.reorganise(network_id integer, tip_hash bytea, fork_height bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.reserve_outputs(payment_id bigint, txids bytea[], output_indexes integer[]) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.sample_fee(network_id integer, rate numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.sample_fee(network_id integer, rate numeric) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.see_transfers(network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.see_transfers(network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[]) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.seen_transactions(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.seen_transactions(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.settle_payments(network_id integer, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.settle_payments(network_id integer, most integer) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.sign_refill(payment_id bigint, signatures bytea[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.store_raw(attempt_id bigint, raw bytea, txid bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.store_raw(attempt_id bigint, raw bytea, txid bytea) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.take_nonce(network_id integer, script bytea, at_least bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.take_nonce(network_id integer, script bytea, at_least bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION chain.tell_deposits(deposit_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION chain.tip_height(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION chain.tip_height(network_id integer) TO exchange_api;
GRANT ALL ON FUNCTION chain.tip_height(network_id integer) TO exchange_worker;
GRANT ALL ON FUNCTION chain.tip_height(network_id integer) TO exchange_analyst;
GRANT ALL ON FUNCTION chain.tip_height(network_id integer) TO exchange_signer_a;
GRANT ALL ON FUNCTION chain.tip_height(network_id integer) TO exchange_signer_b;

REVOKE ALL ON FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) TO exchange_api;
GRANT ALL ON FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.account_statement(account_id bigint, from_time timestamp with time zone, to_time timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.add_device(account_id bigint, token_hash bytea, address inet, user_agent text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.add_mail_token(mail_id bigint, purpose text, token_hash bytea) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.add_passkey(account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb, code_hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.add_passkey(account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb, code_hashes bytea[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.add_withdrawal_address(account_id bigint, session_id bigint, network text, address text, script bytea, label text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.add_withdrawal_address(account_id bigint, session_id bigint, network text, address text, script bytea, label text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.adjust_balance(account_id bigint, asset text, amount numeric, reason text, idempotency_key text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.advance_candles(market_id integer, limit_trades integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.advance_candles(market_id integer, limit_trades integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.answer_kyc_provider(reference text, score integer, detail text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.answer_kyc_provider(reference text, score integer, detail text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.answer_mail_request(request exchange.mail_requests) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.answer_mail_requests(limit_requests integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.answer_mail_requests(limit_requests integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.api_keys_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.api_keys_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.append_event(stream text, payload jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.append_events(stream text, payloads jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.approve_withdrawal(withdrawal_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.await_kyc_provider(case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.await_kyc_provider(case_id bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) TO exchange_api;
GRANT ALL ON FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.balance_at(account_id bigint, asset text, at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.balances_of(account_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.balances_of(account_ids bigint[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.begin_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.begin_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint, state jsonb, password_hash text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.begin_login(email text, address inet, device_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.begin_login(email text, address inet, device_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.begin_password_check(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.begin_password_check(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.block_withdrawals(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.book_at(market text, sequence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.book_at(market text, sequence bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.book_at(market text, sequence bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.book_at(market text, sequence bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.book_memory(OUT market text, OUT open_orders bigint, OUT capacity bigint, OUT bytes bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.book_memory(OUT market text, OUT open_orders bigint, OUT capacity bigint, OUT bytes bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.book_memory(OUT market text, OUT open_orders bigint, OUT capacity bigint, OUT bytes bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.book_orders(market text, OUT order_id bigint, OUT account_id bigint, OUT side text, OUT price numeric, OUT remaining numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.book_orders(market text, OUT order_id bigint, OUT account_id bigint, OUT side text, OUT price numeric, OUT remaining numeric) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.book_orders(market text, OUT order_id bigint, OUT account_id bigint, OUT side text, OUT price numeric, OUT remaining numeric) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text, session_id bigint, api_key_id bigint, valid_until bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text, session_id bigint, api_key_id bigint, valid_until bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.cancel_after(account_id bigint, of_market text, timeout_ms bigint, holder text, session_id bigint, api_key_id bigint, valid_until bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.cancel_all_orders(account_id bigint, market text, side text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.cancel_all_orders(account_id bigint, market text, side text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.cancel_all_orders(account_id bigint, market text, side text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.cancel_order(account_id bigint, order_id bigint, client_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.cancel_order(account_id bigint, order_id bigint, client_order_id text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.cancel_order(account_id bigint, order_id bigint, client_order_id text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.cancel_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.cancel_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.candles_of(market text, interval_seconds integer, from_time timestamp with time zone, to_time timestamp with time zone, limit_candles integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.cause_mail(account_id bigint, kind text, facts jsonb, recipient text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.check_access(session_ids bigint[], api_key_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.check_access(session_ids bigint[], api_key_ids bigint[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.check_market() FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.claim_kyc_case(staff_session_id bigint, case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.claim_kyc_case(staff_session_id bigint, case_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.claim_mails(max_attempts integer, limit_mails integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.claim_mails(max_attempts integer, limit_mails integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.close_session(account_id bigint, session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.close_session(account_id bigint, session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.confirm_email_change(token_hash bytea, address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.confirm_email_change(token_hash bytea, address inet) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.count_factor_failure(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.create_account(email text, password_hash text, fee_tier_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.create_account(email text, password_hash text, fee_tier_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.create_api_key(account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea, permissions text[], addresses cidr[], request_key text, sub_account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.create_api_key(account_id bigint, session_id bigint, public_id text, label text, scheme text, secret bytea, public_key bytea, permissions text[], addresses cidr[], request_key text, sub_account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.create_market(market_id integer, base_asset text, quote_asset text, tick numeric, lot numeric, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, reference_price numeric, max_open_orders integer, allow_self_trade boolean, status text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.credit_deposits(deposit_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.decide_kyc(case_id bigint, findings jsonb, decider text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.decide_kyc(case_id bigint, findings jsonb, decider text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.decide_kyc_case(staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.decide_kyc_case(staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.deposit_address_of(account_id bigint, of_asset text, of_network text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.deposit_address_of(account_id bigint, of_asset text, of_network text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.deposit_of(account_id bigint, of_deposit_id bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.deposits_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_deposit_id bigint, limit_deposits integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.devices_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.devices_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.doubling_pause(failures integer, free integer, first_pause interval, longest_pause interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.drop_unneeded_codes(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.end_cool_down() FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.end_cool_down() TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.end_other_sessions(account_id bigint, session_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.end_password_check(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.end_password_check(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.end_sessions(account_id bigint, session_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.expire_kyc(limit_accounts integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.expire_kyc(limit_accounts integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.factors_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.factors_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.fail_kyc_review(case_id bigint, failure text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.fail_kyc_review(case_id bigint, failure text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.fees_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.fees_of(account_id bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.fees_of(account_id bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.fees_of(account_id bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.find_api_key(public_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.find_api_key(public_id text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.find_ceremony(token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.find_ceremony(token_hash bytea) TO exchange_api;

GRANT SELECT ON TABLE chain.coins TO exchange_api;
GRANT SELECT ON TABLE chain.coins TO exchange_worker;
GRANT SELECT ON TABLE chain.coins TO exchange_analyst;
GRANT SELECT ON TABLE chain.coins TO exchange_signer_a;
GRANT SELECT ON TABLE chain.coins TO exchange_signer_b;

REVOKE ALL ON FUNCTION exchange.find_coin(asset text, network text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.finish_kyc_case(case_id bigint, state text, decider text, staff_id bigint, reasons text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.finish_login(ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.finish_login(ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.finish_mail(mail_id bigint, max_attempts integer, failure text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.finish_mail(mail_id bigint, max_attempts integer, failure text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.follow_risk_decision(activity_id bigint, decision text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.forget_ended_sessions(limit_sessions integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_ended_sessions(limit_sessions integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.forget_order_keys(age_days integer, from_block bigint, blocks integer, OUT forgotten bigint, OUT next_block bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_order_keys(age_days integer, from_block bigint, blocks integer, OUT forgotten bigint, OUT next_block bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.forget_request_keys(age_hours integer, limit_keys integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_request_keys(age_hours integer, limit_keys integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.forget_spent_access(limit_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_spent_access(limit_rows integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.forget_withdrawal_quotes(limit_quotes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.forget_withdrawal_quotes(limit_quotes integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.forgive_login(email text, device_id bigint, address inet) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.freeze_account(token_hash bytea, address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.freeze_account(token_hash bytea, address inet) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.has_balance(role text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.has_balance(role text) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.has_balance(role text) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.has_second_factor(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.house_account(role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.is_in_debt(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.kyc_case(staff_session_id bigint, case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.kyc_case(staff_session_id bigint, case_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.kyc_documents_of(case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.kyc_documents_of(case_id bigint) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.kyc_facts_found(case_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.kyc_queue(staff_session_id bigint, after_case_id bigint, at_most integer) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.kyc_status_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.kyc_status_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.ledger_of(account_id bigint, of_asset text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_fact_id bigint, before_part integer, limit_entries integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.listed_coins() FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.listed_coins() TO exchange_api;
GRANT ALL ON FUNCTION exchange.listed_coins() TO exchange_worker;
GRANT ALL ON FUNCTION exchange.listed_coins() TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.load_sanctions(list text, entries jsonb, replaces boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.load_sanctions(list text, entries jsonb, replaces boolean) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.lock_balances(account_ids bigint[], asset_ids integer[]) FROM PUBLIC;

GRANT SELECT ON TABLE exchange.deposits TO exchange_api;
GRANT SELECT ON TABLE exchange.deposits TO exchange_worker;
GRANT SELECT ON TABLE exchange.deposits TO exchange_analyst;
GRANT SELECT ON TABLE exchange.deposits TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.deposits TO exchange_signer_b;

REVOKE ALL ON FUNCTION exchange.lock_suspicious_deposit(deposit_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.login_account(email text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.login_pause(subject text, failures integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.login_subjects(email text, device_id bigint, address inet) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.mail_deposits(kind text, deposit_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.mail_facts(address inet, program text, blocked_until timestamp with time zone) FROM PUBLIC;

GRANT SELECT ON TABLE exchange.withdrawals TO exchange_api;
GRANT SELECT ON TABLE exchange.withdrawals TO exchange_worker;
GRANT SELECT ON TABLE exchange.withdrawals TO exchange_analyst;
GRANT SELECT ON TABLE exchange.withdrawals TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.withdrawals TO exchange_signer_b;

REVOKE ALL ON FUNCTION exchange.mail_internal_receipt(paid exchange.withdrawals) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.mail_withdrawal(kind text, withdrawal exchange.withdrawals, address inet, program text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.make_partitions(months_ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.make_partitions(months_ahead integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.market_ranges(of_market text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_number bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.market_snapshot(of_market integer, history bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.market_snapshot(of_market integer, history bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.market_snapshot(of_market integer, history bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.market_snapshot(of_market integer, history bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.may_change_security(account_id bigint, change text, session_id bigint, address inet, more jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.move_withdrawals(withdrawal_ids bigint[], state text, payment_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.next_cancel_deadline() FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.next_cancel_deadline() TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.note_kyc_findings(case_id bigint, findings jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.note_kyc_findings(case_id bigint, findings jsonb) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) TO exchange_api;
GRANT ALL ON FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.number_before(of_market_id integer, moment timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.open_session(account_id bigint, token_hash bytea, lifetime interval, address inet, user_agent text, password_hash text, device_hash bytea, new_device_hash bytea, is_factor_proved boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.open_session(account_id bigint, token_hash bytea, lifetime interval, address inet, user_agent text, password_hash text, device_hash bytea, new_device_hash bytea, is_factor_proved boolean) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.open_sub_account(account_id bigint, session_id bigint, label text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.open_sub_account(account_id bigint, session_id bigint, label text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.order_book(market text, depth integer, OUT side text, OUT price numeric, OUT quantity numeric, OUT orders integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.order_book(market text, depth integer, OUT side text, OUT price numeric, OUT quantity numeric, OUT orders integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.order_book(market text, depth integer, OUT side text, OUT price numeric, OUT quantity numeric, OUT orders integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.order_book(market text, depth integer, OUT side text, OUT price numeric, OUT quantity numeric, OUT orders integer) TO exchange_analyst;

GRANT SELECT ON TABLE exchange.markets TO exchange_api;
GRANT SELECT ON TABLE exchange.markets TO exchange_worker;
GRANT SELECT ON TABLE exchange.markets TO exchange_analyst;

GRANT SELECT ON TABLE exchange.orders TO exchange_api;
GRANT SELECT ON TABLE exchange.orders TO exchange_worker;
GRANT SELECT ON TABLE exchange.orders TO exchange_analyst;

GRANT SELECT ON TABLE exchange.account_orders TO exchange_api;
GRANT SELECT ON TABLE exchange.account_orders TO exchange_worker;
GRANT SELECT ON TABLE exchange.account_orders TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.order_of(account_id bigint, order_id bigint, client_order_id text) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.orders_of(account_id bigint, market text, states text[], side text, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_order_id bigint, limit_orders integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.owns_account(account_id bigint, owned_account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.passkeys_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.passkeys_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.place_order(account_id bigint, market text, side text, kind text, price numeric, quantity numeric, budget numeric, time_in_force text, post_only boolean, self_trade text, client_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.place_order(account_id bigint, market text, side text, kind text, price numeric, quantity numeric, budget numeric, time_in_force text, post_only boolean, self_trade text, client_order_id text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.place_order(account_id bigint, market text, side text, kind text, price numeric, quantity numeric, budget numeric, time_in_force text, post_only boolean, self_trade text, client_order_id text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.plain_name(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.plain_name(name text) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.plain_name(name text) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.positions_of(stream_ids integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.positions_of(stream_ids integer[]) TO exchange_api;
GRANT ALL ON FUNCTION exchange.positions_of(stream_ids integer[]) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.positions_of(stream_ids integer[]) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.profile_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.profile_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.prove_factor(account_id bigint, totp_step bigint, recovery_code_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.put_recovery_codes(account_id bigint, code_hashes bytea[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.queue_kyc_case(case_id bigint, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.quote_withdrawal_fee(account_id bigint, asset text, network text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.quote_withdrawal_fee(account_id bigint, asset text, network text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.read_kyc_document(staff_session_id bigint, document_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.read_kyc_document(staff_session_id bigint, document_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.rebuild_candles(market text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.rebuild_candles(market text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) TO exchange_api;
GRANT ALL ON FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.recent_trades(market text, limit_trades integer, before_trade_id bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.recognise_device(account_id bigint, device_hash bytea, new_device_hash bytea, address inet, user_agent text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.reduce_order(account_id bigint, order_id bigint, quantity numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.reduce_order(account_id bigint, order_id bigint, quantity numeric) TO exchange_api;
GRANT ALL ON FUNCTION exchange.reduce_order(account_id bigint, order_id bigint, quantity numeric) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.refund_deposit(deposit_id bigint, address text, script bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.refund_withdrawal(withdrawal_id bigint, state text, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.refund_withdrawals(withdrawal_ids bigint[], state text, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.rehash_password(account_id bigint, old_hash text, new_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.rehash_password(account_id bigint, old_hash text, new_hash text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.reject(code text, message text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.reject(code text, message text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.reject(code text, message text) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.reject(code text, message text) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.release_kyc_case(staff_session_id bigint, case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.release_kyc_case(staff_session_id bigint, case_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.remove_totp(account_id bigint, session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.remove_totp(account_id bigint, session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.replace_order(account_id bigint, order_id bigint, side text, price numeric, quantity numeric, client_order_id text, post_only boolean, self_trade text, time_in_force text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.replace_order(account_id bigint, order_id bigint, side text, price numeric, quantity numeric, client_order_id text, post_only boolean, self_trade text, time_in_force text) TO exchange_api;
GRANT ALL ON FUNCTION exchange.replace_order(account_id bigint, order_id bigint, side text, price numeric, quantity numeric, client_order_id text, post_only boolean, self_trade text, time_in_force text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.request_email_change(account_id bigint, session_id bigint, email text, address inet, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.request_email_change(account_id bigint, session_id bigint, email text, address inet, user_agent text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.request_mail(kind text, email text, address inet, user_agent text, full_name text, country text, birth_date date, phone text, device_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.request_mail(kind text, email text, address inet, user_agent text, full_name text, country text, birth_date date, phone text, device_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.request_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text, to_script bytea, amount numeric, quote_id bigint, request_key text, from_address inet, program text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.request_withdrawal(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, asset text, network text, to_address text, to_script bytea, amount numeric, quote_id bigint, request_key text, from_address inet, program text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.require_authority(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_confirmations(deposit exchange.deposits, confirmations integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_in_book(account_id bigint, network_id integer, script bytea) FROM PUBLIC;

GRANT SELECT(account_id) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(account_id) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(role) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(role) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(email) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(email) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(fee_tier_id) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(fee_tier_id) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(status) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(status) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(created_at) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(created_at) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(country) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(country) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(withdrawals_blocked_until) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(withdrawals_blocked_until) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(parent_account_id) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(parent_account_id) ON TABLE exchange.accounts TO exchange_analyst;

GRANT SELECT(label) ON TABLE exchange.accounts TO exchange_worker;
GRANT SELECT(label) ON TABLE exchange.accounts TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.require_may_withdraw(owner exchange.accounts, coin chain.coins) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_owner(account_id bigint, session_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_session(account_id bigint, session_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_stepped_up(account_id bigint, session_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_target(network_id integer, script bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.require_withdrawer(account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, stepped_up boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.required_reviews(coin chain.coins, amount numeric, kyc_level integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.reset_book(market text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.reset_book(market text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.reverse_deposits(deposit_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.revoke_api_key(account_id bigint, session_id bigint, api_key_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.ring_network(network text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.ring_network(network text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.run_cancel_deadlines(limit_deadlines integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.run_cancel_deadlines(limit_deadlines integer) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.sends_to_book_only(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.session_account(token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.session_account(token_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.sessions_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.sessions_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.set_account_status(account_id bigint, status text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.set_anti_phishing_code(account_id bigint, session_id bigint, code text, address inet) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.set_fee_rates(fee_tier_id integer, maker_rate numeric, taker_rate numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_fee_tier(account_id bigint, fee_tier_id integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_kyc_level(account_id bigint, level integer, expires_on date) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_kyc_limits(level integer, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_market_limits(market text, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, max_open_orders integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_market_status(market text, status text) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.set_password(token_hash bytea, password_hash text, new_device_hash bytea, address inet, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.set_password(token_hash bytea, password_hash text, new_device_hash bytea, address inet, user_agent text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.set_password_hash(account_id bigint, password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.set_password_hash(account_id bigint, password_hash text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.set_withdrawal_halt(asset text, network text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.set_withdrawal_halt(asset text, network text, reason text) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.set_withdrawal_mode(account_id bigint, session_id bigint, book_only boolean) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.settle_withdrawal(withdrawal_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.settle_withdrawals(withdrawal_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.step_up(account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea, ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.step_up(account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea, ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.step_up_length() FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.stepped_up_until(account_id bigint, session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.stepped_up_until(account_id bigint, session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.stream_positions() FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.stream_positions() TO exchange_api;
GRANT ALL ON FUNCTION exchange.stream_positions() TO exchange_worker;
GRANT ALL ON FUNCTION exchange.stream_positions() TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.sub_accounts_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.sub_accounts_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.submit(batch json) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.submit(batch json) TO exchange_api;
GRANT ALL ON FUNCTION exchange.submit(batch json) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.submit_kyc(account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea, kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[], request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.submit_kyc(account_id bigint, session_id bigint, level integer, document_type text, issuer text, document_number text, full_name text, birth_date date, expires_on date, mrz text, mrz_name text, content_hash bytea, kinds text[], media_types text[], seal_ids bytea[], key_labels text[], wrapped_keys bytea[], contents bytea[], facts jsonb[], request_key text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) TO exchange_api;
GRANT ALL ON FUNCTION exchange.submit_once(account_id bigint, request_key text, batch json) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.take_login_attempt(subjects text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[]) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.tell_balance(change text, withdrawal_id bigint, account_id bigint, asset_id integer, amount numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.tell_factor_changed(account_id bigint, session_id bigint, factor text, change text, is_weaker boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.tell_market() FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.tell_withdrawals(withdrawal_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.token_owner(token_hash bytea, purpose text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.token_owner(token_hash bytea, purpose text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) TO exchange_api;
GRANT ALL ON FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.trades_of(account_id bigint, of_market text, of_order_id bigint, from_time timestamp with time zone, to_time timestamp with time zone, before_time timestamp with time zone, before_trade_id bigint, before_part integer, limit_trades integer) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.transfer(account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.transfer(account_id bigint, session_id bigint, from_account_id bigint, to_account_id bigint, asset text, amount numeric, request_key text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.try_commands(batch json) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.try_commands(batch json) TO exchange_api;
GRANT ALL ON FUNCTION exchange.try_commands(batch json) TO exchange_worker;

REVOKE ALL ON FUNCTION exchange.txid_of_payment(payment_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.txid_of_payment(payment_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.use_ceremony(token_hash bytea, kind text, account_id bigint, session_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.use_token(token_hash bytea, purposes text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.use_up_tokens(account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.verify_book(market_symbol text, OUT market text, OUT order_id bigint, OUT problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.verify_book(market_symbol text, OUT market text, OUT order_id bigint, OUT problem text) TO exchange_worker;
GRANT ALL ON FUNCTION exchange.verify_book(market_symbol text, OUT market text, OUT order_id bigint, OUT problem text) TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.verify_email(token_hash bytea, password_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.verify_email(token_hash bytea, password_token_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.wait_durable() FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.wait_durable() TO exchange_api;
GRANT ALL ON FUNCTION exchange.wait_durable() TO exchange_worker;
GRANT ALL ON FUNCTION exchange.wait_durable() TO exchange_analyst;

REVOKE ALL ON FUNCTION exchange.withdrawal_addresses_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.withdrawal_addresses_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.withdrawal_fee_of(coin chain.coins, OUT fee numeric, OUT quiet_ppm integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION exchange.withdrawal_mode_of(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.withdrawal_mode_of(account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.withdrawal_network(asset text, network text) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.withdrawal_network(asset text, network text) TO exchange_api;

REVOKE ALL ON FUNCTION exchange.withdrawals_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_withdrawal_id bigint, limit_withdrawals integer, only_withdrawal_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION exchange.withdrawals_of(account_id bigint, of_asset text, of_network text, of_states text[], from_time timestamp with time zone, to_time timestamp with time zone, before_withdrawal_id bigint, limit_withdrawals integer, only_withdrawal_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) TO exchange_signer_a;
GRANT ALL ON FUNCTION proof.add_signature(signer text, proof_id bigint, network_id integer, holder text, public_key bytea, signature bytea) TO exchange_signer_b;

REVOKE ALL ON FUNCTION proof.atom_bytes(atoms numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.book_loss(network text, wallet text, asset text, txid bytea, amount numeric, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.depth_of(leaves bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.facts_of(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.facts_of(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.fold(nodes bytea, atoms numeric[], levels integer, OUT hash bytea, OUT sum_atoms numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.forget_pages(age_days integer, limit_proofs integer) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.forget_pages(age_days integer, limit_proofs integer) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.halt_all(reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.halt_all(reason text) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.halt_coin(network_id integer, asset_id integer, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.holders_of(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.holders_of(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.level_above(nodes bytea, atoms numeric[], OUT nodes_above bytea, OUT atoms_above numeric[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.liabilities(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.liabilities(at timestamp with time zone) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.list_proofs(before bigint, limit_proofs integer) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.list_proofs(before bigint, limit_proofs integer) TO exchange_api;

REVOKE ALL ON FUNCTION proof.outputs_of(network_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.outputs_of(network_id integer) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.path_of(account_id bigint, proof_id bigint, asset text) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.path_of(account_id bigint, proof_id bigint, asset text) TO exchange_api;

REVOKE ALL ON FUNCTION proof.path_through(nodes bytea, atoms numeric[], place integer, levels integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[]) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[]) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.salt_of(secret bytea, account_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION proof.state_reserves(proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[]) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.state_reserves(proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[]) TO exchange_worker;

REVOKE ALL ON FUNCTION proof.unsigned_statements(signer text) FROM PUBLIC;
GRANT ALL ON FUNCTION proof.unsigned_statements(signer text) TO exchange_signer_a;
GRANT ALL ON FUNCTION proof.unsigned_statements(signer text) TO exchange_signer_b;

REVOKE ALL ON FUNCTION risk.account_listed(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.after_security_change(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.assess(point text, account_id bigint, facts jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.assess_activity(point text, account_id bigint, facts jsonb, OUT activity_id bigint, OUT verdict text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.backtest(rule text, from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.backtest(rule text, from_at timestamp with time zone, to_at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.backtest_draft(point text, kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.backtest_draft(point text, kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.check_rule() FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.count_orders(kind text, parameters jsonb, from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.decide_event(event_id bigint, decision text, note text, decided_by bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.disposable_mail_domain(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.distance_km(from_latitude numeric, from_longitude numeric, to_latitude numeric, to_longitude numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.end_rule(rule text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.evaluate(point text, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.evaluate(point text, account_id bigint, facts jsonb, at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.first_withdrawal(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.forget_activities(limit_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.forget_activities(limit_rows integer) TO exchange_worker;

REVOKE ALL ON FUNCTION risk.frequent_activity(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.history(point text, from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.history(point text, from_at timestamp with time zone, to_at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.impossible_travel(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.is_of_type(value jsonb, type jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.judge(kind text, parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.large_deposit(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.last_price(market_id integer, before_number bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.level_limits(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.link_accounts(account_id bigint, linked_account_id bigint, because text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.link_by_device(account_id bigint, device text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.linked_trades(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.list_events(staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.list_events(staff_session_id bigint, before_event_id bigint, of_account_id bigint, of_rule text, waiting boolean, at_most integer) TO exchange_api;

REVOKE ALL ON FUNCTION risk.list_rules(staff_session_id bigint, of_rule text) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.list_rules(staff_session_id bigint, of_rule text) TO exchange_api;

REVOKE ALL ON FUNCTION risk.mark_linked() FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.network_of(address text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.new_withdrawal_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.order_notional(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.order_rate(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.order_rules() FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.orders_in_window(account_id bigint, window_start timestamp with time zone, at timestamp with time zone, before_order_id bigint, OUT order_id bigint, OUT market_id integer, OUT notional numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.place_of(address text, OUT country text, OUT latitude numeric, OUT longitude numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.place_of(address text, OUT country text, OUT latitude numeric, OUT longitude numeric) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.price_distance(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.publish_events(event_ids bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.publish_rule(rule text, point text, kind text, parameters jsonb, action text, reason_code text, published_by bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.record_events(point text, account_id bigint, activity_id bigint, facts jsonb, met jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.record_order_events(met jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.registrations_per_address(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.registrations_per_device(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.require_facts(point text, account_id bigint, facts jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.require_sound_rule(point text, kind text, parameters jsonb, action text) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.review_event(staff_session_id bigint, event_id bigint, decision text, note text) TO exchange_api;

REVOKE ALL ON FUNCTION risk.standing_of(activity_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION risk.standing_of(activity_id bigint) TO exchange_analyst;

REVOKE ALL ON FUNCTION risk.strictest(actions text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.tell_servers() FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.value_of(asset text, amount numeric, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.window_start(at timestamp with time zone, within_seconds integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION risk.withdrawn_amount(parameters jsonb, account_id bigint, facts jsonb, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.accept_invitation(invitation_hash bytea, password_hash text, totp_secret bytea) TO exchange_api;

REVOKE ALL ON FUNCTION staff.close_session(staff_session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.close_session(staff_session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION staff.create_member(staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.create_member(staff_session_id bigint, email text, name text, invitation_hash bytea, request_key text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.decide(staff_session_id bigint, proposal_id bigint, approve boolean, reason text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.decide(staff_session_id bigint, proposal_id bigint, approve boolean, reason text, request_key text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.disable_member(staff_session_id bigint, staff_id bigint, reason text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.end_sessions(staff_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.fail_login(staff_id bigint, password_fits boolean, address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.fail_login(staff_id bigint, password_fits boolean, address inet) TO exchange_api;

REVOKE ALL ON FUNCTION staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer) TO exchange_api;

REVOKE ALL ON FUNCTION staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.freeze_account(staff_session_id bigint, account_id bigint, reason text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.halt_withdrawals(staff_session_id bigint, asset text, network text, reason text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.invite_member(staff_session_id bigint, staff_id bigint, invitation_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION staff.invited_member(invitation_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.invited_member(invitation_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION staff.list_debts(staff_session_id bigint, of_account_id bigint, after_account_id bigint, limit_debts integer) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.list_debts(staff_session_id bigint, of_account_id bigint, after_account_id bigint, limit_debts integer) TO exchange_api;

REVOKE ALL ON FUNCTION staff.list_deposits(staff_session_id bigint, of_state text, of_account_id bigint, before_deposit_id bigint, limit_deposits integer) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.list_deposits(staff_session_id bigint, of_state text, of_account_id bigint, before_deposit_id bigint, limit_deposits integer) TO exchange_api;

REVOKE ALL ON FUNCTION staff.list_halts(staff_session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.list_halts(staff_session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION staff.list_members(staff_session_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.list_members(staff_session_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.list_proposals(staff_session_id bigint, of_state text, before_proposal_id bigint, at_most integer) TO exchange_api;

REVOKE ALL ON FUNCTION staff.login_member(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.login_member(email text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.make_founder(email text, name text, invitation_hash bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.open_session(staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text, new_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.open_session(staff_id bigint, token_hash bytea, password_hash text, totp_step bigint, address inet, user_agent text, new_password_hash text) TO exchange_api;

GRANT SELECT ON TABLE staff.proposals TO exchange_worker;
GRANT SELECT ON TABLE staff.proposals TO exchange_analyst;

REVOKE ALL ON FUNCTION staff.proposal_state(proposal staff.proposals) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.propose(staff_session_id bigint, action text, arguments jsonb, reason text, request_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.propose(staff_session_id bigint, action text, arguments jsonb, reason text, request_key text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.require(staff_session_id bigint, VARIADIC any_of text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.require_administrators() FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.reset_member(staff_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text) TO exchange_api;

REVOKE ALL ON FUNCTION staff.run_action(proposal staff.proposals) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.session_member(token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.session_member(token_hash bytea) TO exchange_api;

REVOKE ALL ON FUNCTION staff.set_member_roles(staff_id bigint, roles text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION staff.show_account(staff_session_id bigint, account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.show_account(staff_session_id bigint, account_id bigint) TO exchange_api;

REVOKE ALL ON FUNCTION staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer) TO exchange_api;

GRANT SELECT ON TABLE audit.head TO exchange_worker;
GRANT SELECT ON TABLE audit.head TO exchange_analyst;

GRANT SELECT ON TABLE audit.links TO exchange_worker;
GRANT SELECT ON TABLE audit.links TO exchange_analyst;

GRANT SELECT ON TABLE chain.addresses TO exchange_worker;
GRANT SELECT ON TABLE chain.addresses TO exchange_analyst;
GRANT SELECT ON TABLE chain.addresses TO exchange_signer_a;
GRANT SELECT ON TABLE chain.addresses TO exchange_signer_b;
GRANT SELECT ON TABLE chain.addresses TO exchange_api;

GRANT SELECT ON TABLE chain.attempts TO exchange_worker;
GRANT SELECT ON TABLE chain.attempts TO exchange_analyst;
GRANT SELECT ON TABLE chain.attempts TO exchange_signer_a;
GRANT SELECT ON TABLE chain.attempts TO exchange_signer_b;

GRANT SELECT ON TABLE chain.blocks TO exchange_api;
GRANT SELECT ON TABLE chain.blocks TO exchange_worker;
GRANT SELECT ON TABLE chain.blocks TO exchange_analyst;
GRANT SELECT ON TABLE chain.blocks TO exchange_signer_a;
GRANT SELECT ON TABLE chain.blocks TO exchange_signer_b;

GRANT SELECT ON TABLE chain.fee_hours TO exchange_worker;
GRANT SELECT ON TABLE chain.fee_hours TO exchange_analyst;

GRANT SELECT ON TABLE chain.fee_samples TO exchange_worker;
GRANT SELECT ON TABLE chain.fee_samples TO exchange_analyst;
GRANT SELECT ON TABLE chain.fee_samples TO exchange_signer_a;
GRANT SELECT ON TABLE chain.fee_samples TO exchange_signer_b;

GRANT SELECT ON TABLE chain.networks TO exchange_api;
GRANT SELECT ON TABLE chain.networks TO exchange_worker;
GRANT SELECT ON TABLE chain.networks TO exchange_analyst;
GRANT SELECT ON TABLE chain.networks TO exchange_signer_a;
GRANT SELECT ON TABLE chain.networks TO exchange_signer_b;

GRANT SELECT ON TABLE chain.nonces TO exchange_worker;
GRANT SELECT ON TABLE chain.nonces TO exchange_analyst;
GRANT SELECT ON TABLE chain.nonces TO exchange_signer_a;
GRANT SELECT ON TABLE chain.nonces TO exchange_signer_b;

GRANT SELECT ON TABLE chain.outputs TO exchange_worker;
GRANT SELECT ON TABLE chain.outputs TO exchange_analyst;
GRANT SELECT ON TABLE chain.outputs TO exchange_signer_a;
GRANT SELECT ON TABLE chain.outputs TO exchange_signer_b;

GRANT SELECT ON TABLE chain.payment_items TO exchange_worker;
GRANT SELECT ON TABLE chain.payment_items TO exchange_analyst;
GRANT SELECT ON TABLE chain.payment_items TO exchange_signer_a;
GRANT SELECT ON TABLE chain.payment_items TO exchange_signer_b;

GRANT SELECT ON TABLE chain.payments TO exchange_worker;
GRANT SELECT ON TABLE chain.payments TO exchange_analyst;
GRANT SELECT ON TABLE chain.payments TO exchange_signer_a;
GRANT SELECT ON TABLE chain.payments TO exchange_signer_b;

GRANT SELECT ON TABLE chain.signings TO exchange_worker;
GRANT SELECT ON TABLE chain.signings TO exchange_analyst;
GRANT SELECT ON TABLE chain.signings TO exchange_signer_a;
GRANT SELECT ON TABLE chain.signings TO exchange_signer_b;

GRANT SELECT ON TABLE chain.wallets TO exchange_worker;
GRANT SELECT ON TABLE chain.wallets TO exchange_analyst;
GRANT SELECT ON TABLE chain.wallets TO exchange_signer_a;
GRANT SELECT ON TABLE chain.wallets TO exchange_signer_b;

GRANT SELECT ON TABLE exchange.assets TO exchange_api;
GRANT SELECT ON TABLE exchange.assets TO exchange_worker;
GRANT SELECT ON TABLE exchange.assets TO exchange_analyst;
GRANT SELECT ON TABLE exchange.assets TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.assets TO exchange_signer_b;

GRANT SELECT ON TABLE exchange.balances TO exchange_api;
GRANT SELECT ON TABLE exchange.balances TO exchange_worker;
GRANT SELECT ON TABLE exchange.balances TO exchange_analyst;

GRANT SELECT ON TABLE exchange.trades TO exchange_api;
GRANT SELECT ON TABLE exchange.trades TO exchange_worker;
GRANT SELECT ON TABLE exchange.trades TO exchange_analyst;

GRANT SELECT ON TABLE exchange.transfers TO exchange_api;
GRANT SELECT ON TABLE exchange.transfers TO exchange_worker;
GRANT SELECT ON TABLE exchange.transfers TO exchange_analyst;

GRANT SELECT ON TABLE checks.amounts_on_grid TO exchange_worker;
GRANT SELECT ON TABLE checks.amounts_on_grid TO exchange_analyst;

GRANT SELECT ON TABLE exchange.adjustments TO exchange_api;
GRANT SELECT ON TABLE exchange.adjustments TO exchange_worker;
GRANT SELECT ON TABLE exchange.adjustments TO exchange_analyst;

GRANT SELECT ON TABLE exchange.deposit_entries TO exchange_api;
GRANT SELECT ON TABLE exchange.deposit_entries TO exchange_worker;
GRANT SELECT ON TABLE exchange.deposit_entries TO exchange_analyst;
GRANT SELECT ON TABLE exchange.deposit_entries TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.deposit_entries TO exchange_signer_b;

GRANT SELECT ON TABLE exchange.network_costs TO exchange_api;
GRANT SELECT ON TABLE exchange.network_costs TO exchange_worker;
GRANT SELECT ON TABLE exchange.network_costs TO exchange_analyst;

GRANT SELECT ON TABLE exchange.reserve_entries TO exchange_api;
GRANT SELECT ON TABLE exchange.reserve_entries TO exchange_worker;
GRANT SELECT ON TABLE exchange.reserve_entries TO exchange_analyst;

GRANT SELECT ON TABLE exchange.ledger TO exchange_api;
GRANT SELECT ON TABLE exchange.ledger TO exchange_worker;
GRANT SELECT ON TABLE exchange.ledger TO exchange_analyst;

GRANT SELECT ON TABLE checks.assets_sum_to_zero TO exchange_worker;
GRANT SELECT ON TABLE checks.assets_sum_to_zero TO exchange_analyst;

GRANT SELECT ON TABLE checks.audit_chain_is_whole TO exchange_worker;
GRANT SELECT ON TABLE checks.audit_chain_is_whole TO exchange_analyst;

GRANT SELECT ON TABLE checks.balances_equal_ledger TO exchange_worker;
GRANT SELECT ON TABLE checks.balances_equal_ledger TO exchange_analyst;

GRANT SELECT ON TABLE checks.blocks_are_one_chain TO exchange_worker;
GRANT SELECT ON TABLE checks.blocks_are_one_chain TO exchange_analyst;

GRANT SELECT ON TABLE checks.book_equals_tables TO exchange_worker;
GRANT SELECT ON TABLE checks.book_equals_tables TO exchange_analyst;

GRANT SELECT ON TABLE exchange.candle_positions TO exchange_worker;
GRANT SELECT ON TABLE exchange.candle_positions TO exchange_analyst;

GRANT SELECT ON TABLE exchange.candles TO exchange_worker;
GRANT SELECT ON TABLE exchange.candles TO exchange_analyst;

GRANT SELECT ON TABLE checks.candles_equal_trades TO exchange_worker;
GRANT SELECT ON TABLE checks.candles_equal_trades TO exchange_analyst;

GRANT SELECT ON TABLE exchange.order_updates TO exchange_api;
GRANT SELECT ON TABLE exchange.order_updates TO exchange_worker;
GRANT SELECT ON TABLE exchange.order_updates TO exchange_analyst;

GRANT SELECT ON TABLE checks.closed_orders_explained TO exchange_worker;
GRANT SELECT ON TABLE checks.closed_orders_explained TO exchange_analyst;

GRANT SELECT ON TABLE checks.debts_not_negative TO exchange_worker;
GRANT SELECT ON TABLE checks.debts_not_negative TO exchange_analyst;

GRANT SELECT ON TABLE checks.deposits_equal_entries TO exchange_worker;
GRANT SELECT ON TABLE checks.deposits_equal_entries TO exchange_analyst;

GRANT SELECT ON TABLE checks.deposits_have_outputs TO exchange_worker;
GRANT SELECT ON TABLE checks.deposits_have_outputs TO exchange_analyst;

GRANT SELECT ON TABLE checks.deposits_lie_in_active_blocks TO exchange_worker;
GRANT SELECT ON TABLE checks.deposits_lie_in_active_blocks TO exchange_analyst;

GRANT SELECT ON TABLE checks.filled_equals_trades TO exchange_worker;
GRANT SELECT ON TABLE checks.filled_equals_trades TO exchange_analyst;

GRANT SELECT ON TABLE checks.holds_are_explained TO exchange_worker;
GRANT SELECT ON TABLE checks.holds_are_explained TO exchange_analyst;

GRANT SELECT ON TABLE checks.no_crossed_book TO exchange_worker;
GRANT SELECT ON TABLE checks.no_crossed_book TO exchange_analyst;

GRANT SELECT ON TABLE checks.partitions_made_ahead TO exchange_worker;
GRANT SELECT ON TABLE checks.partitions_made_ahead TO exchange_analyst;

GRANT SELECT ON TABLE proof.proofs TO exchange_worker;
GRANT SELECT ON TABLE proof.proofs TO exchange_analyst;

GRANT SELECT(proof_id) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(proof_id) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT(asset_id) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(asset_id) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT(root) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(root) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT(sum) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(sum) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT(leaves) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(leaves) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT(house_amount) ON TABLE proof.roots TO exchange_worker;
GRANT SELECT(house_amount) ON TABLE proof.roots TO exchange_analyst;

GRANT SELECT ON TABLE checks.proofs_are_whole TO exchange_worker;
GRANT SELECT ON TABLE checks.proofs_are_whole TO exchange_analyst;

GRANT SELECT ON TABLE exchange.events TO exchange_worker;
GRANT SELECT ON TABLE exchange.events TO exchange_analyst;

GRANT SELECT ON TABLE exchange.order_keys TO exchange_api;
GRANT SELECT ON TABLE exchange.order_keys TO exchange_worker;
GRANT SELECT ON TABLE exchange.order_keys TO exchange_analyst;

GRANT SELECT ON TABLE exchange.streams TO exchange_worker;
GRANT SELECT ON TABLE exchange.streams TO exchange_analyst;

GRANT SELECT ON TABLE checks.rows_have_owners TO exchange_worker;
GRANT SELECT ON TABLE checks.rows_have_owners TO exchange_analyst;

GRANT SELECT ON TABLE checks.sequences_gapless TO exchange_worker;
GRANT SELECT ON TABLE checks.sequences_gapless TO exchange_analyst;

GRANT SELECT ON TABLE checks.trades_obey_orders TO exchange_worker;
GRANT SELECT ON TABLE checks.trades_obey_orders TO exchange_analyst;

GRANT SELECT ON TABLE exchange.withdrawal_reviews TO exchange_worker;
GRANT SELECT ON TABLE exchange.withdrawal_reviews TO exchange_analyst;
GRANT SELECT ON TABLE exchange.withdrawal_reviews TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.withdrawal_reviews TO exchange_signer_b;

GRANT SELECT ON TABLE checks.withdrawals_obey_reviews TO exchange_worker;
GRANT SELECT ON TABLE checks.withdrawals_obey_reviews TO exchange_analyst;

GRANT SELECT ON TABLE checks.violations TO exchange_worker;
GRANT SELECT ON TABLE checks.violations TO exchange_analyst;

GRANT SELECT ON TABLE exchange.account_balances TO exchange_api;
GRANT SELECT ON TABLE exchange.account_balances TO exchange_worker;
GRANT SELECT ON TABLE exchange.account_balances TO exchange_analyst;

GRANT SELECT ON TABLE exchange.debts TO exchange_worker;
GRANT SELECT ON TABLE exchange.debts TO exchange_analyst;

GRANT SELECT ON TABLE exchange.deposit_refunds TO exchange_worker;
GRANT SELECT ON TABLE exchange.deposit_refunds TO exchange_analyst;
GRANT SELECT ON TABLE exchange.deposit_refunds TO exchange_signer_a;
GRANT SELECT ON TABLE exchange.deposit_refunds TO exchange_signer_b;

GRANT SELECT ON TABLE exchange.fee_tiers TO exchange_api;
GRANT SELECT ON TABLE exchange.fee_tiers TO exchange_worker;
GRANT SELECT ON TABLE exchange.fee_tiers TO exchange_analyst;

GRANT SELECT(case_id) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(case_id) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(account_id) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(account_id) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(level) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(level) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(state) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(state) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(document_type) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(document_type) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(issuer) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(issuer) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(submitted_at) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(submitted_at) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(reviews) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(reviews) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(next_review_at) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(next_review_at) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(decided_at) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(decided_at) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(decided_by) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(decided_by) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(reasons) ON TABLE exchange.kyc_cases TO exchange_worker;
GRANT SELECT(reasons) ON TABLE exchange.kyc_cases TO exchange_analyst;

GRANT SELECT(case_id) ON TABLE exchange.kyc_findings TO exchange_worker;
GRANT SELECT(case_id) ON TABLE exchange.kyc_findings TO exchange_analyst;

GRANT SELECT(rule) ON TABLE exchange.kyc_findings TO exchange_worker;
GRANT SELECT(rule) ON TABLE exchange.kyc_findings TO exchange_analyst;

GRANT SELECT(score) ON TABLE exchange.kyc_findings TO exchange_worker;
GRANT SELECT(score) ON TABLE exchange.kyc_findings TO exchange_analyst;

GRANT SELECT ON TABLE exchange.kyc_levels TO exchange_worker;
GRANT SELECT ON TABLE exchange.kyc_levels TO exchange_analyst;

GRANT SELECT ON TABLE exchange.kyc_reasons TO exchange_worker;
GRANT SELECT ON TABLE exchange.kyc_reasons TO exchange_analyst;

GRANT SELECT ON TABLE exchange.kyc_rules TO exchange_worker;
GRANT SELECT ON TABLE exchange.kyc_rules TO exchange_analyst;

GRANT SELECT ON TABLE exchange.market_rules TO exchange_api;
GRANT SELECT ON TABLE exchange.market_rules TO exchange_worker;
GRANT SELECT ON TABLE exchange.market_rules TO exchange_analyst;

GRANT SELECT ON TABLE exchange.orders_closed TO exchange_worker;
GRANT SELECT ON TABLE exchange.orders_closed TO exchange_analyst;

GRANT SELECT ON TABLE exchange.orders_open TO exchange_worker;
GRANT SELECT ON TABLE exchange.orders_open TO exchange_analyst;

GRANT SELECT ON TABLE exchange.withdrawal_addresses TO exchange_api;
GRANT SELECT ON TABLE exchange.withdrawal_addresses TO exchange_worker;
GRANT SELECT ON TABLE exchange.withdrawal_addresses TO exchange_analyst;

GRANT SELECT ON TABLE exchange.withdrawal_quotes TO exchange_api;
GRANT SELECT ON TABLE exchange.withdrawal_quotes TO exchange_worker;
GRANT SELECT ON TABLE exchange.withdrawal_quotes TO exchange_analyst;

GRANT SELECT ON TABLE proof.reconciliations TO exchange_worker;
GRANT SELECT ON TABLE proof.reconciliations TO exchange_analyst;

GRANT SELECT ON TABLE proof.reserves TO exchange_worker;
GRANT SELECT ON TABLE proof.reserves TO exchange_analyst;

GRANT SELECT ON TABLE proof.signatures TO exchange_worker;
GRANT SELECT ON TABLE proof.signatures TO exchange_analyst;

GRANT SELECT ON TABLE proof.statements TO exchange_worker;
GRANT SELECT ON TABLE proof.statements TO exchange_analyst;

GRANT SELECT ON TABLE reporting.account_activity TO exchange_worker;
GRANT SELECT ON TABLE reporting.account_activity TO exchange_analyst;

GRANT SELECT ON TABLE reporting.accounts TO exchange_worker;
GRANT SELECT ON TABLE reporting.accounts TO exchange_analyst;

GRANT SELECT ON TABLE reporting.balances TO exchange_worker;
GRANT SELECT ON TABLE reporting.balances TO exchange_analyst;

GRANT SELECT ON TABLE reporting.check_summary TO exchange_worker;
GRANT SELECT ON TABLE reporting.check_summary TO exchange_analyst;

GRANT SELECT ON TABLE reporting.daily_volume TO exchange_worker;
GRANT SELECT ON TABLE reporting.daily_volume TO exchange_analyst;

GRANT SELECT ON TABLE reporting.deposit_success TO exchange_worker;
GRANT SELECT ON TABLE reporting.deposit_success TO exchange_analyst;

GRANT SELECT ON TABLE reporting.fee_income TO exchange_worker;
GRANT SELECT ON TABLE reporting.fee_income TO exchange_analyst;

GRANT SELECT ON TABLE reporting.ledger_entries TO exchange_worker;
GRANT SELECT ON TABLE reporting.ledger_entries TO exchange_analyst;

GRANT SELECT ON TABLE reporting.market_totals TO exchange_worker;
GRANT SELECT ON TABLE reporting.market_totals TO exchange_analyst;

GRANT SELECT ON TABLE reporting.open_interest TO exchange_worker;
GRANT SELECT ON TABLE reporting.open_interest TO exchange_analyst;

GRANT SELECT ON TABLE reporting.orders TO exchange_worker;
GRANT SELECT ON TABLE reporting.orders TO exchange_analyst;

GRANT SELECT ON TABLE reporting.trades TO exchange_worker;
GRANT SELECT ON TABLE reporting.trades TO exchange_analyst;

GRANT SELECT ON TABLE reporting.withdrawal_durations TO exchange_worker;
GRANT SELECT ON TABLE reporting.withdrawal_durations TO exchange_analyst;

GRANT SELECT ON TABLE risk.account_lists TO exchange_analyst;

GRANT SELECT ON TABLE risk.activities TO exchange_analyst;

GRANT SELECT ON TABLE risk.blacklist TO exchange_analyst;

GRANT SELECT ON TABLE risk.events TO exchange_analyst;

GRANT SELECT ON TABLE risk.kinds TO exchange_analyst;

GRANT SELECT ON TABLE risk.links TO exchange_analyst;

GRANT SELECT ON TABLE risk.mail_domains TO exchange_analyst;

GRANT SELECT ON TABLE risk.networks TO exchange_analyst;

GRANT SELECT ON TABLE risk.order_rules_state TO exchange_analyst;

GRANT SELECT ON TABLE risk.reviews TO exchange_analyst;

GRANT SELECT ON TABLE risk.rules TO exchange_analyst;

GRANT SELECT ON TABLE staff.actions TO exchange_worker;
GRANT SELECT ON TABLE staff.actions TO exchange_analyst;

GRANT SELECT ON TABLE staff.foundation TO exchange_worker;
GRANT SELECT ON TABLE staff.foundation TO exchange_analyst;

GRANT SELECT(staff_id) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(staff_id) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(email) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(email) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(name) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(name) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(roles) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(roles) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(status) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(status) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(enrolled_at) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(enrolled_at) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(created_by) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(created_by) ON TABLE staff.members TO exchange_analyst;

GRANT SELECT(created_at) ON TABLE staff.members TO exchange_worker;
GRANT SELECT(created_at) ON TABLE staff.members TO exchange_analyst;
