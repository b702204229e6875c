//! What moves on an EVM chain is ours by who sends it, whatever transaction it is part of.

use tests::arrivals::ask;
use tests::checks::assert_clean;

use super::{Move, ethereum, read_block, register, shown};

const SAFE: [u8; 20] = [0x5a; 20];
const STRANGER: [u8; 20] = [0x77; 20];

fn moved(position: &str, from: [u8; 20], to: [u8; 20], milliether: u64) -> Move<'_> {
    Move {
        transaction: "carrier",
        position,
        to,
        is_token: false,
        atoms: format!("{milliether}000000000000000"),
        from: Some(shown(from)),
    }
}

#[tokio::test]
async fn what_a_stranger_sends_inside_our_transaction_counts() {
    let (database, owner, address) = ethereum().await;
    register(&owner, "hot", SAFE).await;
    register(&owner, "gas", [0x6a; 20]).await;
    // The transaction is one of ours, as a carrier is, or one that was adopted.
    let attempt = "insert into chain.payments (network_id, purpose, asset_id, amount, plan)
            values (2, 'gas', 2, 1, '{}');
        insert into chain.attempts (payment_id, network_id, number, state, unsigned, raw, txid,
            fee_rate) select payment_id, 2, 1, 'broadcast', '', '\\x01',
            sha256(convert_to('carrier', 'utf8')), 1 from chain.payments";
    owner.batch_execute(attempt).await.expect("an attempt");
    let moves = [
        moved("value", STRANGER, address, 11),
        moved("trace:0", STRANGER, address, 12),
        moved("trace:1", STRANGER, SAFE, 13),
        // These are ours.
        moved("trace:2", SAFE, address, 14),
        moved("trace:3", [0x6a; 20], address, 15),
        moved("trace:4", address, SAFE, 16),
    ];
    assert!(read_block(&owner, 0, &moves).await);
    let deposits =
        "select string_agg(position || ' ' || trim_scale(amount), ', ' order by position)
        from exchange.deposits";
    assert_eq!(ask(&owner, deposits).await, "trace:0 0.012, value 0.011");
    let reserves =
        "select string_agg(position || ' ' || trim_scale(amount), ', ' order by position)
        from exchange.reserve_entries";
    assert_eq!(ask(&owner, reserves).await, "trace:1 0.013");
    assert_clean(&owner).await;
    database.drop().await;
}
