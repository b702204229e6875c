//! Refills on Bitcoin: PSBTs.

use bitcoin::{Amount, Psbt, ScriptBuf};
use chain::unsigned::{psbt_text, read_psbt};
use tests::arrivals::{ask, assert_sound, until_it_says};
use tests::wait;

use super::{Bitcoin, about, differences, held_by, refused, said, states_of};

#[tokio::test]
async fn what_is_signed_offline_refills_the_hot_wallet_once() {
    let mut place = Bitcoin::start("refill").await;
    let _watcher = place.world.watch();
    let (cold, settings) = (place.cold.clone(), place.world.settings());
    place.fund(&cold, 200_000_000).await;
    place.fund(&cold, 100_000_000).await;
    let Bitcoin {
        world, room, hot, ..
    } = &place;
    let owner = &world.owner;
    until_it_says(owner, &held_by("cold"), "3").await;

    let export = about("export bitcoin BTC 2.5", room, "refill.psbt");
    let exported = said(&world.database, &export, &settings);
    assert!(
        exported.contains(&format!("2.5 BTC from {cold} to {hot}")),
        "{exported}"
    );
    let another = about("export bitcoin BTC 0.1", room, "another.psbt");
    assert!(refused(&world.database, &another, &settings).contains("is under way"));

    let shown = room.says(&["show", &room.file("refill.psbt"), &room.file("first")]);
    assert!(shown.contains(&format!("out of {cold}")), "{shown}");
    assert!(
        shown.contains(&format!("pays 2.50000000 BTC to {hot}")),
        "{shown}"
    );
    assert!(shown.contains("fee 0.0000"), "{shown}");
    let import = about("import", room, "refill.psbt");
    assert!(refused(&world.database, &import, &settings).contains("lacks signatures"));
    room.sign("refill.psbt", "first");
    assert!(refused(&world.database, &import, &settings).contains("lacks signatures"));
    room.sign("refill.psbt", "third");
    assert!(said(&world.database, &import, &settings).contains("is imported"));
    assert!(said(&world.database, &import, &settings).contains("was imported before"));
    let cancelled = refused(
        &world.database,
        &about("cancel", room, "refill.psbt"),
        &settings,
    );
    assert!(cancelled.contains("is signed"), "{cancelled}");

    let _payments = place.house.payments(&world.database, &settings);
    wait::until("the refill waits to be mined", async || {
        world.node.mempool().await.expect("an answer").len() == 1
    })
    .await;
    world.mine(6).await;
    until_it_says(owner, &states_of("refill"), "confirmed").await;
    until_it_says(owner, &held_by("hot"), "2.5").await;
    assert!(said(&world.database, &import, &settings).contains("it is confirmed"));
    // A move between own wallets brings nothing: only its fee has left.
    let reserves = "select trim_scale(sum(amount))::text from exchange.reserve_entries";
    assert_eq!(ask(owner, reserves).await, "3");
    let fee = "select trim_scale(3 - sum(amount))::text from exchange.network_costs";
    let left = "select trim_scale(sum(o.amount))::text from chain.outputs o
        where o.wallet_id is not null and o.spent_txid is null";
    assert_eq!(ask(owner, fee).await, ask(owner, left).await);
    let attempts = "select count(*)::text from chain.attempts";
    assert_eq!(ask(owner, attempts).await, "1");
    assert_eq!(
        differences(&world.database, owner, &settings).await,
        "BTC 0"
    );
    assert_sound(owner).await;
}

