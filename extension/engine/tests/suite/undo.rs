//! The journal: going back restores the memory bit for bit, even after a panic half-way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::book::{Book, Journal, OwnedMemory};
use engine::command::Command;
use engine::facts::Facts;
use engine::host::{Host, Prior};
use engine::order::{AccountId, AssetId, Atoms, ClientOrderId, Side};
use engine::random::Random;
use engine::rules::Rules;

use crate::desk::{ALICE, BOB, limit, rules};

/// A host with endless money that panics at a chosen call.
struct Faulty {
    calls_left: u64,
}

impl Faulty {
    fn call(&mut self) {
        assert!(self.calls_left > 0, "as the test wishes");
        self.calls_left -= 1;
    }
}

impl Host for Faulty {
    fn available(&mut self, _: AccountId, _: AssetId) -> Atoms {
        self.call();
        Atoms::MAX
    }
    fn hold(&mut self, _: AccountId, _: AssetId, _: Atoms) {
        self.call();
    }
    fn release(&mut self, _: AccountId, _: AssetId, _: Atoms) {
        self.call();
    }
    fn pay(&mut self, _: AccountId, _: AssetId, _: Atoms) {
        self.call();
    }
    fn receive(&mut self, _: AccountId, _: AssetId, _: Atoms) {
        self.call();
    }
    fn prior(&mut self, _: AccountId, _: &ClientOrderId) -> Option<Prior> {
        self.call();
        None
    }
}

fn wide_rules() -> Rules {
    Rules {
        max_open_orders: 1_000,
        ..rules()
    }
}

fn random_command(random: &mut Random) -> Command {
    let side = if random.below(2) == 0 {
        Side::Buy
    } else {
        Side::Sell
    };
    let new = limit(
        1 + random.below(5),
        side,
        90 + random.below(20),
        1 + random.below(9),
    );
    let (account, order) = (new.account, 1 + random.below(300));
    match random.below(8) {
        0 => Command::Cancel { account, order },
        1 => Command::CancelAll {
            account,
            side: None,
        },
        2 => Command::Replace { order, new },
        _ => Command::Place(new),
    }
}

fn execute(memory: &mut OwnedMemory, journal: &mut Journal, command: &Command, calls_left: u64) {
    let (rules, facts) = (wide_rules(), &mut Facts::default());
    let _ = Book::new(memory.lend(), journal).execute(
        &rules,
        &mut Faulty { calls_left },
        command,
        facts,
    );
}

#[test]
fn nested_marks_restore_the_memory_bit_for_bit() {
    let mut random = Random::new(11);
    for _ in 0..200 {
        let (mut memory, mut journal) = (OwnedMemory::new(200), Journal::new());
        let mut marks = Vec::new();
        for _ in 0..100 {
            marks.push((journal.mark(), memory.clone()));
            for _ in 0..random.below(4) {
                execute(
                    &mut memory,
                    &mut journal,
                    &random_command(&mut random),
                    u64::MAX,
                );
            }
            if random.below(3) == 0 {
                let at = random.below(marks.len() as u64) as usize;
                let (mark, past) = marks.swap_remove(at);
                marks.truncate(at);
                Book::new(memory.lend(), &mut journal).undo_to(mark);
                assert_eq!(memory, past);
            }
        }
    }
}

#[test]
fn a_panic_half_way_is_undone() {
    let mut random = Random::new(12);
    let (mut memory, mut journal) = (OwnedMemory::new(200), Journal::new());
    let mut panics = 0;
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..20_000 {
        let before = memory.clone();
        let mark = journal.mark();
        let (command, calls) = (random_command(&mut random), random.below(12));
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            execute(&mut memory, &mut journal, &command, calls);
        }));
        if attempt.is_err() {
            panics += 1;
            Book::new(memory.lend(), &mut journal).undo_to(mark);
            if memory != before {
                std::panic::set_hook(hook);
                panic!("not restored after {command:?}");
            }
        } else if random.below(10) == 0 {
            journal.clear();
        }
    }
    std::panic::set_hook(hook);
    assert!(panics > 1_000, "{panics}");
    assert_eq!(Book::new(memory.lend(), &mut journal).validate(), Ok(()));
}

#[test]
fn a_reject_logs_nothing() {
    let (mut memory, mut journal) = (OwnedMemory::new(2), Journal::new());
    execute(
        &mut memory,
        &mut journal,
        &Command::Cancel {
            account: ALICE,
            order: 1,
        },
        9,
    );
    let beyond = Command::Place(limit(ALICE, Side::Buy, 1, 1));
    execute(&mut memory, &mut journal, &beyond, 9);
    assert!(journal.is_empty());
}

#[test]
fn a_stored_row_is_undone_with_the_rest_and_survives_going_back_to_later() {
    let (mut memory, mut journal) = (OwnedMemory::new(2), Journal::new());
    let place = Command::Place(limit(BOB, Side::Buy, 100, 1));
    execute(&mut memory, &mut journal, &place, 9);
    journal.clear();
    let mut book = Book::new(memory.lend(), &mut journal);
    book.set_row(1, 77);
    book.set_row(2, 78);
    let mark = book.mark();
    book.set_row(1, 79);
    book.undo_to(mark);
    assert_eq!(book.get(1).map(|order| order.row), Some(77));
    book.undo_to(0);
    assert_eq!(book.get(1).map(|order| order.row), Some(0));
}
