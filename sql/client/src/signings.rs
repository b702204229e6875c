//! What a signer reads to judge for itself, and its answers.

use serde_json::Value;
use tokio_postgres::Row;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// The bell's number that says that a signing waits; no stream has it.
pub const SIGNING_BELL: i32 = 10_920;

/// A signing that waits, with what the database says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingSigning {
    /// Its number.
    pub signing_id: i64,
    /// `hot_outputs`, `safe`, `gas_account` or `deposit_keys`.
    pub kind: String,
    /// The payment.
    pub payment_id: i64,
    /// The attempt; none for a Safe's transaction.
    pub attempt_id: Option<i64>,
    /// On which network.
    pub network_id: i32,
    /// `bitcoin` or `evm`.
    pub family: String,
    /// Which chain of it.
    pub chain: String,
    /// `withdrawal`, `sweep`, `gas`, `cold`, `refill`, `refund` or `cancel`.
    pub purpose: String,
    /// `planned`, `signed`, `broadcast`, `confirmed` or `failed`.
    pub payment_state: String,
    /// What is sent.
    pub asset_id: i32,
    /// Its symbol.
    pub symbol: String,
    /// Its decimals.
    pub scale: i32,
    /// The token's contract.
    pub contract: Option<Vec<u8>>,
    /// How much.
    pub atoms: String,
    /// The deposit address that pays, and its 20 bytes.
    pub from_address_id: Option<i64>,
    /// What the chain has of that address.
    pub from_address: Option<Vec<u8>>,
    /// The Safe's number.
    pub safe_nonce: Option<i64>,
    /// What is said that the Safe's owners sign.
    pub identity_hash: Option<Vec<u8>>,
    /// What was planned.
    pub plan: Value,
    /// What is to be signed of an attempt.
    pub unsigned: Option<Vec<u8>>,
    /// The account that sends it.
    pub from_script: Option<Vec<u8>>,
    /// Its number of it.
    pub nonce: Option<i64>,
    /// The network's and the coin's halts.
    pub is_halted: bool,
    /// The Safe's signatures that are there.
    pub safe_signatures: Vec<Vec<u8>>,
    /// What anybody has signed of the payment's other attempts.
    pub other_attempts: Vec<Vec<u8>>,
    /// This signer has signed another attempt of the payment.
    pub is_later: bool,
}

/// Whom a payment pays, and what speaks for and against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedItem {
    /// The withdrawal that it carries out.
    pub withdrawal_id: Option<i64>,
    /// The deposit that it gives back.
    pub deposit_id: Option<i64>,
    /// What the payment says.
    pub atoms: String,
    /// To whom it says.
    pub script: Vec<u8>,
    /// What was asked for, or arrived.
    pub asked_atoms: Option<String>,
    /// To whom it was asked.
    pub asked_script: Option<Vec<u8>>,
    /// Of which asset.
    pub asked_asset_id: Option<i32>,
    /// On which network.
    pub asked_network_id: Option<i32>,
    /// Of the withdrawal or deposit.
    pub state: Option<String>,
    /// Which payment the withdrawal names.
    pub payment_of: Option<i64>,
    /// Another payment carries it, and has not failed.
    pub is_paid_twice: bool,
    /// Another payment of it is signed, so that it may happen, whatever is said of it.
    pub is_signed_elsewhere: bool,
    /// It was paid without a chain.
    pub is_internal: bool,
    /// Reviews by the coin's tiers, counted anew.
    pub needed_reviews: Option<i32>,
    /// Who is for it.
    pub approvals: i64,
    /// Who is against it.
    pub rejections: i64,
    /// The network or the coin is halted.
    pub is_halted: bool,
    /// Why nothing leaves the account at the moment: a reject's name.
    pub obstacle: Option<String>,
    /// The deposit that is to go back is in no block at the moment.
    pub has_vanished: bool,
}

/// Numbers of what waits for a signer, oldest first. What has ended is not signed any more.
///
/// # Errors
/// The database's.
pub async fn waiting_signings(on: &impl Query, signer: &str, most: i64) -> Result<Vec<i64>, Error> {
    const STATEMENT: Statement = Statement::read(
        "waiting_signings",
        "select s.signing_id from chain.signings s join chain.payments p using (payment_id) \
         where s.signer = $1 and s.state = 'waiting' and p.ended_at is null \
         order by s.signing_id limit $2",
    );
    let rows = on.rows(STATEMENT, &[&signer, &most]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}

/// A signing as it is now, unless it waits no longer.
///
/// # Errors
/// The database's.
pub async fn waiting_signing(
    on: &impl Query,
    signing_id: i64,
) -> Result<Option<WaitingSigning>, Error> {
    const STATEMENT: Statement = Statement::read(
        "waiting_signing",
        "select s.signing_id, s.kind, s.payment_id, s.attempt_id, p.network_id, n.family, n.chain, \
         p.purpose, p.state, p.asset_id, c.contract, chain.atoms(p.amount, t.scale), \
         p.from_address_id, d.script, p.safe_nonce, p.identity_hash, p.plan, \
         a.unsigned, a.from_script, a.nonce, n.is_halted or c.is_halted, \
         coalesce(p.owner_signatures, \
            (select coalesce(array_agg(o.signature), '{}') from chain.signings o \
                where o.payment_id = p.payment_id and o.kind = 'safe' and o.state = 'signed')), \
         (select coalesce(array_agg(o.unsigned), '{}') from chain.attempts o \
            where o.payment_id = p.payment_id and o.attempt_id <> s.attempt_id \
                and exists (select from chain.signings g \
                    where g.attempt_id = o.attempt_id and g.state = 'signed')), \
         exists (select from chain.signings g where g.payment_id = s.payment_id \
            and g.signer = s.signer and g.kind = s.kind and g.state = 'signed'), \
         t.symbol, t.scale::integer \
         from chain.signings s join chain.payments p using (payment_id) \
         join chain.networks n on n.network_id = p.network_id \
         join chain.coins c on c.network_id = p.network_id and c.asset_id = p.asset_id \
         join exchange.assets t on t.asset_id = p.asset_id \
         left join chain.attempts a on a.attempt_id = s.attempt_id \
         left join chain.addresses d on d.address_id = p.from_address_id \
         where s.signing_id = $1 and s.state = 'waiting' and p.ended_at is null",
    );
    let row = on.row(STATEMENT, &[&signing_id]).await?;
    row.as_ref().map(WaitingSigning::read).transpose()
}

impl WaitingSigning {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(WaitingSigning {
            signing_id: column(row, 0)?,
            kind: column(row, 1)?,
            payment_id: column(row, 2)?,
            attempt_id: column(row, 3)?,
            network_id: column(row, 4)?,
            family: column(row, 5)?,
            chain: column(row, 6)?,
            purpose: column(row, 7)?,
            payment_state: column(row, 8)?,
            asset_id: column(row, 9)?,
            contract: column(row, 10)?,
            atoms: column(row, 11)?,
            from_address_id: column(row, 12)?,
            from_address: column(row, 13)?,
            safe_nonce: column(row, 14)?,
            identity_hash: column(row, 15)?,
            plan: column(row, 16)?,
            unsigned: column(row, 17)?,
            from_script: column(row, 18)?,
            nonce: column(row, 19)?,
            is_halted: column(row, 20)?,
            safe_signatures: column(row, 21)?,
            other_attempts: column(row, 22)?,
            is_later: column(row, 23)?,
            symbol: column(row, 24)?,
            scale: column(row, 25)?,
        })
    }
}

