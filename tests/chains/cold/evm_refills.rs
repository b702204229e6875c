//! Refills on Ethereum: transactions of the cold Safe.

use alloy::primitives::{Address, U256};
use tests::arrivals::{ask, assert_sound, until_it_says};
use tests::cold_room::ColdRoom;
use tests::house::House;
use tests::watched_evm::{WatchedEvm, milliether_wei};

use super::{Settings, about, differences, make_keys, refused, said, states_of};

/// A network with a hot and a cold Safe.
pub(super) struct Ethereum {
    pub(super) world: WatchedEvm,
    pub(super) room: ColdRoom,
    pub(super) house: House,
    pub(super) settings: Settings,
    pub(super) hot: Address,
    cold: Address,
}

impl Ethereum {
    pub(super) async fn start(name: &str) -> Ethereum {
        let world = WatchedEvm::start(1).await;
        let (room, house) = (ColdRoom::open(), House::make(name).expect("a house"));
        let (database, node) = (&world.database, &world.node);
        // The hot wallet of the tests has 1000 ETH already.
        let limits = "update chain.coins set hot_ceiling = 1000000";
        world.owner.batch_execute(limits).await.expect("limits");
        let hot = house
            .settle_evm(database, node)
            .await
            .expect("a hot wallet");
        let keys = make_keys(&room, "evm:31337", &hot.to_string());
        let cold = house
            .settle_cold_evm(database, node, &keys)
            .await
            .expect("a cold wallet");
        node.mine_at_once(true).await.expect("it mines");
        let settings = world.settings();
        Ethereum {
            world,
            room,
            house,
            settings,
            hot,
            cold,
        }
    }

    /// Pays 50 ETH and 7 USDT to the cold Safe.
    pub(super) async fn fill_cold(&self) {
        let (world, cold) = (&self.world, self.cold);
        world
            .node
            .pay(0, cold, milliether_wei(50_000))
            .await
            .expect("paid");
        let call = tests::watched_evm::transfer_to(cold, 7_000_000);
        world
            .node
            .invoke(0, world.token, call, U256::ZERO)
            .await
            .expect("paid");
        world.caught_up().await;
    }

    async fn export(&self, asset: &str, amount: u32, file: &str) {
        let export = about(
            &format!("export ethereum {asset} {amount}"),
            &self.room,
            file,
        );
        said(&self.world.database, &export, &self.settings);
    }
}

#[tokio::test]
async fn what_owners_of_the_cold_safe_sign_offline_is_carried_once() {
    let place = Ethereum::start("safe-refill").await;
    let Ethereum {
        world,
        room,
        settings,
        hot,
        cold,
        ..
    } = &place;
    let (database, owner) = (&world.database, &world.owner);
    let _watcher = world.watch();
    place.fill_cold().await;
    place.export("ETH", 20, "ether.json").await;
    let shown = room.says(&["show", &room.file("ether.json"), &room.file("first")]);
    assert!(
        shown.contains(&format!("out of the Safe {cold}, its number 0")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("pays 20000000000000000000 wei to {hot}")),
        "{shown}"
    );
    let import = about("import", room, "ether.json");
    room.sign("ether.json", "second");
    assert!(refused(database, &import, settings).contains("1 of 2 owners"));
    room.sign("ether.json", "first");
    assert!(said(database, &import, settings).contains("is imported"));
    assert!(said(database, &import, settings).contains("was imported before"));

    let _signers = place.house.signers(database);
    let _payments = place.house.payments(database, settings);
    let mined = "select string_agg(state, ', ') from chain.attempts where is_success";
    until_it_says(owner, mined, "mined").await;
    world.mine(12).await;
    until_it_says(owner, &states_of("refill"), "confirmed").await;
    let held = world.node.balance(*hot).await.expect("a balance");
    assert_eq!(held, milliether_wei(1_020_000));
    assert!(said(database, &import, settings).contains("it is confirmed"));

    // The Safe's next number, and tokens.
    place.export("USDT", 5, "tokens.json").await;
    let shown = room.sign("tokens.json", "third");
    assert!(
        shown.contains(&format!("pays 5000000 atoms of the token {}", world.token)),
        "{shown}"
    );
    room.sign("tokens.json", "first");
    said(database, &about("import", room, "tokens.json"), settings);
    until_it_says(owner, mined, "mined, mined").await;
    world.mine(12).await;
    until_it_says(owner, &states_of("refill"), "confirmed, confirmed").await;
    let held = world
        .node
        .ask(world.token, tests::watched_evm::balance_of(*hot))
        .await;
    assert_eq!(
        U256::from_be_slice(&held.expect("an answer")),
        U256::from(5_000_000)
    );
    // Nothing came from outside but what the payer gave: a move between own wallets is none.
    let into_hot = "select count(*)::text from exchange.reserve_entries r
        join chain.wallets w using (wallet_id) where w.role = 'hot'";
    assert_eq!(ask(owner, into_hot).await, "0");
    let apart = differences(database, owner, settings).await;
    assert!(apart.ends_with("USDT 0"), "{apart}");
    assert_sound(owner).await;
}

#[tokio::test]
async fn a_changed_transaction_of_the_safe_or_a_stranger_s_signature_is_refused() {
    let place = Ethereum::start("safe-changed").await;
    let Ethereum {
        world,
        room,
        settings,
        hot,
        cold,
        ..
    } = &place;
    let database = &world.database;
    let export = about("export ethereum ETH 1", room, "ether.json");
    assert!(refused(database, &export, settings).contains("has not so much"));
    world
        .node
        .pay(0, *cold, milliether_wei(50_000))
        .await
        .expect("paid");
    place.export("ETH", 1, "ether.json").await;

    let import = about("import", room, "changed.json");
    let sign = ["sign", &room.file("changed.json"), &room.file("first")];
    let text = room.text("ether.json");
    let hot = format!("{hot:#x}");
    let elsewhere = format!("{:#x}", Address::repeat_byte(0x77));
    room.write("changed.json", &text.replace(&hot, &elsewhere));
    assert_ne!(room.text("changed.json"), text);
    assert!(room.refuses(&sign).contains("the hash is another's"));
    assert!(refused(database, &import, settings).contains("the hash is another's"));
    // With a hash that fits.
    let mut file = chain::unsigned::SafeFile::read(&text).expect("a file");
    file.transaction.to = Address::repeat_byte(0x77);
    room.write("changed.json", &file.text().expect("text"));
    assert!(room.refuses(&sign).contains("which may not be paid"));
    assert!(refused(database, &import, settings).contains("it was changed"));
    // Another Safe's own call, such as a new owner.
    file.transaction.to = *cold;
    file.transaction.data = vec![1, 2, 3, 4].into();
    room.write("changed.json", &file.text().expect("text"));
    assert!(room.refuses(&sign).contains("no transfer"));

    room.make_key("stranger");
    room.says(&[
        "allow",
        &room.file("stranger"),
        "evm:31337",
        &place.hot.to_string(),
    ]);
    room.sign("ether.json", "first");
    room.sign("ether.json", "stranger");
    let import = about("import", room, "ether.json");
    assert!(refused(database, &import, settings).contains("owns no part of the cold wallet"));
    assert_eq!(ask(&world.owner, &states_of("refill")).await, "planned");
    said(database, &about("cancel", room, "ether.json"), settings);
    assert!(refused(database, &import, settings).contains("was cancelled"));
}
