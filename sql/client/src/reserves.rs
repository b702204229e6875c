//! What our facts say that chains hold for us, what to ask nodes for, and the comparison.

use crate::error::Error;
use crate::query::{Params, Query, Statement, column};

/// A network to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedNetwork {
    /// Its number.
    pub network_id: i32,
    /// Its name.
    pub name: String,
    /// bitcoin or evm.
    pub family: String,
}

/// The networks that are listed.
///
/// # Errors
/// The database's.
pub async fn compared_networks(on: &impl Query) -> Result<Vec<ComparedNetwork>, Error> {
    const STATEMENT: Statement = Statement::read(
        "compared_networks",
        "select network_id, name, family from chain.networks order by network_id",
    );
    let network = |row| {
        Ok(ComparedNetwork {
            network_id: column(row, 0)?,
            name: column(row, 1)?,
            family: column(row, 2)?,
        })
    };
    let rows = on.rows(STATEMENT, &[]).await?;
    rows.iter().map(network).collect()
}

/// A coin of a network, and the block at which its facts stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinFacts {
    /// The asset.
    pub asset_id: i32,
    /// Its symbol.
    pub asset: String,
    /// Its decimals.
    pub scale: i32,
    /// The token's contract; `None`: the network's own coin.
    pub contract: Option<Vec<u8>>,
    /// The highest block that was read.
    pub block_height: i64,
    /// Its hash.
    pub block_hash: Vec<u8>,
    /// What should be held there, as a decimal.
    pub expected: String,
    /// The sums that make it up, as JSON.
    pub parts: String,
}

/// The coins of a network with what should be held of each; none before the first block was read.
///
/// # Errors
/// The database's.
pub async fn coin_facts(on: &impl Query, network_id: i32) -> Result<Vec<CoinFacts>, Error> {
    const STATEMENT: Statement = Statement::read(
        "coin_facts",
        "select asset_id, asset, scale, contract, block_height, block_hash, expected::text, \
         parts::text \
         from proof.facts_of($1)",
    );
    let facts = |row| {
        Ok(CoinFacts {
            asset_id: column(row, 0)?,
            asset: column(row, 1)?,
            scale: column(row, 2)?,
            contract: column(row, 3)?,
            block_height: column(row, 4)?,
            block_hash: column(row, 5)?,
            expected: column(row, 6)?,
            parts: column(row, 7)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(facts).collect()
}

/// An output of ours that no block spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnOutput {
    /// A wallet's role, or deposits.
    pub holder: String,
    /// Its transaction, first byte first as tools print it.
    pub txid: Vec<u8>,
    /// Which output.
    pub output_index: i32,
    /// Its script.
    pub script: Vec<u8>,
}

/// Outputs of ours, of a Bitcoin network.
///
/// # Errors
/// The database's.
pub async fn own_outputs(on: &impl Query, network_id: i32) -> Result<Vec<OwnOutput>, Error> {
    const STATEMENT: Statement = Statement::read(
        "own_outputs",
        "select holder, txid, output_index, script from proof.outputs_of($1)",
    );
    let output = |row| {
        Ok(OwnOutput {
            holder: column(row, 0)?,
            txid: column(row, 1)?,
            output_index: column(row, 2)?,
            script: column(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(output).collect()
}

/// Accounts of ours on an EVM network that may hold something: holder and its 20 bytes.
///
/// # Errors
/// The database's.
pub async fn own_accounts(
    on: &impl Query,
    network_id: i32,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    const STATEMENT: Statement = Statement::read(
        "own_accounts",
        "select holder, script from proof.holders_of($1)",
    );
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter()
        .map(|row| Ok((column(row, 0)?, column(row, 1)?)))
        .collect()
}

/// A comparison of a coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The asset's symbol.
    pub asset: String,
    /// What the node said.
    pub held: String,
    /// What the facts say.
    pub expected: String,
    /// Held less expected.
    pub difference: String,
    /// Whether they differ.
    pub is_different: bool,
    /// Whether the coin's withdrawals were halted now.
    pub is_halted: bool,
}

/// Compares what a node said at a block, by asset, with the facts that were read when that block
/// was the highest, and stores it. Empty where the block has left the chain since.
///
/// # Errors
/// The database's.
pub async fn record_reconciliation(
    on: &impl Query,
    network_id: i32,
    block_hash: &[u8],
    facts: &[CoinFacts],
    held: &[(i32, String)],
) -> Result<Vec<Compared>, Error> {
    const STATEMENT: Statement = Statement::write(
        "record_reconciliation",
        "select asset, held_amount::text, expected_amount::text, difference::text, \
         difference <> 0, is_halted from proof.record_reconciliation($1, $2, $3, \
         $4::text[]::numeric[], $5::text[]::numeric[], $6::text[]::jsonb[])",
    );
    let both = facts.iter().filter_map(|coin| {
        let held = held.iter().find(|(asset_id, _)| *asset_id == coin.asset_id);
        held.map(|(_, amount)| (coin, amount.as_str()))
    });
    let both: Vec<(&CoinFacts, &str)> = both.collect();
    let assets: Vec<i32> = both.iter().map(|(coin, _)| coin.asset_id).collect();
    let amounts: Vec<&str> = both.iter().map(|(_, amount)| *amount).collect();
    let expected: Vec<&str> = both.iter().map(|(coin, _)| &*coin.expected).collect();
    let parts: Vec<&str> = both.iter().map(|(coin, _)| &*coin.parts).collect();
    let compared = |row| {
        Ok(Compared {
            asset: column(row, 0)?,
            held: column(row, 1)?,
            expected: column(row, 2)?,
            difference: column(row, 3)?,
            is_different: column(row, 4)?,
            is_halted: column(row, 5)?,
        })
    };
    let said: Params<'_> = &[
        &network_id,
        &block_hash,
        &assets,
        &amounts,
        &expected,
        &parts,
    ];
    let rows = on.rows(STATEMENT, said).await?;
    rows.iter().map(compared).collect()
}

/// Halts what is sent on every network; gives how many were not halted before.
///
/// # Errors
/// The database's.
pub async fn halt_all_networks(on: &impl Query, reason: &str) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write("halt_all_networks", "select proof.halt_all($1)");
    on.value(STATEMENT, &[&reason]).await
}

/// Books gas that no payment explains, at the cost of the house's capital, once a transaction;
/// false where it was booked before. An administrator's.
///
/// # Errors
/// The database's.
pub async fn book_gas(
    on: &impl Query,
    network: &str,
    txid: &[u8],
    wei: &str,
    reason: &str,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "book_gas",
        "select proof.book_loss(n.name, 'gas', s.symbol, $2, \
            chain.amount_of_atoms($3, s.scale), $4) \
         from chain.networks n \
         join chain.coins c on c.network_id = n.network_id and c.contract is null \
         join exchange.assets s on s.asset_id = c.asset_id \
         where n.name = $1 and not exists (select from exchange.reserve_entries r \
            where r.network_id = n.network_id and r.txid = $2 and r.position = 'lost')",
    );
    let booked = on.row(STATEMENT, &[&network, &txid, &wei, &reason]).await?;
    Ok(booked.is_some())
}

/// The roles of a network's wallets.
///
/// # Errors
/// The database's.
pub async fn wallet_roles(on: &impl Query, network_id: i32) -> Result<Vec<String>, Error> {
    const STATEMENT: Statement = Statement::read(
        "wallet_roles",
        "select role from chain.wallets where network_id = $1 order by role",
    );
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}
