//! The chain of the audit log: nobody changes an entry, and who has the power to do so is found
//! out.

use tests::database::Database;
use tests::trading::{number, refusal, rows};
use tokio_postgres::Client;

const DENIED: &str = "42501";

/// What somebody with all power does to nine entries, and what the chain says of it.
const TAMPERINGS: &[(&str, &str)] = &[
    (
        "update audit.entries set detail = '{\"n\": 5.0}' where entry_id = 4",
        "4 the entry or the link was changed",
    ),
    (
        "update audit.entries set action = 'other' where entry_id in (7, 3)",
        "3 the entry or the link was changed",
    ),
    (
        "update audit.entries set subject = 'entry:2' where entry_id = 1",
        "1 the entry or the link was changed",
    ),
    (
        "update audit.entries set recorded_at = recorded_at + interval '1 microsecond'
         where entry_id = 9",
        "9 the entry or the link was changed",
    ),
    (
        "update audit.entries set staff_id = 1 where entry_id = 6",
        "6 the entry or the link was changed",
    ),
    (
        "update audit.links set hash = sha256(hash) where link_number = 5",
        "5 the entry or the link was changed",
    ),
    (
        "delete from audit.entries where entry_id = 2",
        "2 its entry is missing",
    ),
    (
        "delete from audit.links where link_number = 8",
        "9 link 8 is missing",
    ),
    (
        "delete from audit.links where link_number = 1",
        "2 link 1 is missing",
    ),
    (
        "delete from audit.links where link_number = 9",
        "9 the chain ends before link 9",
    ),
    (
        "insert into audit.entries (action, subject, detail) values ('forged', 'entry:1', '{}')",
        "- the entry has no link and does not wait for one",
    ),
    (
        "update audit.head set hash = sha256(hash)",
        "9 the head does not fit its link",
    ),
    (
        "update audit.head set link_number = 8,
            hash = (select hash from audit.links where link_number = 8)",
        "9 it lies beyond the head",
    ),
    // One link made anew by the rules, over a changed entry: the next one does not stand on it.
    (
        "update audit.entries set action = 'other' where entry_id = 5;
         update audit.links l set hash = audit.entry_hash(p.hash, 5, e)
         from audit.links p, audit.entries e
         where l.link_number = 5 and p.link_number = 4 and e.entry_id = 5",
        "6 the entry or the link was changed",
    ),
];

/// So many entries; linked where asked.
async fn logged(owner: &Client, entries: i32, is_linked: bool) {
    let text = format!(
        "select audit.record(null, 'tested', 'entry:' || n, jsonb_build_object('n', n))
         from generate_series(1, {entries}) n"
    );
    owner.batch_execute(&text).await.expect("entries");
    if is_linked {
        let text = "select * from audit.link_entries(10000)";
        owner.batch_execute(text).await.expect("linked");
    }
}

/// What `audit.verify_chain` says, such as `4 the entry or the link was changed`.
async fn problem(owner: &Client) -> String {
    let text =
        "select coalesce(link_number::text, '-') || ' ' || problem from audit.verify_chain()";
    rows(owner, text).await.pop().unwrap_or_default()
}

/// Does as somebody with all power would, and gives what the chain says of it; takes it back.
async fn tampered(owner: &Client, text: &str) -> String {
    let open = "begin;
        alter table audit.entries disable trigger all;
        alter table audit.links disable trigger all;";
    owner
        .batch_execute(open)
        .await
        .expect("the superuser's power");
    let done = owner.batch_execute(text).await;
    done.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let said = problem(owner).await;
    owner.batch_execute("rollback").await.expect("taken back");
    assert_eq!(problem(owner).await, "", "whole again");
    said
}

#[tokio::test]
async fn entries_are_only_ever_added_whoever_asks() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    logged(&owner, 3, true).await;
    for (table, column) in [("audit.entries", "action"), ("audit.links", "hash")] {
        for who in [
            "set role postgres",
            "set role exchange_owner",
            "set session_replication_role = replica",
        ] {
            owner.batch_execute(who).await.expect("it is set");
            for statement in [
                format!("update {table} set {column} = {column}"),
                format!("delete from {table}"),
                format!("delete from {table} where false"),
                format!("truncate {table} cascade"),
            ] {
                let (code, words) = refusal(&owner, &statement).await;
                assert_eq!(code, DENIED, "{who}: {statement}: {words}");
            }
            owner.batch_execute("reset role").await.expect("reset");
        }
        owner
            .batch_execute("reset session_replication_role")
            .await
            .expect("reset");
    }
    for role in ["exchange_api", "exchange_worker", "exchange_analyst"] {
        let client = database.connect(role).await.expect("the role logs in");
        let record = "select audit.record(null, 'forged', 'entry:1', '{}')";
        assert_eq!(refusal(&client, record).await.0, DENIED, "{role}");
        let run = "select staff.run_action(p) from staff.proposals p";
        assert_eq!(refusal(&client, run).await.0, DENIED, "{role}");
        let found = "select staff.make_founder('a@b.c', 'A', sha256('x'))";
        assert_eq!(refusal(&client, found).await.0, DENIED, "{role}");
    }
    assert_eq!(
        number(&owner, "select count(*) from audit.entries").await,
        3
    );
    database.drop().await;
}

