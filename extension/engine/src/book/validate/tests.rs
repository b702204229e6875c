//! Any single damaged field that matters is noticed, and nothing makes the check panic.

use crate::book::{Book, Journal, OwnedMemory, Resting};
use crate::fee::Rates;
use crate::order::Side;
use crate::random::Random;

const ORDERS: u64 = 40;

/// A book with several orders a level and an account, and free slots of every kind.
fn sample() -> OwnedMemory {
    let mut memory = OwnedMemory::new(64);
    let mut journal = Journal::new();
    let mut book = Book::new(memory.lend(), &mut journal);
    for sequence in 1..=ORDERS {
        let side = if sequence % 2 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let price_ticks = if side == Side::Buy {
            90 - sequence / 3
        } else {
            91 + sequence / 3
        };
        let order = Resting {
            sequence,
            account: sequence % 7,
            side,
            price_ticks,
            remaining_lots: sequence,
            rates: Rates::default(),
            row: 0,
        };
        book.restore(order).expect("there is room");
    }
    for sequence in (1..=ORDERS).filter(|sequence| sequence % 5 < 2) {
        let slot = book.find_order(sequence);
        book.remove_order(slot);
    }
    assert_eq!(book.validate(), Ok(()));
    memory
}

/// Changes one field that matters; which one, and to what, is random.
fn damage(memory: &mut OwnedMemory, random: &mut Random) {
    let value = match random.below(3) {
        0 => random.below(50) as u32,
        1 => random.next_u64() as u32,
        _ => 0,
    };
    let lent = memory.lend();
    let order = &mut lent.orders[random.below(ORDERS + 1) as usize].0;
    let level = &mut lent.levels[random.below(20) as usize];
    let branch = &mut lent.branches[random.below(16) as usize];
    let account = random.below(lent.accounts.len() as u64) as usize;
    let account = &mut lent.accounts[account];
    let cell = random.below(lent.order_index.len() as u64) as usize;
    let side = random.below(2) as usize;
    match random.below(21) {
        0 => order.sequence = value.into(),
        1 => order.account = value.into(),
        2 => order.remaining_lots = value.into(),
        3 => order.level = value,
        4 => order.next = value,
        5 => order.previous = value,
        6 => order.younger = value,
        7 => order.older = value,
        8 => level.price_ticks = value.into(),
        9 => level.quantity[side] = value.into(),
        10 => level.head = value,
        11 => level.tail = value,
        12 => level.orders = value,
        13 => [&mut level.better, &mut level.worse][side].clone_from(&value),
        14 => [&mut level.parent, &mut level.side][side].clone_from(&value),
        15 => branch.children[side] = value,
        16 => [&mut branch.parent, &mut branch.bit][side].clone_from(&value),
        17 => account.orders = value,
        18 => [&mut account.oldest, &mut account.youngest][side].clone_from(&value),
        19 => lent.order_index[cell] = value,
        _ => match random.below(4) {
            0 => lent.header.open = value,
            1 => lent.header.best[side] = value,
            2 => lent.header.root[side] = value,
            _ => lent.header.free_orders.used = value,
        },
    }
}

#[test]
fn a_damaged_field_is_noticed() {
    let memory = sample();
    let mut random = Random::new(9);
    let mut unnoticed = Vec::new();
    for _ in 0..50_000 {
        let mut damaged = memory.clone();
        damage(&mut damaged, &mut random);
        let mut journal = Journal::new();
        let is_noticed = Book::new(damaged.lend(), &mut journal).validate().is_err();
        if damaged != memory && !is_noticed {
            unnoticed.push(damaged);
        }
    }
    assert_eq!(
        unnoticed.len(),
        0,
        "{:?}",
        difference(&memory, unnoticed.first())
    );
}

#[test]
fn much_damage_does_not_make_the_check_panic() {
    let memory = sample();
    let mut random = Random::new(10);
    for _ in 0..20_000 {
        let mut damaged = memory.clone();
        for _ in 0..1 + random.below(20) {
            damage(&mut damaged, &mut random);
        }
        let _ = Book::new(damaged.lend(), &mut Journal::new()).validate();
    }
}

/// The slots in which two memories differ.
fn difference(one: &OwnedMemory, other: Option<&OwnedMemory>) -> Vec<String> {
    let lines = |memory: &OwnedMemory| format!("{memory:#?}").lines().map(String::from).collect();
    let (one, other): (Vec<String>, Vec<String>) = (lines(one), other.map_or(Vec::new(), lines));
    one.into_iter()
        .zip(other)
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("{a} {b}"))
        .collect()
}
