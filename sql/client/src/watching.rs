//! What the watchers of chains read and tell: blocks, what moved in them, the mempool, fees.

use crate::error::Error;
use crate::query::{Params, Query, Statement, column};

/// The bell of a network is this plus its number: "look at the chain's node".
pub const NETWORK_BELL: i32 = 10_910;

/// A network whose node is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetNetwork {
    /// Its number.
    pub network_id: i32,
    /// The first block to read.
    pub first_height: i64,
}

/// A block that was read, by height and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownBlock {
    /// How many came before it.
    pub height: i64,
    /// Its hash, first byte first as tools print it.
    pub hash: [u8; 32],
}

/// Something that moved to an address, listed or not, ours or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTransfer {
    /// Its transaction.
    pub txid: [u8; 32],
    /// Where in it: `output:n`, `value`, `log:n`, `trace:a.b`.
    pub position: String,
    /// To whom: the output script, or the 20 bytes.
    pub script: Vec<u8>,
    /// The token's contract; none for the network's own coin.
    pub contract: Option<[u8; 20]>,
    /// How much, as a whole number in decimal digits.
    pub atoms: String,
    /// Where it came from, where that is known; `coinbase` for newly made coins.
    pub from_address: Option<String>,
}

/// An output that a transaction of Bitcoin uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainSpend {
    /// The transaction.
    pub txid: [u8; 32],
    /// That of the output.
    pub spent_txid: [u8; 32],
    /// Which output of it.
    pub spent_index: i32,
}

/// A block and all that moved in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainBlock {
    /// How many came before it.
    pub height: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The one before it.
    pub parent_hash: [u8; 32],
    /// Its own time, in seconds since 1970.
    pub mined_at_s: i64,
    /// What came to addresses.
    pub transfers: Vec<ChainTransfer>,
    /// What was used up.
    pub spends: Vec<ChainSpend>,
}

/// Transfers as columns.
#[derive(Default)]
struct Columns<'a> {
    block_numbers: Vec<i32>,
    txids: Vec<&'a [u8]>,
    positions: Vec<&'a str>,
    scripts: Vec<&'a [u8]>,
    contracts: Vec<Option<&'a [u8]>>,
    atoms: Vec<&'a str>,
    from_addresses: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, block_number: i32, transfers: &'a [ChainTransfer]) {
        for transfer in transfers {
            self.block_numbers.push(block_number);
            self.txids.push(&transfer.txid);
            self.positions.push(&transfer.position);
            self.scripts.push(&transfer.script);
            self.contracts
                .push(transfer.contract.as_ref().map(|bytes| &bytes[..]));
            self.atoms.push(&transfer.atoms);
            self.from_addresses.push(transfer.from_address.as_deref());
        }
    }
}

/// Says which chain a node is of, before anything that it says is believed.
///
/// # Errors
/// Rejected: `UNKNOWN_NETWORK`, `WRONG_NODE`.
pub async fn meet_node(
    on: &impl Query,
    network: &str,
    family: &str,
    chain: &str,
    genesis_hash: &[u8; 32],
) -> Result<MetNetwork, Error> {
    const STATEMENT: Statement = Statement::write(
        "meet_node",
        "select network_id, first_height from chain.meet_node($1, $2, $3, $4)",
    );
    let params: Params<'_> = &[&network, &family, &chain, &&genesis_hash[..]];
    let row = on.row(STATEMENT, params).await?;
    let row = row.ok_or_else(|| Error::Bug("meet_node gave no row".into()))?;
    Ok(MetNetwork {
        network_id: column(&row, 0)?,
        first_height: column(&row, 1)?,
    })
}

/// The active blocks that were read, highest first; below a height where it is given.
///
/// # Errors
/// The database's.
pub async fn last_blocks(
    on: &impl Query,
    network_id: i32,
    below_height: Option<i64>,
    limit: i32,
) -> Result<Vec<KnownBlock>, Error> {
    const STATEMENT: Statement = Statement::read(
        "last_blocks",
        "select height, hash from chain.last_blocks($1, $2, $3)",
    );
    let rows = on
        .rows(STATEMENT, &[&network_id, &below_height, &limit])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(KnownBlock {
                height: column(row, 0)?,
                hash: hash(&column::<Vec<u8>>(row, 1)?)?,
            })
        })
        .collect()
}

/// The contracts of a network whose logs count.
///
/// # Errors
/// The database's.
pub async fn listed_contracts(on: &impl Query, network_id: i32) -> Result<Vec<Vec<u8>>, Error> {
    const STATEMENT: Statement =
        Statement::read("listed_contracts", "select chain.listed_contracts($1)");
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}

