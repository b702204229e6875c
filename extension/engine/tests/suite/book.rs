//! The book's inner structure: restored, large, hostile, damaged.

use std::collections::BTreeMap;

use engine::book::{Book, DepthLevel, Full, Journal, Layout, OwnedMemory, Resting};
use engine::fee::Rates;
use engine::order::Side;
use engine::random::Random;

fn resting(sequence: u64, account: u64, side: Side, price_ticks: u64, lots: u64) -> Resting {
    let rates = Rates {
        maker_ppm: 1,
        taker_ppm: 2,
    };
    Resting {
        sequence,
        account,
        side,
        price_ticks,
        remaining_lots: lots,
        rates,
        row: sequence + 5,
    }
}

fn with_book<T>(memory: &mut OwnedMemory, act: impl FnOnce(&mut Book<'_>) -> T) -> T {
    act(&mut Book::new(memory.lend(), &mut Journal::new()))
}

#[test]
fn zeroed_memory_is_an_empty_book() {
    with_book(&mut OwnedMemory::new(3), |book| {
        assert_eq!((book.len(), book.capacity(), book.sequence()), (0, 3, 0));
        assert_eq!(book.last_price_ticks(), None);
        assert!(book.is_empty());
        assert_eq!(book.validate(), Ok(()));
    });
}

#[test]
fn a_book_of_no_room_works() {
    with_book(&mut OwnedMemory::new(0), |book| {
        assert_eq!(book.restore(resting(1, 1, Side::Buy, 1, 1)), Err(Full));
        assert_eq!(book.get(1), None);
        assert_eq!(book.validate(), Ok(()));
    });
}

#[test]
fn a_restored_book_is_the_one_that_was() {
    let orders = [
        resting(3, 1, Side::Buy, 100, 5),
        resting(4, 2, Side::Sell, 105, 6),
        resting(9, 1, Side::Buy, 100, 7),
        resting(12, 1, Side::Sell, 104, 8),
    ];
    with_book(&mut OwnedMemory::new(4), |book| {
        for order in orders {
            book.restore(order).expect("there is room");
        }
        assert_eq!(book.restore(orders[0]), Err(Full));
        book.set_sequence(20);
        book.set_last_price(101);
        assert_eq!((book.sequence(), book.last_price_ticks()), (20, Some(101)));
        assert_eq!(
            book.resting(Side::Buy).collect::<Vec<_>>(),
            [orders[0], orders[2]]
        );
        assert_eq!(
            book.resting(Side::Sell).collect::<Vec<_>>(),
            [orders[3], orders[1]]
        );
        let own = [orders[0], orders[2], orders[3]];
        assert_eq!(book.open_orders(1).collect::<Vec<_>>(), own);
        assert_eq!(book.open_orders(7).count(), 0);
        let level = DepthLevel {
            price_ticks: 100,
            quantity_lots: 12,
            orders: 2,
        };
        assert_eq!(book.depth(Side::Buy).collect::<Vec<_>>(), [level]);
        assert_eq!(book.get(9), Some(orders[2]));
        assert_eq!(book.get(10), None);
        assert_eq!(book.validate(), Ok(()));
        book.set_last_price(0);
        assert_eq!(book.last_price_ticks(), None);
    });
}

#[test]
fn a_level_may_hold_more_than_64_bits_of_lots() {
    with_book(&mut OwnedMemory::new(3), |book| {
        for sequence in 1..=3 {
            book.restore(resting(sequence, 1, Side::Buy, 1, u64::MAX))
                .expect("there is room");
        }
        let level = book.depth(Side::Buy).next().expect("there is a level");
        assert_eq!(level.quantity_lots, 3 * u128::from(u64::MAX));
        assert_eq!(book.validate(), Ok(()));
    });
}

/// Prices that share long prefixes, single bits, and extremes: what a radix tree likes least.
#[test]
fn levels_of_any_prices_stay_sorted() {
    let mut prices: Vec<u64> = (0..63)
        .flat_map(|bit| [1 << bit, (1 << bit) | 1, !(1 << bit)])
        .collect();
    let mut random = Random::new(1);
    prices.extend((0..2_000).map(|_| 1 + random.next_u64() / 2));
    prices.extend(1..500);
    let mut memory = OwnedMemory::new(2 * prices.len() as u32);
    with_book(&mut memory, |book| {
        let mut expected: BTreeMap<u64, u128> = BTreeMap::new();
        for (at, price) in prices.iter().enumerate() {
            book.restore(resting(at as u64 + 1, 1, Side::Buy, *price, 2))
                .expect("there is room");
            *expected.entry(*price).or_default() += 2;
        }
        let depth: Vec<(u64, u128)> = book
            .depth(Side::Buy)
            .map(|level| (level.price_ticks, level.quantity_lots))
            .collect();
        assert_eq!(depth, expected.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(book.validate(), Ok(()));
    });
}

#[test]
fn a_million_orders_are_restored() {
    const ORDERS: u64 = 1_000_000;
    let mut random = Random::new(2);
    with_book(&mut OwnedMemory::new(ORDERS as u32), |book| {
        for sequence in 1..=ORDERS {
            let side = if sequence % 2 == 0 {
                Side::Buy
            } else {
                Side::Sell
            };
            let distance = 1 + random.below(10_000);
            let price = if side == Side::Buy {
                100_000 - distance
            } else {
                100_000 + distance
            };
            let order = resting(sequence * 3, random.below(50_000), side, price, 1);
            book.restore(order).expect("there is room");
        }
        assert_eq!(book.len(), ORDERS as usize);
        assert_eq!(book.validate(), Ok(()));
        assert_eq!(
            book.restore(resting(ORDERS * 4, 1, Side::Buy, 1, 1)),
            Err(Full)
        );
    });
}

#[test]
fn clear_makes_any_memory_an_empty_book() {
    let mut memory = OwnedMemory::new(8);
    with_book(&mut memory, |book| {
        for sequence in 1..=5 {
            book.restore(resting(sequence, sequence, Side::Sell, 9 + sequence, 1))
                .expect("room");
        }
    });
    {
        // As if somebody had written over it.
        let lent = memory.lend();
        lent.order_index.fill(0xffff_ffff);
        lent.orders.swap(0, 1);
        lent.levels.swap(0, 2);
        lent.branches.swap(0, 1);
        lent.accounts.rotate_left(1);
    }
    with_book(&mut memory, |book| {
        assert!(book.validate().is_err());
        book.clear();
        assert_eq!(book.validate(), Ok(()));
        assert_eq!((book.len(), book.sequence()), (0, 0));
        book.restore(resting(1, 1, Side::Buy, 5, 1))
            .expect("there is room");
        assert_eq!(book.validate(), Ok(()));
    });
}

/// Swaps any two slots of any table: it must be noticed, and the check must not panic.
#[test]
fn damage_is_noticed() {
    let mut memory = OwnedMemory::new(30);
    with_book(&mut memory, |book| {
        for sequence in 1..=20 {
            let side = if sequence % 2 == 0 {
                Side::Buy
            } else {
                Side::Sell
            };
            let price = if side == Side::Buy {
                50 - sequence / 4
            } else {
                51 + sequence / 4
            };
            book.restore(resting(sequence, sequence % 4, side, price, sequence))
                .expect("room");
        }
        assert_eq!(book.validate(), Ok(()));
    });
    let mut random = Random::new(3);
    let mut noticed = 0;
    for _ in 0..5_000 {
        let mut damaged = memory.clone();
        let (one, other) = (random.below(21) as usize, random.below(21) as usize);
        {
            let lent = damaged.lend();
            match random.below(5) {
                0 => lent.orders.swap(one, other),
                1 => lent.levels.swap(one % 12, other % 12),
                2 => lent.branches.swap(one % 10, other % 10),
                3 => lent.order_index.swap(one, other),
                _ => lent.accounts.swap(one, other),
            }
        }
        let is_damaged = damaged != memory;
        with_book(&mut damaged, |book| {
            assert_eq!(book.validate().is_err(), is_damaged, "{one} {other}");
        });
        noticed += u32::from(is_damaged);
    }
    assert!(noticed > 1_000);
}

#[test]
fn a_layout_counts_its_bytes_and_is_bounded() {
    let layout = Layout::new(131_072);
    assert_eq!(layout.orders, 131_073);
    assert_eq!(layout.bytes() / 131_072, 180);
    assert_eq!(Layout::new(u32::MAX), Layout::new(Layout::MAX_ORDERS));
}
