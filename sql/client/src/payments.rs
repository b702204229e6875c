//! What the worker of payments reads: networks and wallets, withdrawals to pay, what is under way.
//! Whole amounts of the smallest unit ("atoms") are digits, as they come.

use serde_json::Value;
use tokio_postgres::Row;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// The bell's number that says that payments have work; no stream has it.
pub const PAYMENTS_BELL: i32 = 10_921;

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentNetwork {
    /// Its number.
    pub network_id: i32,
    /// The name people use.
    pub name: String,
    /// Which chain of its family.
    pub chain: String,
    /// Nothing new is sent while it is set.
    pub is_halted: bool,
    /// The highest active block that was read.
    pub tip: Option<i64>,
}

/// A wallet of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseWallet {
    /// `hot`, `cold` or `gas`.
    pub role: String,
    /// Its address.
    pub address: String,
    /// What the chain has.
    pub script: Vec<u8>,
    /// Whose keys.
    pub descriptor: Option<String>,
}

/// A coin of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCoin {
    /// The asset.
    pub asset_id: i32,
    /// Its symbol.
    pub symbol: String,
    /// The token's contract; none for the network's own coin.
    pub contract: Option<Vec<u8>>,
    /// Confirmations until a payment is final.
    pub final_confirmations: i32,
    /// What is gathered from deposit addresses, at least.
    pub sweep_atoms: String,
    /// What the hot wallet keeps, at most.
    pub ceiling_atoms: String,
    /// Nothing of it is sent while it is set.
    pub is_halted: bool,
}

/// A withdrawal that no payment carries yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedWithdrawal {
    /// Its number.
    pub withdrawal_id: i64,
    /// Of which asset.
    pub asset_id: i32,
    /// The token's contract; none for the network's own coin.
    pub contract: Option<Vec<u8>>,
    /// What arrives.
    pub atoms: String,
    /// To where.
    pub address: String,
    /// What the chain has.
    pub script: Vec<u8>,
    /// How long ago it was approved.
    pub waited_ms: i64,
}

/// A payment that has not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPayment {
    /// Its number.
    pub payment_id: i64,
    /// `withdrawal`, `sweep`, `gas`, `cold`, `refill`, `refund` or `cancel`.
    pub purpose: String,
    /// `planned`, `signed` or `broadcast`.
    pub state: String,
    /// Of which asset.
    pub asset_id: i32,
    /// How much.
    pub atoms: String,
    /// The deposit address that pays.
    pub from_address_id: Option<i64>,
    /// The Safe's number of it.
    pub safe_nonce: Option<i64>,
    /// What the Safe's owners sign.
    pub identity_hash: Option<Vec<u8>>,
    /// What was planned.
    pub plan: Value,
    /// The owners' signatures, once both are there.
    pub safe_signatures: Option<Vec<Vec<u8>>>,
    /// Whether a signer refused the Safe's transaction.
    pub is_refused: bool,
    /// Whether a cancelling payment of the same number exists.
    pub is_cancelled: bool,
    /// The network or the coin is halted; what cancels goes on all the same.
    pub is_halted: bool,
}

/// An attempt that no block holds, or only in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its number.
    pub attempt_id: i64,
    /// The payment.
    pub payment_id: i64,
    /// Counts from 1.
    pub number: i32,
    /// `unsigned`, `signed`, `broadcast`, or `mined` where it was undone as a whole.
    pub state: String,
    /// The account that sends it.
    pub from_script: Option<Vec<u8>>,
    /// The account's number of it.
    pub nonce: Option<i64>,
    /// What is signed.
    pub unsigned: Vec<u8>,
    /// What is sent.
    pub raw: Option<Vec<u8>>,
    /// Its hash.
    pub txid: Option<Vec<u8>>,
    /// How long ago it was first sent, or else signed: for so long it has not been mined.
    pub waited_ms: Option<i64>,
    /// How long ago it was last sent.
    pub last_broadcast_ms: Option<i64>,
    /// Signatures that were asked for it, and how many are there.
    pub signatures: Vec<Vec<u8>>,
    /// How many were asked.
    pub asked: i64,
    /// Whether one was refused.
    pub is_refused: bool,
    /// The network or the coin is halted; what cancels goes on all the same.
    pub is_halted: bool,
}