/// Hands over blocks that follow the highest one that was read, and each other; `false` where they
/// do not.
///
/// # Errors
/// The database's.
pub async fn read_blocks(
    on: &impl Query,
    network_id: i32,
    blocks: &[ChainBlock],
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "read_blocks",
        "select chain.read_blocks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
            $11::text[]::numeric[], $12, $13, $14, $15, $16)",
    );
    let heights: Vec<i64> = blocks.iter().map(|block| block.height).collect();
    let hashes: Vec<&[u8]> = blocks.iter().map(|block| &block.hash[..]).collect();
    let parents: Vec<&[u8]> = blocks.iter().map(|block| &block.parent_hash[..]).collect();
    let times: Vec<i64> = blocks.iter().map(|block| block.mined_at_s).collect();
    let mut columns = Columns::default();
    let mut spends: Vec<(i32, &ChainSpend)> = Vec::new();
    for (number, block) in (1..).zip(blocks) {
        columns.add(number, &block.transfers);
        spends.extend(block.spends.iter().map(|spend| (number, spend)));
    }
    let numbers: Vec<i32> = spends.iter().map(|(number, _)| *number).collect();
    let spending: Vec<&[u8]> = spends.iter().map(|(_, spend)| &spend.txid[..]).collect();
    let spent: Vec<&[u8]> = spends
        .iter()
        .map(|(_, spend)| &spend.spent_txid[..])
        .collect();
    let indexes: Vec<i32> = spends.iter().map(|(_, spend)| spend.spent_index).collect();
    let params: Params<'_> = &[
        &network_id,
        &heights,
        &hashes,
        &parents,
        &times,
        &columns.block_numbers,
        &columns.txids,
        &columns.positions,
        &columns.scripts,
        &columns.contracts,
        &columns.atoms,
        &columns.from_addresses,
        &numbers,
        &spending,
        &spent,
        &indexes,
    ];
    on.value(STATEMENT, params).await
}

/// Takes back the blocks above a fork of the chain whose highest block is the tip; `false` where it
/// is not.
///
/// # Errors
/// The database's.
pub async fn reorganise(
    on: &impl Query,
    network_id: i32,
    tip_hash: &[u8; 32],
    fork_height: i64,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("reorganise", "select chain.reorganise($1, $2, $3)");
    on.value(STATEMENT, &[&network_id, &&tip_hash[..], &fork_height])
        .await
}

/// Bitcoin: transactions of deposits that nobody knows the sources of, each with its block.
///
/// # Errors
/// The database's.
pub async fn unsourced_transactions(
    on: &impl Query,
    network_id: i32,
    limit: i32,
) -> Result<Vec<([u8; 32], [u8; 32])>, Error> {
    const STATEMENT: Statement = Statement::read(
        "unsourced_transactions",
        "select txid, block_hash from chain.unsourced_transactions($1, $2)",
    );
    let rows = on.rows(STATEMENT, &[&network_id, &limit]).await?;
    rows.iter()
        .map(|row| {
            let (txid, block): (Vec<u8>, Vec<u8>) = (column(row, 0)?, column(row, 1)?);
            Ok((hash(&txid)?, hash(&block)?))
        })
        .collect()
}

/// Says where transactions come from, all sources of each; gives how many deposits they made.
///
/// # Errors
/// The database's.
pub async fn note_sources(
    on: &impl Query,
    network_id: i32,
    sources: &[([u8; 32], Vec<String>)],
) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("note_sources", "select chain.note_sources($1, $2, $3, $4)");
    let txids: Vec<&[u8]> = sources.iter().map(|(txid, _)| &txid[..]).collect();
    let pairs = || {
        sources.iter().flat_map(|(txid, from)| {
            from.iter()
                .map(move |address| (&txid[..], address.as_str()))
        })
    };
    let of: Vec<&[u8]> = pairs().map(|(txid, _)| txid).collect();
    let addresses: Vec<&str> = pairs().map(|(_, address)| address).collect();
    on.value(STATEMENT, &[&network_id, &txids, &of, &addresses])
        .await
}

/// Decides about deposits that have their confirmations; gives about how many.
///
/// # Errors
/// The database's.
pub async fn confirm_deposits(on: &impl Query, network_id: i32, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("confirm_deposits", "select chain.confirm_deposits($1, $2)");
    on.value(STATEMENT, &[&network_id, &limit]).await
}

/// Hands over what waits in the mempool; gives how many deposits are new.
///
/// # Errors
/// The database's.
pub async fn see_transfers(
    on: &impl Query,
    network_id: i32,
    transfers: &[ChainTransfer],
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "see_transfers",
        "select chain.see_transfers($1, $2, $3, $4, $5, $6::text[]::numeric[], $7)",
    );
    let mut columns = Columns::default();
    columns.add(1, transfers);
    let params: Params<'_> = &[
        &network_id,
        &columns.txids,
        &columns.positions,
        &columns.scripts,
        &columns.contracts,
        &columns.atoms,
        &columns.from_addresses,
    ];
    on.value(STATEMENT, params).await
}

/// Transactions of deposits that were last seen in the mempool.
///
/// # Errors
/// The database's.
pub async fn seen_transactions(on: &impl Query, network_id: i32) -> Result<Vec<[u8; 32]>, Error> {
    const STATEMENT: Statement =
        Statement::read("seen_transactions", "select chain.seen_transactions($1)");
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter()
        .map(|row| hash(&column::<Vec<u8>>(row, 0)?))
        .collect()
}

/// Says that these have left the mempool of a node whose highest block is this; gives how many
/// deposits are gone.
///
/// # Errors
/// The database's.
pub async fn forget_transactions(
    on: &impl Query,
    network_id: i32,
    tip_hash: &[u8; 32],
    txids: &[[u8; 32]],
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_transactions",
        "select chain.forget_transactions($1, $2, $3)",
    );
    let txids: Vec<&[u8]> = txids.iter().map(|txid| &txid[..]).collect();
    on.value(STATEMENT, &[&network_id, &&tip_hash[..], &txids])
        .await
}

/// Notes what the node says a unit of a block costs: atoms, as a decimal.
///
/// # Errors
/// The database's.
pub async fn sample_fee(on: &impl Query, network_id: i32, rate: &str) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "sample_fee",
        "select chain.sample_fee($1, $2::text::numeric)",
    );
    on.rows(STATEMENT, &[&network_id, &rate]).await?;
    Ok(())
}

fn hash(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|_| Error::Bug("a hash that is not 32 bytes long".into()))
}
