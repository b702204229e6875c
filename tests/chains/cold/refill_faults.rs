//! The operator's commands end at the worst moment: a refill is sent once, or never was.

use std::path::Path;

use alloy::primitives::U256;
use tests::arrivals::{assert_sound, until_it_says};
use tests::cold_room::ColdRoom;
use tests::comparison::book_gift;
use tests::database::Database;
use tests::fault_points::Part;
use tests::watched_evm::milliether_wei;

use super::evm_refills::Ethereum;
use super::{Bitcoin, Settings, about, differences, held_by, refused, said, states_of};

/// What moves out of a cold wallet, and where it is written down.
struct Move<'a> {
    database: &'a Database,
    settings: &'a Settings,
    room: &'a ColdRoom,
    /// `bitcoin BTC 2.5`.
    what: &'a str,
}

impl Move<'_> {
    /// Exports, signs and imports, by commands that end at the place before they succeed.
    fn imported_through(&self, point: &str) {
        let fault = |is_there: bool| {
            let mut settings = self.settings.clone();
            if is_there {
                settings.push(("EXCHANGE_FAULT_POINT", point.to_owned()));
            }
            settings
        };
        let Move { database, room, .. } = self;
        let mut file = format!("{point}-1");
        let export = |file: &str| about(&format!("export {}", self.what), room, file);
        if point == "refill_written" {
            refused(database, &export(&file), &fault(true));
            assert!(Path::new(&room.file(&file)).exists(), "it was written");
            // What the database does not know is never sent, and another takes its place.
            let import = refused(database, &about("import", room, &file), self.settings);
            assert!(import.contains("not a file that was exported"), "{import}");
            refused(database, &export(&file), self.settings);
            file = format!("{point}-2");
        }
        said(database, &export(&file), self.settings);
        room.sign(&file, "first");
        room.sign(&file, "third");
        let import = about("import", room, &file);
        if point == "refill_imported" {
            refused(database, &import, &fault(true));
            let again = said(database, &import, self.settings);
            assert!(again.contains("was imported before"), "{again}");
        } else {
            let imported = said(database, &import, self.settings);
            assert!(imported.contains("is imported"), "{imported}");
        }
    }
}

#[tokio::test]
async fn a_refill_of_bitcoin_is_sent_once_whenever_its_commands_die() {
    let mut place = Bitcoin::start("refill-killed").await;
    let _watcher = place.world.watch();
    let (cold, settings) = (place.cold.clone(), place.world.settings());
    for _ in Part::Refill.points() {
        place.fund(&cold, 200_000_000).await;
    }
    let Bitcoin { world, room, .. } = &place;
    let _payments = place.house.payments(&world.database, &settings);
    let mut states = Vec::new();
    for (count, point) in (1..).zip(Part::Refill.points()) {
        let refill = Move {
            database: &world.database,
            settings: &settings,
            room,
            what: "bitcoin BTC 1.5",
        };
        refill.imported_through(&point);
        tests::wait::until("the refill waits to be mined", async || {
            world.node.mempool().await.expect("an answer").len() == 1
        })
        .await;
        world.mine(6).await;
        states.push("confirmed");
        until_it_says(&world.owner, &states_of("refill"), &states.join(", ")).await;
        let held = if count == 1 { "1.5" } else { "3.0" };
        until_it_says(&world.owner, &held_by("hot"), held.trim_end_matches(".0")).await;
        world.caught_up().await;
        let apart = differences(&world.database, &world.owner, &settings).await;
        assert_eq!(apart, "BTC 0", "{point}");
        assert_sound(&world.owner).await;
    }
}

#[tokio::test]
async fn a_refill_of_ether_is_sent_once_whenever_its_commands_die() {
    let place = Ethereum::start("safe-refill-killed").await;
    let Ethereum {
        world,
        room,
        settings,
        hot,
        ..
    } = &place;
    let (database, owner) = (&world.database, &world.owner);
    let _watcher = world.watch();
    place.fill_cold().await;
    book_gift(owner, "ETH", "1100").await;
    let _signers = place.house.signers(database);
    let _payments = place.house.payments(database, settings);
    let mut states = Vec::new();
    for (count, point) in (1_u64..).zip(Part::Refill.points()) {
        let refill = Move {
            database,
            settings,
            room,
            what: "ethereum ETH 20",
        };
        refill.imported_through(&point);
        states.push("mined");
        let mined = "select string_agg(state, ', ') from chain.attempts where is_success";
        until_it_says(owner, mined, &states.join(", ")).await;
        world.mine(12).await;
        let confirmed = states.join(", ").replace("mined", "confirmed");
        until_it_says(owner, &states_of("refill"), &confirmed).await;
        let held = world.node.balance(*hot).await.expect("a balance");
        let wanted = milliether_wei(1_000_000) + U256::from(count) * milliether_wei(20_000);
        assert_eq!(held, wanted, "{point}");
        world.caught_up().await;
        let apart = differences(database, owner, settings).await;
        assert_eq!(apart, "ETH 0, USDT 0", "{point}");
        assert_sound(owner).await;
    }
}