/// The networks of a family.
///
/// # Errors
/// The database's.
pub async fn payment_networks(on: &impl Query, family: &str) -> Result<Vec<PaymentNetwork>, Error> {
    const STATEMENT: Statement = Statement::read(
        "payment_networks",
        "select n.network_id, n.name, n.chain, n.is_halted, \
         (select max(height) from chain.blocks b where b.network_id = n.network_id and is_active) \
         from chain.networks n where n.family = $1 order by n.network_id",
    );
    let network = |row| {
        Ok(PaymentNetwork {
            network_id: column(row, 0)?,
            name: column(row, 1)?,
            chain: column(row, 2)?,
            is_halted: column(row, 3)?,
            tip: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&family]).await?;
    rows.iter().map(network).collect()
}

/// The house's wallets of a network.
///
/// # Errors
/// The database's.
pub async fn house_wallets(on: &impl Query, network_id: i32) -> Result<Vec<HouseWallet>, Error> {
    const STATEMENT: Statement = Statement::read(
        "house_wallets",
        "select role, address, script, descriptor from chain.wallets where network_id = $1",
    );
    let wallet = |row| {
        Ok(HouseWallet {
            role: column(row, 0)?,
            address: column(row, 1)?,
            script: column(row, 2)?,
            descriptor: column(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(wallet).collect()
}

/// Registers a wallet. For the operator.
///
/// # Errors
/// Rejected: `UNKNOWN_NETWORK`, `WALLET_EXISTS`.
pub async fn add_wallet(
    on: &impl Query,
    network: &str,
    wallet: &HouseWallet,
) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("add_wallet", "select chain.add_wallet($1, $2, $3, $4, $5)");
    let HouseWallet {
        role,
        address,
        script,
        descriptor,
    } = wallet;
    on.value(STATEMENT, &[&network, role, address, script, descriptor])
        .await
}

/// The coins of a network.
///
/// # Errors
/// The database's.
pub async fn payment_coins(on: &impl Query, network_id: i32) -> Result<Vec<PaymentCoin>, Error> {
    const STATEMENT: Statement = Statement::read(
        "payment_coins",
        "select c.asset_id, s.symbol, c.contract, c.large_confirmations, \
         chain.atoms(c.sweep_above, s.scale), chain.atoms(c.hot_ceiling, s.scale), c.is_halted \
         from chain.coins c join exchange.assets s using (asset_id) \
         where c.network_id = $1 order by c.asset_id",
    );
    let coin = |row| {
        Ok(PaymentCoin {
            asset_id: column(row, 0)?,
            symbol: column(row, 1)?,
            contract: column(row, 2)?,
            final_confirmations: column(row, 3)?,
            sweep_atoms: column(row, 4)?,
            ceiling_atoms: column(row, 5)?,
            is_halted: column(row, 6)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(coin).collect()
}

/// Locks withdrawals that are to be paid; the caller plans alone until its transaction ends.
///
/// # Errors
/// The database's.
pub async fn approved_withdrawals(
    on: &impl Query,
    network_id: i32,
    most: i32,
) -> Result<Vec<ApprovedWithdrawal>, Error> {
    const STATEMENT: Statement = Statement::write(
        "approved_withdrawals",
        "select withdrawal_id, asset_id, contract, atoms, address, script, waited_ms \
         from chain.approved_withdrawals($1, $2)",
    );
    let withdrawal = |row| {
        Ok(ApprovedWithdrawal {
            withdrawal_id: column(row, 0)?,
            asset_id: column(row, 1)?,
            contract: column(row, 2)?,
            atoms: column(row, 3)?,
            address: column(row, 4)?,
            script: column(row, 5)?,
            waited_ms: column(row, 6)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id, &most]).await?;
    rows.iter().map(withdrawal).collect()
}

/// The statement that reads payments of network `$1` on a condition.
macro_rules! payments_on {
    ($condition:literal) => {
        concat!(
            "select p.payment_id, p.purpose, p.state, p.asset_id, p.from_address_id, \
             p.safe_nonce, p.identity_hash, p.plan, coalesce(p.owner_signatures, g.signatures), \
             coalesce(g.is_refused, false), \
             exists (select from chain.payments c where c.network_id = p.network_id \
                and c.safe_nonce = p.safe_nonce and c.purpose = 'cancel' \
                and c.state <> 'failed'), \
             chain.atoms(p.amount, t.scale), \
             (n.is_halted or c.is_halted) and p.purpose <> 'cancel' \
             from chain.payments p join exchange.assets t using (asset_id) \
             join chain.networks n on n.network_id = p.network_id \
             join chain.coins c on c.network_id = p.network_id and c.asset_id = p.asset_id \
             left join lateral ( \
                select case when bool_and(s.state = 'signed') then array_agg(s.signature) end, \
                    bool_or(s.state = 'refused') \
                from chain.signings s where s.payment_id = p.payment_id and s.attempt_id is null \
             ) g (signatures, is_refused) on true \
             where p.network_id = $1 and ",
            $condition,
            " order by p.safe_nonce, p.payment_id"
        )
    };
}

/// Payments that have not ended and are not mined, in the order of the Safe's numbers.
///
/// # Errors
/// The database's.
pub async fn open_payments(on: &impl Query, network_id: i32) -> Result<Vec<OpenPayment>, Error> {
    const STATEMENT: Statement = Statement::read(
        "open_payments",
        payments_on!(
            "p.ended_at is null and not exists (select from chain.attempts a \
                where a.payment_id = p.payment_id and a.state = 'mined' and not a.is_reverted)"
        ),
    );
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(payment).collect()
}

/// Payments that have not ended, and those that have while transactions of them may still be mined.
///
/// # Errors
/// The database's.
pub async fn watched_payments(on: &impl Query, network_id: i32) -> Result<Vec<OpenPayment>, Error> {
    const STATEMENT: Statement = Statement::read(
        "watched_payments",
        payments_on!(
            "p.payment_id in (select o.payment_id from chain.payments o \
                where o.network_id = $1 and o.ended_at is null union all \
                select a.payment_id from chain.attempts a where a.network_id = $1 \
                and a.closed_at is null and a.from_script is not null and a.raw is not null)"
        ),
    );
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(payment).collect()
}

fn payment(row: &Row) -> Result<OpenPayment, Error> {
    Ok(OpenPayment {
        payment_id: column(row, 0)?,
        purpose: column(row, 1)?,
        state: column(row, 2)?,
        asset_id: column(row, 3)?,
        from_address_id: column(row, 4)?,
        safe_nonce: column(row, 5)?,
        identity_hash: column(row, 6)?,
        plan: column(row, 7)?,
        safe_signatures: column(row, 8)?,
        is_refused: column(row, 9)?,
        is_cancelled: column(row, 10)?,
        atoms: column(row, 11)?,
        is_halted: column(row, 12)?,
    })
}

/// The attempts of open payments, but those that a block holds for good.
///
/// # Errors
/// The database's.
pub async fn open_attempts(on: &impl Query, network_id: i32) -> Result<Vec<OpenAttempt>, Error> {
    const STATEMENT: Statement = Statement::read(
        "open_attempts",
        "select a.attempt_id, a.payment_id, a.number, a.state, a.from_script, a.nonce, \
         a.unsigned, a.raw, a.txid, \
         (extract(epoch from clock_timestamp() \
            - coalesce(a.broadcast_at, a.signed_at)) * 1000)::bigint, \
         (extract(epoch from clock_timestamp() - a.last_broadcast_at) * 1000)::bigint, \
         g.signatures, g.asked, g.is_refused, \
         (n.is_halted or c.is_halted) and p.purpose <> 'cancel' \
         from chain.attempts a join chain.payments p using (payment_id) \
         join chain.networks n on n.network_id = a.network_id \
         join chain.coins c on c.network_id = p.network_id and c.asset_id = p.asset_id \
         cross join lateral ( \
            select coalesce(array_agg(s.signature order by s.signing_id) \
                filter (where s.state = 'signed'), '{}'), count(*), \
                coalesce(bool_or(s.state = 'refused'), false) \
            from chain.signings s \
            where s.payment_id = a.payment_id and s.attempt_id = a.attempt_id \
         ) g (signatures, asked, is_refused) \
         where a.network_id = $1 and p.ended_at is null and a.closed_at is null \
            and (a.state in ('unsigned', 'signed', 'broadcast') or a.is_reverted) \
         order by a.attempt_id",
    );
    let attempt = |row| {
        Ok(OpenAttempt {
            attempt_id: column(row, 0)?,
            payment_id: column(row, 1)?,
            number: column(row, 2)?,
            state: column(row, 3)?,
            from_script: column(row, 4)?,
            nonce: column(row, 5)?,
            unsigned: column(row, 6)?,
            raw: column(row, 7)?,
            txid: column(row, 8)?,
            waited_ms: column(row, 9)?,
            last_broadcast_ms: column(row, 10)?,
            signatures: column(row, 11)?,
            asked: column(row, 12)?,
            is_refused: column(row, 13)?,
            is_halted: column(row, 14)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(attempt).collect()
}

/// The number of a payment's next attempt.
///
/// # Errors
/// The database's.
pub async fn next_attempt(on: &impl Query, payment_id: i64) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::read(
        "next_attempt",
        "select coalesce(max(number), 0) + 1 from chain.attempts where payment_id = $1",
    );
    on.value(STATEMENT, &[&payment_id]).await
}

/// Which keys were asked for an attempt.
///
/// # Errors
/// The database's.
pub async fn signing_kinds(on: &impl Query, attempt_id: i64) -> Result<Vec<String>, Error> {
    const STATEMENT: Statement = Statement::read(
        "signing_kinds",
        "select s.kind from chain.attempts a join chain.signings s using (payment_id, attempt_id) \
         where a.attempt_id = $1 order by s.kind",
    );
    let rows = on.rows(STATEMENT, &[&attempt_id]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}