#[tokio::test]
async fn a_changed_file_or_a_wrong_key_is_refused_on_both_sides() {
    let mut place = Bitcoin::start("changed").await;
    let _watcher = place.world.watch();
    let (cold, settings) = (place.cold.clone(), place.world.settings());
    place.fund(&cold, 200_000_000).await;
    let Bitcoin { world, room, .. } = &place;
    until_it_says(&world.owner, &held_by("cold"), "2").await;
    for wrong in ["0", "-1", "0.123456789"] {
        let export = about(&format!("export bitcoin BTC {wrong}"), room, "wrong.psbt");
        assert!(
            refused(&world.database, &export, &settings).contains("no amount"),
            "{wrong}"
        );
    }
    let export = about("export bitcoin BTC 3", room, "wrong.psbt");
    assert!(refused(&world.database, &export, &settings).contains("do not suffice"));
    said(
        &world.database,
        &about("export bitcoin BTC 0.5", room, "refill.psbt"),
        &settings,
    );
    assert_changes_are_refused(&place);
    assert_strangers_are_refused(&place);
    assert_a_forgery_is_refused(&place);

    // Given up, it is never sent, and what it had reserved is free again.
    said(
        &world.database,
        &about("cancel", room, "refill.psbt"),
        &settings,
    );
    let signed = about("import", room, "refill.psbt");
    assert!(refused(&world.database, &signed, &settings).contains("was cancelled"));
    let reserved = "select count(*)::text from chain.outputs where payment_id is not null";
    assert_eq!(ask(&world.owner, reserved).await, "0");
    assert_eq!(
        ask(&world.owner, "select count(*)::text from chain.attempts").await,
        "0"
    );
}

/// What is exported as `refill.psbt`, changed: neither signed nor imported.
fn assert_changes_are_refused(place: &Bitcoin) {
    let Bitcoin { world, room, .. } = place;
    let settings = world.settings();
    let change = |change: &dyn Fn(&mut Psbt)| {
        let mut psbt = read_psbt(&room.text("refill.psbt")).expect("a PSBT");
        change(&mut psbt);
        room.write("changed.psbt", &psbt_text(&psbt));
    };
    let sign = ["sign", &room.file("changed.psbt"), &room.file("first")];
    let import = about("import", room, "changed.psbt");
    change(&|psbt| psbt.unsigned_tx.output[0].script_pubkey = stranger());
    assert!(room.refuses(&sign).contains("which may not be paid"));
    assert!(refused(&world.database, &import, &settings).contains("it was changed"));
    change(&|psbt| psbt.unsigned_tx.output[1].script_pubkey = stranger());
    assert!(room.refuses(&sign).contains("which may not be paid"));
    change(&|psbt| psbt.unsigned_tx.output[1].value = Amount::from_sat(1_000));
    assert!(room.refuses(&sign).contains("a fee of 1.4"));
    change(&|psbt| psbt.inputs[0].sighash_type = None);
    assert!(room.refuses(&sign).contains("another kind of signature"));
    // Less to the hot wallet, more to miners: within the limit of fees, but not what was exported.
    change(&|psbt| psbt.unsigned_tx.output[0].value -= Amount::from_sat(1));
    room.says(&sign);
    room.sign("changed.psbt", "second");
    assert!(refused(&world.database, &import, &settings).contains("it was changed"));
    room.write("changed.psbt", "no file of anything");
    assert!(room.refuses(&sign).contains("not a PSBT"));
    assert!(refused(&world.database, &import, &settings).contains("not a PSBT"));
}

/// A key that may not pay the hot wallet, then may, and owns no part of the cold one.
fn assert_strangers_are_refused(place: &Bitcoin) {
    let Bitcoin { room, hot, .. } = place;
    room.make_key("stranger");
    let by_stranger = ["sign", &room.file("refill.psbt"), &room.file("stranger")];
    assert!(
        room.refuses(&by_stranger)
            .contains("no Bitcoin address may be paid")
    );
    room.says(&["allow", &room.file("stranger"), "bitcoin:regtest", hot]);
    assert!(
        room.refuses(&by_stranger)
            .contains("owns no part of the wallet")
    );
    let mainnet = ["allow", &room.file("stranger"), "bitcoin:main", hot];
    assert!(room.refuses(&mainnet).contains("another network"));
}

