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

/// The accounts that a batch asked for.
pub(crate) struct Accounts {
    table: Table,
    tiers: Vec<(i32, Rates)>,
    known: BatchMap<AccountId, Result<Rates, Reject>>,
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
        Accounts {
            table: Table::open_to_read("accounts"),
            tiers,
            known: BatchMap::default(),
        }
    }

    /// The account's fee rates, or why it may not place orders.
    pub(crate) fn may_place(&mut self, accounts: &[AccountId]) -> Vec<Result<Rates, Reject>> {
        let mut lookup = None;
        let mut answers = Vec::with_capacity(accounts.len());
        for &account in accounts {
            let answer = *self.known.entry(account).or_insert_with(|| {
                let hint = hints::of(account, hints::ACCOUNT);
                let is_account =
                    |row: &Stored<'_>| row.bigint(column::ACCOUNT_ID) as u64 == account;
                let hinted = self.table.at(hint.place(), Sees::Latest, |row| {
                    is_account(row).then(|| judge(row, &self.tiers))
                });
                if let Some(answer) = hinted.flatten() {
                    return answer;
                }
                let lookup = lookup.get_or_insert_with(|| self.table.index("accounts_pkey", 1));
                let found = lookup.find(&[Key::Bigint(account as i64)], |place, row| {
                    hint.set(place);
                    judge(row, &self.tiers)
                });
                found.unwrap_or(Err(Reject::UnknownAccount))
            });
            answers.push(answer);
        }
        answers
    }
}

fn judge(row: &Stored<'_>, tiers: &[(i32, Rates)]) -> Result<Rates, Reject> {
    if row.text(column::ROLE) != "user" {
        return Err(Reject::UnknownAccount);
    }
    if row.text(column::STATUS) != "active" {
        return Err(Reject::AccountFrozen);
    }
    let tier = row.integer(column::FEE_TIER_ID);
    let rates = tiers.iter().find(|(id, _)| *id == tier);
    rates.map(|&(_, rates)| rates).ok_or(Reject::UnknownAccount)
}
