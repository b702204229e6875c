//! How much the hot wallet holds: neither too much nor, unless somebody was told, too little.

use tests::arrivals::{ask, assert_sound, until_it_says};

use super::{Bitcoin, differences, held_by, states_of};

#[tokio::test]
async fn below_the_floor_a_refill_is_asked_for_once_and_above_the_ceiling_the_rest_goes_to_cold() {
    let mut place = Bitcoin::start("policy").await;
    let limits = "update chain.coins set hot_floor = 1, hot_ceiling = 3";
    place
        .world
        .owner
        .batch_execute(limits)
        .await
        .expect("limits");
    let _watcher = place.world.watch();
    let _signers = place.house.signers(&place.world.database);
    let settings = place.world.settings();
    let _payments = place.house.payments(&place.world.database, &settings);
    let asked = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refill_wanted'";
    until_it_says(&place.world.owner, asked, "1").await;
    let hot = place.hot.clone();
    place.fund(&hot, 500_000_000).await;
    let (owner, mined) = (
        &place.world.owner,
        "select is_refill_wanted::text from chain.coins",
    );
    until_it_says(owner, mined, "false").await;
    until_it_says(owner, &states_of("cold"), "broadcast").await;
    place.world.mine(6).await;
    until_it_says(owner, &states_of("cold"), "confirmed").await;
    until_it_says(owner, &held_by("cold"), "2").await;
    let brought = "select trim_scale(sum(amount))::text from exchange.reserve_entries";
    assert_eq!(ask(owner, brought).await, "5");
    // It was looked at many times meanwhile.
    assert_eq!(ask(owner, asked).await, "1");
    assert_eq!(
        differences(&place.world.database, owner, &settings).await,
        "BTC 0"
    );
    assert_sound(owner).await;
}