/// A signature that is the key's, but over something else.
fn assert_a_forgery_is_refused(place: &Bitcoin) {
    let Bitcoin { world, room, .. } = place;
    room.sign("refill.psbt", "first");
    let mut forged = read_psbt(&room.text("refill.psbt")).expect("a PSBT");
    let signature = *forged.inputs[0]
        .partial_sigs
        .values()
        .next()
        .expect("a signature");
    let second = room.says(&["sign", &room.file("refill.psbt"), &room.file("second")]);
    let second = second
        .lines()
        .find_map(|line| line.strip_prefix("signed by "))
        .expect("a key");
    forged.inputs[0]
        .partial_sigs
        .insert(second.parse().expect("a key"), signature);
    room.write("changed.psbt", &psbt_text(&forged));
    let import = about("import", room, "changed.psbt");
    assert!(refused(&world.database, &import, &world.settings()).contains("not this key's"));
}

fn stranger() -> ScriptBuf {
    tests::purse::Purse::new(77).address().script_pubkey()
}

#[tokio::test]
async fn a_refill_that_waits_is_signed_again_for_more_and_counts_once() {
    let mut place = Bitcoin::start("bumped").await;
    let _watcher = place.world.watch();
    let (cold, settings) = (place.cold.clone(), place.world.settings());
    place.fund(&cold, 260_000_000).await;
    let Bitcoin { world, room, .. } = &place;
    let (database, owner) = (&world.database, &world.owner);
    until_it_says(owner, &held_by("cold"), "2.6").await;
    let export = |rate: &str| {
        let export = about("export bitcoin BTC 2.5", room, "refill.psbt");
        format!("{export} {rate}")
    };
    for wrong in ["0", "-1", "much", "99999999"] {
        refused(database, &export(wrong), &settings);
    }
    said(database, &export("2"), &settings);
    let import = |file: &str| about("import", room, file);
    let sign = |file: &str| {
        for key in ["first", "third"] {
            room.sign(file, key);
        }
    };
    sign("refill.psbt");
    said(database, &import("refill.psbt"), &settings);
    let _payments = place.house.payments(database, &settings);
    let waiting = async || world.node.mempool().await.expect("an answer");
    wait::until("the refill waits", async || waiting().await.len() == 1).await;
    let first = waiting().await;

    let bump = |rate: &str| about(&format!("bump bitcoin {rate}"), room, "bumped.psbt");
    let cheaper = refused(database, &bump("1"), &settings);
    assert!(cheaper.contains("already"), "{cheaper}");
    assert!(said(database, &bump("30"), &settings).contains("again, for a fee of"));
    let again = refused(database, &bump("40"), &settings);
    assert!(
        again.contains("bumped.psbt"),
        "no file is written over: {again}"
    );
    assert!(refused(database, &import("bumped.psbt"), &settings).contains("lacks signatures"));
    sign("bumped.psbt");
    assert!(said(database, &import("bumped.psbt"), &settings).contains("is imported"));
    assert!(said(database, &import("bumped.psbt"), &settings).contains("imported before"));
    assert!(said(database, &import("refill.psbt"), &settings).contains("imported before"));
    wait::until("it is replaced", async || {
        let now = waiting().await;
        now.len() == 1 && now != first
    })
    .await;
    world.mine(6).await;
    until_it_says(owner, &states_of("refill"), "confirmed").await;
    until_it_says(owner, &held_by("hot"), "2.5").await;
    let attempts = "select string_agg(state, ' ' order by number) from chain.attempts";
    assert_eq!(ask(owner, attempts).await, "replaced mined");
    let late = refused(
        database,
        &about("bump bitcoin 90", room, "late.psbt"),
        &settings,
    );
    assert!(late.contains("no refill of bitcoin is under way"), "{late}");
    assert_eq!(differences(database, owner, &settings).await, "BTC 0");
    assert_sound(owner).await;
}
