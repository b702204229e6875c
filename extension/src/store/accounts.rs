//! `accounts` and `fee_tiers`: who may place, and at which fees.

use crate::hash::BatchMap;
use crate::pg::hints;
use crate::pg::row::Stored;
use crate::pg::table::{Key, Sees, Table};
use engine::fee::Rates;
use engine::order::AccountId;
use engine::reject::Reject;

mod column {
    pub(super) const ACCOUNT_ID: usize = 0;
    pub(super) const ROLE: usize = 1;
    pub(super) const FEE_TIER_ID: usize = 4;
    pub(super) const STATUS: usize = 5;
}

mod tier {
    pub(super) const FEE_TIER_ID: usize = 0;
    pub(super) const MAKER_RATE: usize = 2;
    pub(super) const TAKER_RATE: usize = 3;
}

/// Decimals of a fee rate: parts per million.
const RATE_SCALE: u32 = 6;

/// What a batch needs to know of an account that may place orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placer {
    pub(crate) rates: Rates,
    /// Whether `risk.links` knows the account.
    pub(crate) is_linked: bool,
}

/// Positions of columns that a database of an earlier version does not have.
#[derive(Clone, Copy)]
struct Marks {
    is_linked: Option<usize>,
    may_trade: Option<usize>,
}

/// The accounts that a batch asked for.
pub(crate) struct Accounts {
    table: Table,
    tiers: Vec<(i32, Rates)>,
    marks: Marks,
    known: BatchMap<AccountId, Result<Placer, Reject>>,
}

impl Accounts {
    /// Reads the fee tiers; accounts are read when asked for.
    pub(crate) fn open() -> Accounts {
        let mut tiers = Vec::new();
        Table::open_to_read("fee_tiers").scan(|_, row| {
            let ppm = |column| row.numeric(column, RATE_SCALE).unwrap_or(0) as u32;
            let rates = Rates {
                maker_ppm: ppm(tier::MAKER_RATE),
                taker_ppm: ppm(tier::TAKER_RATE),
            };
            tiers.push((row.integer(tier::FEE_TIER_ID), rates));
        });
        let table = Table::open_to_read("accounts");
        Accounts {
            marks: Marks {
                is_linked: table.column("is_linked"),
                may_trade: table.column("may_trade"),
            },
            table,
            tiers,
            known: BatchMap::default(),
        }
    }

    /// The account's fee rates and marks, or why it may not place orders.
    pub(crate) fn may_place(&mut self, accounts: &[AccountId]) -> Vec<Result<Placer, Reject>> {
        let mut lookup = None;
        let mut answers = Vec::with_capacity(accounts.len());
        for &account in accounts {
            let answer = *self.known.entry(account).or_insert_with(|| {
                let hint = hints::of(account, hints::ACCOUNT);
                let is_account =
                    |row: &Stored<'_>| row.bigint(column::ACCOUNT_ID) as u64 == account;
                let hinted = self.table.at(hint.place(), Sees::Latest, |row| {
                    is_account(row).then(|| judge(row, &self.tiers, self.marks))
                });
                if let Some(answer) = hinted.flatten() {
                    return answer;
                }
                let lookup = lookup.get_or_insert_with(|| self.table.index("accounts_pkey", 1));
                let found = lookup.find(&[Key::Bigint(account as i64)], |place, row| {
                    hint.set(place);
                    judge(row, &self.tiers, self.marks)
                });
                found.unwrap_or(Err(Reject::UnknownAccount))
            });
            answers.push(answer);
        }
        answers
    }
}

fn judge(row: &Stored<'_>, tiers: &[(i32, Rates)], marks: Marks) -> Result<Placer, Reject> {
    if row.text(column::ROLE) != "user" {
        return Err(Reject::UnknownAccount);
    }
    if row.text(column::STATUS) != "active" {
        return Err(Reject::AccountFrozen);
    }
    let is_set = |column: Option<usize>| column.map(|column| row.boolean(column));
    if is_set(marks.may_trade) == Some(false) {
        return Err(Reject::KycRequired);
    }
    let tier = row.integer(column::FEE_TIER_ID);
    let rates = tiers.iter().find(|(id, _)| *id == tier);
    let placer = |&(_, rates): &(i32, Rates)| Placer {
        rates,
        is_linked: is_set(marks.is_linked) == Some(true),
    };
    rates.map(placer).ok_or(Reject::UnknownAccount)
}