/// Whom a payment pays.
///
/// # Errors
/// The database's.
pub async fn judged_items(on: &impl Query, payment_id: i64) -> Result<Vec<JudgedItem>, Error> {
    const STATEMENT: Statement = Statement::read(
        "judged_items",
        "select withdrawal_id, deposit_id, atoms, script, asked_atoms, asked_script, \
         asked_asset_id, asked_network_id, state, payment_of, is_internal, needed_reviews, \
         approvals, rejections, is_halted, is_paid_twice, obstacle, has_vanished, \
         chain.is_signed_elsewhere($1, withdrawal_id, deposit_id) \
         from chain.judged_items($1)",
    );
    let item = |row| {
        Ok(JudgedItem {
            withdrawal_id: column(row, 0)?,
            deposit_id: column(row, 1)?,
            atoms: column(row, 2)?,
            script: column(row, 3)?,
            asked_atoms: column(row, 4)?,
            asked_script: column(row, 5)?,
            asked_asset_id: column(row, 6)?,
            asked_network_id: column(row, 7)?,
            state: column(row, 8)?,
            payment_of: column(row, 9)?,
            is_internal: column::<Option<bool>>(row, 10)?.unwrap_or(false),
            needed_reviews: column(row, 11)?,
            approvals: column(row, 12)?,
            rejections: column(row, 13)?,
            is_halted: column(row, 14)?,
            is_paid_twice: column(row, 15)?,
            obstacle: column(row, 16)?,
            has_vanished: column(row, 17)?,
            is_signed_elsewhere: column(row, 18)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&payment_id]).await?;
    rows.iter().map(item).collect()
}

/// What a signer has signed of an asset to the outside within so many seconds: atoms and count.
///
/// # Errors
/// The database's.
pub async fn signed_lately(
    on: &impl Query,
    signer: &str,
    asset_id: i32,
    seconds: i64,
) -> Result<(String, i64), Error> {
    const STATEMENT: Statement = Statement::read(
        "signed_lately",
        "select chain.atoms(coalesce(sum(p.amount), 0), max(t.scale)::integer), count(*) from ( \
            select distinct s.payment_id from chain.signings s \
            where s.signer = $1 and s.state = 'signed' and s.kind in ('safe', 'hot_outputs') \
                and s.ended_at > now() - make_interval(secs => $3::bigint) \
         ) signed join chain.payments p using (payment_id) \
         right join exchange.assets t on t.asset_id = p.asset_id and p.purpose = 'withdrawal' \
         where t.asset_id = $2",
    );
    let row = on.row(STATEMENT, &[&signer, &asset_id, &seconds]).await?;
    let row = row.ok_or_else(|| Error::Bug("signed_lately gave no row".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}

/// A signer's answer; false where nothing of that number waits for it.
///
/// # Errors
/// The database's.
pub async fn put_signature(
    on: &impl Query,
    signing_id: i64,
    signature: &[u8],
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("put_signature", "select chain.put_signature($1, $2)");
    on.value(STATEMENT, &[&signing_id, &signature]).await
}

/// A signer will not sign, because of a withdrawal or at large.
///
/// # Errors
/// The database's.
pub async fn refuse_signing(
    on: &impl Query,
    signing_id: i64,
    refusal: &str,
    withdrawal_id: Option<i64>,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("refuse_signing", "select chain.refuse_signing($1, $2, $3)");
    on.value(STATEMENT, &[&signing_id, &refusal, &withdrawal_id])
        .await
}

/// Whether a network has a deposit address of that script.
///
/// # Errors
/// The database's.
pub async fn is_deposit_address(
    on: &impl Query,
    network_id: i32,
    script: &[u8],
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::read(
        "is_deposit_address",
        "select exists (select from chain.addresses where network_id = $1 and script = $2)",
    );
    on.value(STATEMENT, &[&network_id, &script]).await
}
