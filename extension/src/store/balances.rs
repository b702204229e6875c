//! `balances`: read by a hint of where the row lies, written once a batch in key order.

use crate::pg::appender::Appender;
use crate::pg::hints::{self, Hint};
use crate::pg::row::{Arena, Row, Stored};
use crate::pg::session;
use crate::pg::table::{Changed, IndexLookup, Key, Place, Sees, Table};
use engine::order::{AccountId, AssetId, Atoms};

mod column {
    pub(super) const ACCOUNT_ID: usize = 0;
    pub(super) const ASSET_ID: usize = 1;
    pub(super) const AVAILABLE: usize = 2;
    pub(super) const HELD: usize = 3;
}

/// How often a row may change under our hands before the batch is given back to be repeated.
const MAX_ATTEMPTS: u32 = 100;

/// Key of a balance; ordered as the rows are locked.
pub(crate) type BalanceKey = (AccountId, AssetId);

/// A balance as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Balance {
    pub(crate) place: Place,
    pub(crate) available: Atoms,
    pub(crate) held: Atoms,
}

/// How much a batch changes a balance, and what it read of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Movement {
    pub(crate) available: i128,
    pub(crate) held: i128,
    pub(crate) read: Option<Balance>,
}

/// Opens the table.
pub(crate) fn open() -> Table {
    Table::open("balances")
}

fn hint(key: BalanceKey) -> Hint {
    hints::of(key.0, key.1)
}

fn balance(place: Place, row: &Stored<'_>, scale: u32) -> Balance {
    let amount = |column| {
        row.numeric(column, scale).unwrap_or_else(|_| {
            panic!(
                "balance of account {} is not exact",
                row.bigint(column::ACCOUNT_ID)
            )
        })
    };
    Balance {
        place,
        available: amount(column::AVAILABLE),
        held: amount(column::HELD),
    }
}

/// Reads and writes balances of one batch.
pub(crate) struct Balances<'a> {
    table: &'a Table,
    lookup: IndexLookup<'a>,
}

impl<'a> Balances<'a> {
    pub(crate) fn new(table: &'a Table) -> Balances<'a> {
        Balances {
            table,
            lookup: table.index("balances_pkey", 2),
        }
    }

    /// The balance as committed now; `None` where there is no row.
    pub(crate) fn find(&mut self, key: BalanceKey, scale: u32) -> Option<Balance> {
        let place = hint(key).place();
        let hinted = self.table.at(place, Sees::Latest, |row| {
            let is_key = row.bigint(column::ACCOUNT_ID) as u64 == key.0
                && row.integer(column::ASSET_ID) as u32 == key.1;
            is_key.then(|| balance(place, row, scale))
        });
        hinted.flatten().or_else(|| self.find_by_index(key, scale))
    }

    fn find_by_index(&mut self, key: BalanceKey, scale: u32) -> Option<Balance> {
        let (account, asset) = key;
        let keys = [Key::Bigint(account as i64), Key::Integer(asset as i32)];
        let found = self
            .lookup
            .find(&keys, |place, row| balance(place, row, scale));
        if let Some(found) = found {
            hint(key).set(found.place);
        }
        found
    }
}

/// Applies the movements, which are in key order: rows are locked in that order, so transactions
/// that share accounts wait for each other but never in a circle. Existing rows come first, new
/// ones after, again in order.
pub(crate) fn apply(
    balances: &mut Balances<'_>,
    movements: &[(BalanceKey, Movement)],
    scale: impl Fn(AssetId) -> u32,
    arena: &mut Arena,
) {
    let mut appender = Appender::new(balances.table);
    let mut row = Row::default();
    let mut missing = Vec::new();
    for &(key, movement) in movements {
        let scale = scale(key.1);
        let mut found = movement.read.or_else(|| balances.find(key, scale));
        let mut attempts = 0;
        while let Some(current) = found {
            write(&mut row, arena, key, &current, &movement, scale);
            appender.check_row(&row);
            match balances
                .table
                .update(current.place, &mut row, &mut appender)
            {
                Changed::Done(place) => {
                    hint(key).set(place);
                    break;
                }
                Changed::Stale => {
                    attempts += 1;
                    if attempts == MAX_ATTEMPTS {
                        session::serialization_failure("a balance keeps changing");
                    }
                    balances.table.refresh();
                    found = balances.find_by_index(key, scale);
                }
            }
        }
        if found.is_none() {
            missing.push((key, movement, scale));
        }
    }
    let nothing = Balance {
        place: Place(0),
        available: 0,
        held: 0,
    };
    for (key, movement, scale) in missing {
        write(&mut row, arena, key, &nothing, &movement, scale);
        appender.add(&row, &mut |_| {});
    }
    appender.finish(&mut |_| {});
}

/// Fills `row` with the balance after the movement. The decision was made on the balance as read
/// when the batch began; where another market has spent it since, the batch must be repeated.
fn write(
    row: &mut Row,
    arena: &mut Arena,
    key: BalanceKey,
    current: &Balance,
    movement: &Movement,
    scale: u32,
) {
    let Some(available) = current.available.checked_add_signed(movement.available) else {
        session::serialization_failure("the balance was spent by another transaction");
    };
    let Some(held) = current.held.checked_add_signed(movement.held) else {
        panic!(
            "account {} holds less of asset {} than its orders",
            key.0, key.1
        );
    };
    row.clear();
    row.bigint(key.0 as i64);
    row.integer(key.1 as i32);
    row.numeric(arena, available, scale);
    row.numeric(arena, held, scale);
}
