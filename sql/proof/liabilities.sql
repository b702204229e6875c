create function proof.liabilities(at timestamptz default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
set work_mem = '256MB' set jit = off as $$
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
        chain.amount_of_atoms(coalesce(f.sum_atoms, 0)::text, s.scale), coalesce(t.all_leaves, 0), round(coalesce(h.amount, 0), s.scale),
        s.secret
    from secrets s
    left join tops t on t.asset_id = s.asset_id
    left join lateral proof.fold(t.nodes, t.atoms, proof.depth_of(t.pages)) f on t.asset_id is not null
    left join house h on h.asset_id = s.asset_id;
    return made;
end $$;
comment on function proof.liabilities(timestamptz) is 'Makes a proof of what all users are owed, each asset a Merkle-sum tree, and returns its number. Null: now, from the balances, in one snapshot beside running trade. A moment a minute ago or more: from the ledger, all of which it reads. A negative balance, which cannot be, fails it. Sub-accounts are users; the house''s accounts are not in the tree.';
