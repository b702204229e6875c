//! What payments are written down as, without a chain.

use tests::checks;
use tests::trading::refusal;

use super::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelling_payment_that_came_to_nothing_makes_room_for_another() {
    let stage = Stage::set().await;
    let add = "select chain.add_payment(network_id, 'cancel', asset_id, '0', null, null, 7,
            sha256('any'), '{}', '[]')::text
        from chain.coins join exchange.assets using (asset_id) where symbol = 'ETH'";
    let first = stage.text(add).await;
    assert_eq!(refusal(&stage.owner, add).await.0, "23505", "one at a time");
    stage
        .run(&format!(
            "select chain.fail_payment({first}, 'it came to nothing')"
        ))
        .await;
    let second = stage.text(add).await;
    assert_ne!(first, second);
    let ended = format!(
        "update chain.payments set state = 'confirmed', ended_at = now()
             where payment_id = {second};
         update chain.signings set state = 'refused', refusal = 'ended', ended_at = now()
             where state = 'waiting'"
    );
    stage.run(&ended).await;
    assert_eq!(
        refusal(&stage.owner, add).await.0,
        "23505",
        "the number is used"
    );
    checks::assert_clean(&stage.owner).await;
}
