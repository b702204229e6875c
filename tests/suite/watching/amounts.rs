//! Amounts with eighteen decimals are booked, published and checked to the last atom.

use tests::arrivals::ask;
use tests::checks::assert_clean;
use tests::fixture::populate;
use tests::trading::{limit, must, number, rows};

use super::{Move, ethereum, read_block};

/// Deposits of the property, from one atom to millions of ETH.
const MANY: u32 = 2_000;

/// Numbers that look like chance, the same each time (a linear congruence of 64 bits, twice).
fn numbers() -> impl Iterator<Item = u128> {
    let mut state: u64 = 7;
    let mut word = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        u128::from(state)
    };
    std::iter::from_fn(move || Some((word() << 64) | word()))
}

/// Atoms as the amount with eighteen decimals.
fn amount(atoms: u128) -> String {
    let digits = format!("{atoms:0>19}");
    let (whole, part) = digits.split_at(digits.len() - 18);
    format!("{whole}.{part}")
}

#[tokio::test]
async fn a_deposit_of_any_wei_is_booked_as_that_wei() {
    let (database, owner, to) = ethereum().await;
    let known = [
        1_234_567_890_123_456_789,
        12_345_678_901_234_567_890_123,
        98_765_999_999_999_999_999_999,
        1,
    ];
    // Of every length up to millions of ETH.
    let random = numbers().zip((1..=84).cycle());
    let random = random.map(|(number, bits)| number >> (128 - bits));
    let atoms: Vec<u128> = known
        .into_iter()
        .chain(random.filter(|atoms| *atoms > 0))
        .take(usize::try_from(MANY).expect("a number"))
        .collect();
    let names: Vec<String> = (0..atoms.len()).map(|number| number.to_string()).collect();
    let moves: Vec<Move<'_>> = atoms
        .iter()
        .zip(&names)
        .map(|(atoms, name)| Move {
            transaction: name,
            position: "value",
            to,
            is_token: false,
            atoms: atoms.to_string(),
            from: None,
        })
        .collect();
    assert!(read_block(&owner, 0, &moves).await);
    let text = "select d.amount::text from generate_series(0, $1 - 1) n
        join exchange.deposits d on d.txid = sha256(convert_to(n::text, 'utf8')) order by n";
    let text = text.replace("$1", &MANY.to_string());
    let booked = rows(&owner, &text).await;
    assert_eq!(booked.len(), atoms.len());
    for (atoms, booked) in atoms.iter().zip(&booked) {
        assert_eq!(*booked, amount(*atoms), "of {atoms} wei");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_proof_publishes_the_sum_to_the_atom() {
    let (database, owner, to) = ethereum().await;
    let deposit = Move {
        transaction: "odd",
        position: "value",
        to,
        is_token: false,
        atoms: "12345678901234567890123".to_owned(),
        from: None,
    };
    read_block(&owner, 0, &[deposit]).await;
    for height in 1..12 {
        read_block(&owner, height, &[]).await;
    }
    let decided = number(&owner, "select chain.confirm_deposits(2, 10)::bigint").await;
    assert_eq!(decided, 1);
    ask(&owner, "select proof.liabilities()::text").await;
    let sum = "select sum::text from proof.roots join exchange.assets using (asset_id)
        where symbol = 'ETH'";
    assert_eq!(ask(&owner, sum).await, "12345.678901234567890123");
    assert_clean(&owner).await;
    database.drop().await;
}

#[tokio::test]
async fn a_fee_of_eighteen_decimals_is_no_violation() {
    let database = tests::database::Database::fresh().await;
    let owner = database.owner().await;
    let first = populate(&owner, 2).await;
    // A fine lot: the fee of a large trade has more digits than a division keeps.
    let market = "insert into exchange.assets (asset_id, symbol, scale) values (9, 'WHOLE', 18);
        select exchange.create_market(9, 'ETH', 'WHOLE', tick => 1, lot => 0.000000000001,
            min_quantity => 0.000000000001, max_quantity => 1000000, min_notional => 0.01,
            price_band => 0.5, reference_price => 1, max_open_orders => 100);
        select exchange.adjust_balance(account_id, 'WHOLE', 1000000, 'test', 'whole' || account_id)
        from exchange.accounts where role = 'user'";
    owner.batch_execute(market).await.expect("a market");
    let trader = database.trader().await;
    let quantity = "123456.789012345678";
    must(&trader, limit(first, "ETH/WHOLE", "sell", quantity, "1")).await;
    must(&trader, limit(first + 1, "ETH/WHOLE", "buy", quantity, "1")).await;
    assert_eq!(
        number(&owner, "select count(*) from exchange.trades").await,
        1
    );
    assert_clean(&owner).await;
    database.drop().await;
}
