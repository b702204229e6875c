//! Accounts: opening, freezing, balances and statements.

use time::OffsetDateTime;

use crate::error::Error;
use crate::pool::Pool;
use crate::query::{Query, Statement, column};
use crate::transaction::read_as;

/// Most balances and statement entries that are read at once.
pub const MAX_ROWS: i64 = 10_000;

/// Opens a user's account; the hash is bcrypt. Gives its number.
///
/// # Errors
/// Rejected: `INVALID_EMAIL`, `INVALID_PASSWORD_HASH`, `UNKNOWN_FEE_TIER`, `EMAIL_TAKEN`.
pub async fn create_account(
    on: &impl Query,
    email: &str,
    password_hash: Option<&str>,
    fee_tier_id: i32,
) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "create_account",
        "select exchange.create_account($1, $2, $3)",
    );
    on.value(STATEMENT, &[&email, &password_hash, &fee_tier_id])
        .await
}

/// Changes a password and ends the account's sessions.
///
/// # Errors
/// Rejected: `INVALID_PASSWORD_HASH`, `UNKNOWN_ACCOUNT`.
pub async fn set_password_hash(
    on: &impl Query,
    account_id: i64,
    password_hash: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "set_password_hash",
        "select exchange.set_password_hash($1, $2)",
    );
    on.rows(STATEMENT, &[&account_id, &password_hash])
        .await
        .map(drop)
}

/// Freezes an account (`frozen`) or frees it (`active`).
///
/// # Errors
/// Rejected: `INVALID_STATUS`, `UNKNOWN_ACCOUNT`.
pub async fn set_account_status(
    on: &impl Query,
    account_id: i64,
    status: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "set_account_status",
        "select exchange.set_account_status($1, $2)",
    );
    on.rows(STATEMENT, &[&account_id, &status]).await.map(drop)
}

/// Money to move between an account and the world outside.
#[derive(Clone, Copy, Debug)]
pub struct Adjustment<'a> {
    /// Whose balance.
    pub account_id: i64,
    /// In which asset.
    pub asset: &'a str,
    /// Decimal text; negative takes away.
    pub amount: &'a str,
    /// Why, in words.
    pub reason: &'a str,
    /// A repeat of the same key changes nothing.
    pub idempotency_key: &'a str,
}

/// Adjusts a balance; gives the adjustment's number, of the first one where the key is repeated.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `INVALID_AMOUNT`, `INVALID_IDEMPOTENCY_KEY`, `INVALID_REASON`,
/// `UNKNOWN_ACCOUNT`, `DUPLICATE_IDEMPOTENCY_KEY`, `INSUFFICIENT_BALANCE`.
pub async fn adjust_balance(on: &impl Query, adjustment: Adjustment<'_>) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "adjust_balance",
        "select exchange.adjust_balance($1, $2, $3::text::numeric, $4, $5)",
    );
    let Adjustment {
        account_id,
        asset,
        amount,
        reason,
        idempotency_key,
    } = adjustment;
    if !is_decimal(amount) {
        let message = "an amount is a decimal number of at most 60 characters".to_owned();
        return Err(Error::Rejected {
            code: "INVALID_AMOUNT".to_owned(),
            message,
        });
    }
    on.value(
        STATEMENT,
        &[&account_id, &asset, &amount, &reason, &idempotency_key],
    )
    .await
}

/// What an account has of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The asset's symbol.
    pub asset: String,
    /// Free to use.
    pub available: String,
    /// Frozen by open orders.
    pub held: String,
    /// Both together.
    pub total: String,
}

/// What each of these accounts has, account by account, once it is durable: for the stream of
/// balances, which decides beforehand who may see them.
///
/// # Errors
/// The database's.
pub async fn balances_of(on: &impl Query, account_ids: &[i64]) -> Result<Vec<AssetBalance>, Error> {
    const STATEMENT: Statement = Statement::read(
        "balances_of",
        "select account_id, asset, available, held from exchange.balances_of($1)",
    );
    let balance = |row| {
        Ok(AssetBalance {
            account_id: column(row, 0)?,
            asset: column(row, 1)?,
            available: column(row, 2)?,
            held: column(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_ids]).await?;
    rows.iter().map(balance).collect()
}

/// What an account has of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetBalance {
    /// The account.
    pub account_id: i64,
    /// The asset's symbol.
    pub asset: String,
    /// Free to use.
    pub available: String,
    /// Frozen by open orders.
    pub held: String,
}

/// An account's balances, by asset.
///
/// # Errors
/// The database's.
pub async fn account_balances(pool: &Pool, account_id: i64) -> Result<Vec<Balance>, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_balances",
        "select asset, available::text, held::text, total::text from exchange.account_balances \
         where account_id = $1 order by asset limit $2",
    );
    let rows = read_as(pool, account_id, STATEMENT, &[&account_id, &MAX_ROWS]).await?;
    let balance = |row| {
        Ok(Balance {
            asset: column(row, 0)?,
            available: column(row, 1)?,
            held: column(row, 2)?,
            total: column(row, 3)?,
        })
    };
    rows.iter().map(balance).collect()
}

/// What an account had of an asset at a time, available and held together.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`.
pub async fn balance_at(
    pool: &Pool,
    account_id: i64,
    asset: &str,
    at: OffsetDateTime,
) -> Result<String, Error> {
    const STATEMENT: Statement =
        Statement::read("balance_at", "select exchange.balance_at($1, $2, $3)::text");
    let rows = read_as(pool, account_id, STATEMENT, &[&account_id, &asset, &at]).await?;
    rows.first().map_or_else(
        || Err(Error::Bug("no balance".to_owned())),
        |row| column(row, 0),
    )
}

/// A posting of an account's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// When.
    pub occurred_at: OffsetDateTime,
    /// trade or adjustment.
    pub fact_kind: String,
    /// The fact's number.
    pub fact_id: i64,
    /// base, quote, fee or adjustment.
    pub leg: String,
    /// The asset's symbol.
    pub asset: String,
    /// Added; negative: taken.
    pub amount: String,
    /// Of the asset, after it.
    pub balance: String,
}

/// An account's ledger entries from a time until before another, oldest first, [`MAX_ROWS`] at
/// most.
///
/// # Errors
/// The database's.
pub async fn account_statement(
    pool: &Pool,
    account_id: i64,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<Vec<StatementEntry>, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_statement",
        "select occurred_at, fact_kind, fact_id, leg, asset, amount::text, balance::text \
         from exchange.account_statement($1, $2, $3) limit $4",
    );
    let rows = read_as(
        pool,
        account_id,
        STATEMENT,
        &[&account_id, &from, &to, &MAX_ROWS],
    )
    .await?;
    let entry = |row| {
        Ok(StatementEntry {
            occurred_at: column(row, 0)?,
            fact_kind: column(row, 1)?,
            fact_id: column(row, 2)?,
            leg: column(row, 3)?,
            asset: column(row, 4)?,
            amount: column(row, 5)?,
            balance: column(row, 6)?,
        })
    };
    rows.iter().map(entry).collect()
}

/// Whether Postgres reads it as a finite number and not as NaN, infinity or an error.
pub fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 60 && all_digits(whole) && all_digits(part)
}

#[cfg(test)]
mod tests {
    use super::is_decimal;

    #[test]
    fn decimals_are_told_from_everything_else() {
        for good in ["0", "-1", "100.000000000000000001", "00.10"] {
            assert!(is_decimal(good), "{good}");
        }
        let long = "9".repeat(61);
        for bad in [
            "", "-", ".5", "5.", "1e5", "NaN", "Infinity", "+1", " 1", "1.2.3", &long,
        ] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }
}
