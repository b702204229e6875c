//! What the worker of payments reads: networks and wallets, withdrawals to pay, what is under way.
//! Whole amounts of the smallest unit ("atoms") are digits, as they come.

use serde_json::Value;

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
    /// What the payment is for.
    pub purpose: String,
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

/// Payments that have not ended and are not mined, in the order of the Safe's numbers.
///
/// # Errors
/// The database's.
pub async fn open_payments(on: &impl Query, network_id: i32) -> Result<Vec<OpenPayment>, Error> {
    const STATEMENT: Statement = Statement::read(
        "open_payments",
        "select p.payment_id, p.purpose, p.state, p.asset_id, p.from_address_id, p.safe_nonce, \
         p.identity_hash, p.plan, coalesce(p.owner_signatures, g.signatures), \
         coalesce(g.is_refused, false), \
         exists (select from chain.payments c where c.network_id = p.network_id \
            and c.safe_nonce = p.safe_nonce and c.purpose = 'cancel' \
            and c.state <> 'failed'), \
         chain.atoms(p.amount, t.scale) \
         from chain.payments p join exchange.assets t using (asset_id) left join lateral ( \
            select case when bool_and(s.state = 'signed') then array_agg(s.signature) end, \
                bool_or(s.state = 'refused') \
            from chain.signings s where s.payment_id = p.payment_id and s.attempt_id is null \
         ) g (signatures, is_refused) on true \
         where p.network_id = $1 and p.ended_at is null \
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id \
                and a.state = 'mined' and not a.is_reverted) \
         order by p.safe_nonce, p.payment_id",
    );
    let payment = |row| {
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
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(payment).collect()
}

/// The attempts of open payments, but those that a block holds for good; and those of a payment
/// that a stranger has carried, whose own numbers are still to be used up.
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
         g.signatures, g.asked, g.is_refused, p.purpose \
         from chain.attempts a join chain.payments p using (payment_id) \
         cross join lateral ( \
            select coalesce(array_agg(s.signature order by s.signing_id) \
                filter (where s.state = 'signed'), '{}'), count(*), \
                coalesce(bool_or(s.state = 'refused'), false) \
            from chain.signings s where s.attempt_id = a.attempt_id \
         ) g (signatures, asked, is_refused) \
         where a.network_id = $1 and (p.ended_at is null \
                and (a.state in ('unsigned', 'signed', 'broadcast') or a.is_reverted) \
            or p.state = 'confirmed' and a.nonce is not null \
                and a.state in ('unsigned', 'signed', 'broadcast')) \
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
            purpose: column(row, 14)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(attempt).collect()
}

/// An attempt that something else has overtaken: it can only be undone, but costs its gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OvertakenAttempt {
    /// Its number.
    pub attempt_id: i64,
    /// The payment.
    pub payment_id: i64,
    /// Its hash.
    pub txid: Vec<u8>,
}

/// Attempts of an account whose payment has happened otherwise, or never will, the newest first.
///
/// # Errors
/// The database's.
pub async fn overtaken_attempts(
    on: &impl Query,
    network_id: i32,
) -> Result<Vec<OvertakenAttempt>, Error> {
    const STATEMENT: Statement = Statement::read(
        "overtaken_attempts",
        "select a.attempt_id, a.payment_id, a.txid \
         from chain.attempts a join chain.payments p using (payment_id) \
         where a.network_id = $1 and a.state in ('signed', 'broadcast') and a.nonce is not null \
            and p.safe_nonce is not null \
            and (p.ended_at is not null or exists (select from chain.attempts m \
                where m.payment_id = a.payment_id and m.state = 'mined' and not m.is_reverted)) \
            and not exists (select from chain.attempts m where m.network_id = a.network_id \
                and m.from_script = a.from_script and m.nonce = a.nonce and m.state = 'mined') \
         order by a.attempt_id desc limit 100",
    );
    let attempt = |row| {
        Ok(OvertakenAttempt {
            attempt_id: column(row, 0)?,
            payment_id: column(row, 1)?,
            txid: column(row, 2)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(attempt).collect()
}

/// Numbers of an account that were given but that no attempt uses: nothing after them is mined.
/// What is not mined of a payment that was given up is not sent again, and uses none.
///
/// # Errors
/// The database's.
pub async fn missing_nonces(
    on: &impl Query,
    network_id: i32,
    script: &[u8],
    from_nonce: i64,
) -> Result<Vec<i64>, Error> {
    const STATEMENT: Statement = Statement::read(
        "missing_nonces",
        "select g.nonce from chain.nonces n \
         cross join lateral generate_series($3, n.next_nonce - 1) g (nonce) \
         where n.network_id = $1 and n.script = $2 and not exists ( \
            select from chain.attempts a where a.network_id = n.network_id \
                and a.from_script = n.script and a.nonce = g.nonce and a.state <> 'replaced' \
                and (a.state = 'mined' or not exists (select from chain.payments p \
                    where p.payment_id = a.payment_id and p.state = 'failed')) \
                and not exists (select from chain.signings s \
                    where s.attempt_id = a.attempt_id and s.state = 'refused')) \
         order by g.nonce",
    );
    let rows = on
        .rows(STATEMENT, &[&network_id, &script, &from_nonce])
        .await?;
    rows.iter().map(|row| column(row, 0)).collect()
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
        "select kind from chain.signings where attempt_id = $1 order by kind",
    );
    let rows = on.rows(STATEMENT, &[&attempt_id]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}
