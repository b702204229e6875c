//! Proof of liabilities: a tree over the balances of one asset in which every node carries the sum
//! below it, so that whoever sees a path knows that the balance at its end is part of the total.
//!
//! `leaf = sha256(0x00 || salt || account || sum)`, `node = sha256(0x01 || left || left sum ||
//! right || right sum)`; an odd node's right neighbour is empty: 32 zero bytes, sum 0.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Levels of the largest tree.
pub const MAX_DEPTH: usize = 64;
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// A hash and what lies below it, in atoms of the asset (16 bytes big-endian in hashes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// As 64 hexadecimal digits.
    #[serde(with = "digits")]
    pub hash: [u8; 32],
    /// As decimal digits in text.
    #[serde(with = "decimal")]
    pub sum: u128,
}

/// An account's balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// 32 random bytes that only the account is shown, as 64 hexadecimal digits.
    #[serde(with = "digits")]
    pub salt: [u8; 32],
    /// The account's number (8 bytes big-endian in the hash).
    pub account_id: u64,
    /// Its balance in atoms.
    #[serde(with = "decimal")]
    pub sum: u128,
}

/// Where the neighbour of a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// It comes first.
    Left,
    /// It comes second.
    Right,
}

/// A step from a node to the one above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// On which side the neighbour is.
    pub side: Side,
    /// The neighbour.
    #[serde(flatten)]
    pub node: Node,
}

/// What a user is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The user's own balance.
    pub leaf: Leaf,
    /// From the leaf up.
    pub path: Vec<Step>,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofReject {
    /// The sums do not fit: somebody wanted them to wrap around.
    #[error("the sums do not fit")]
    Overflow,
    /// The path is longer than any tree is deep.
    #[error("the path is too long")]
    TooLong,
    /// It leads to another root than the published one.
    #[error("the path leads to another root")]
    AnotherRoot,
}

impl Node {
    /// The neighbour of a node that has none.
    pub const EMPTY: Node = Node {
        hash: [0; 32],
        sum: 0,
    };

    /// The node above two.
    ///
    /// # Errors
    /// [`ProofReject::Overflow`].
    pub fn above(left: &Node, right: &Node) -> Result<Node, ProofReject> {
        let sum = left
            .sum
            .checked_add(right.sum)
            .ok_or(ProofReject::Overflow)?;
        let hash = Sha256::new()
            .chain_update([NODE])
            .chain_update(left.hash)
            .chain_update(left.sum.to_be_bytes())
            .chain_update(right.hash)
            .chain_update(right.sum.to_be_bytes());
        Ok(Node {
            hash: hash.finalize().into(),
            sum,
        })
    }
}

impl Leaf {
    /// The lowest node of the tree.
    pub fn node(&self) -> Node {
        let hash = Sha256::new()
            .chain_update([LEAF])
            .chain_update(self.salt)
            .chain_update(self.account_id.to_be_bytes())
            .chain_update(self.sum.to_be_bytes());
        Node {
            hash: hash.finalize().into(),
            sum: self.sum,
        }
    }
}

impl Proof {
    /// The root that the path leads to.
    ///
    /// # Errors
    /// [`ProofReject::Overflow`], [`ProofReject::TooLong`].
    pub fn root(&self) -> Result<Node, ProofReject> {
        if self.path.len() > MAX_DEPTH {
            return Err(ProofReject::TooLong);
        }
        let step = |node: Node, step: &Step| match step.side {
            Side::Left => Node::above(&step.node, &node),
            Side::Right => Node::above(&node, &step.node),
        };
        self.path.iter().try_fold(self.leaf.node(), step)
    }

    /// Whether the leaf is part of the published root's sum.
    ///
    /// # Errors
    /// Each of [`ProofReject`].
    pub fn verify(&self, published: &Node) -> Result<(), ProofReject> {
        match self.root()? == *published {
            true => Ok(()),
            false => Err(ProofReject::AnotherRoot),
        }
    }
}

/// The whole tree, from the leaves up: the reference of what the database builds. One leaf is its
/// own root; no leaves have the empty node.
///
/// # Errors
/// [`ProofReject::Overflow`].
pub fn levels(leaves: &[Leaf]) -> Result<Vec<Vec<Node>>, ProofReject> {
    let mut level: Vec<Node> = leaves.iter().map(Leaf::node).collect();
    if level.is_empty() {
        level.push(Node::EMPTY);
    }
    let mut levels = Vec::new();
    while level.len() > 1 {
        let above = level
            .chunks(2)
            .map(|pair| Node::above(&pair[0], pair.get(1).unwrap_or(&Node::EMPTY)));
        let above = above.collect::<Result<_, _>>()?;
        levels.push(std::mem::replace(&mut level, above));
    }
    levels.push(level);
    Ok(levels)
}

/// The path of a leaf through [`levels`]; `None` beyond the last leaf.
pub fn path(levels: &[Vec<Node>], leaf: usize) -> Option<Vec<Step>> {
    levels.first()?.get(leaf)?;
    let (_, below_root) = levels.split_last()?;
    let mut index = leaf;
    let steps = below_root.iter().map(|level| {
        let (side, neighbour) = match index % 2 {
            0 => (Side::Right, level.get(index + 1)),
            _ => (Side::Left, level.get(index - 1)),
        };
        index /= 2;
        Step {
            side,
            node: *neighbour.unwrap_or(&Node::EMPTY),
        }
    });
    Some(steps.collect())
}

/// 32 bytes as hexadecimal digits.
mod digits {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

/// A number as text, because readers of JSON round large ones.
mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(sum: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(sum)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