#[tokio::test]
async fn tampering_is_found_at_its_link() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    assert_eq!(problem(&owner).await, "", "an empty chain is whole");
    logged(&owner, 9, true).await;
    assert_eq!(problem(&owner).await, "");
    let member = "insert into staff.members (email, name) values ('a@staff.example', 'A')";
    owner.batch_execute(member).await.expect("a member");
    for (text, said) in TAMPERINGS {
        assert_eq!(tampered(&owner, text).await, *said, "{text}");
    }
    let seen = "begin; alter table audit.entries disable trigger all;
        update audit.entries set action = 'other' where entry_id = 4";
    owner.batch_execute(seen).await.expect("tampered");
    let checks = "select count(*) from checks.violations where check_name = 'audit_chain_is_whole'";
    assert_eq!(number(&owner, checks).await, 1);
    database.drop().await;
}

#[tokio::test]
async fn a_chain_that_was_cut_or_made_anew_is_found_by_a_link_that_is_known() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    logged(&owner, 6, true).await;
    let known = "select link_number || ', ' || quote_literal(hash) || '::bytea' from audit.links
        where link_number = 5";
    let known = rows(&owner, known).await.remove(0);
    let said = async |text: &str| {
        let open = "begin; alter table audit.entries disable trigger all;
            alter table audit.links disable trigger all;";
        owner
            .batch_execute(&format!("{open} {text}"))
            .await
            .expect("tampered");
        let told = [
            rows(&owner, "select problem from audit.verify_chain()").await,
            rows(
                &owner,
                &format!("select problem from audit.verify_chain(1, {known})"),
            )
            .await,
        ];
        owner.batch_execute("rollback").await.expect("taken back");
        told.map(|mut problems| problems.pop().unwrap_or_default())
    };
    assert_eq!(said("select 1").await, ["", ""]);
    let cut = "delete from audit.links where link_number > 4;
        delete from audit.entries where entry_id > 4;
        update audit.head set link_number = 4,
            hash = (select hash from audit.links where link_number = 4)";
    assert_eq!(said(cut).await, ["", "the chain ends before link 5"]);
    let anew = "update audit.entries set action = 'other' where entry_id = 2;
        delete from audit.links;
        insert into audit.unlinked select entry_id from audit.entries;
        update audit.head set link_number = 0, hash = decode(repeat('00', 32), 'hex');
        select * from audit.link_entries(100)";
    assert_eq!(said(anew).await, ["", "it is not the link that is known"]);
    database.drop().await;
}

#[tokio::test]
async fn entries_that_commit_late_are_linked_late_and_pieces_are_bounded() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let slow = database.owner().await;
    let record = "select audit.record(null, 'tested', 'entry:slow', '{}')";
    slow.batch_execute(&format!("begin; {record}"))
        .await
        .expect("recorded");
    logged(&owner, 5, false).await;
    let link = "select linked::bigint from audit.link_entries(2)";
    assert_eq!(number(&owner, link).await, 2);
    // What is not committed yet has the lowest number.
    slow.batch_execute("commit").await.expect("committed");
    for linked in [2, 2, 0] {
        assert_eq!(number(&owner, link).await, linked);
    }
    assert_eq!(problem(&owner).await, "");
    assert_eq!(
        number(
            &owner,
            "select link_number from audit.links where entry_id = 1"
        )
        .await,
        3
    );
    // Two at once make one chain.
    logged(&owner, 200, false).await;
    let others = futures::future::join_all((0..4).map(|_| database.owner())).await;
    let links = others.iter().map(|client| {
        number(
            client,
            "select sum(linked)::bigint from generate_series(1, 30), audit.link_entries(3)",
        )
    });
    futures::future::join_all(links).await;
    while number(&owner, link).await > 0 {}
    assert_eq!(problem(&owner).await, "");
    assert_eq!(
        number(&owner, "select max(link_number) from audit.links").await,
        206
    );
    database.drop().await;
}
