//! What a node said that we hold, by holder and coin, in atoms.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use anyhow::Context as _;
use client::{CoinFacts, Holding};

/// Holder and asset.
type Place = (String, i32);

/// What is held at one block.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) block_height: i64,
    pub(super) block_hash: Vec<u8>,
    /// What should be held there.
    pub(super) facts: Vec<CoinFacts>,
    atoms: BTreeMap<Place, U256>,
    scales: BTreeMap<i32, usize>,
}

impl Measured {
    /// Nothing yet, at the block where these facts stand.
    pub(super) fn at(facts: &[CoinFacts]) -> anyhow::Result<Measured> {
        let first = facts.first().context("no coin")?;
        let scales = facts.iter().map(|coin| {
            let scale = usize::try_from(coin.scale).context("a scale")?;
            Ok((coin.asset_id, scale))
        });
        Ok(Measured {
            block_height: first.block_height,
            block_hash: first.block_hash.clone(),
            facts: facts.to_vec(),
            atoms: BTreeMap::new(),
            scales: scales.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Adds what a holder has.
    pub(super) fn add(&mut self, holder: &str, asset_id: i32, atoms: U256) -> anyhow::Result<()> {
        let held = self.atoms.entry((holder.to_owned(), asset_id)).or_default();
        *held = held.checked_add(atoms).context("a sum beyond 2^256")?;
        Ok(())
    }

    /// By asset, as decimals; each coin of the network is there.
    pub(super) fn by_asset(&self) -> Vec<(i32, String)> {
        let of_asset = |(asset_id, scale): (&i32, &usize)| {
            let places = self.atoms.iter();
            let own = places.filter(|((_, asset), _)| asset == asset_id);
            let atoms = own.fold(U256::ZERO, |sum, (_, held)| sum.saturating_add(*held));
            (*asset_id, decimal(atoms, *scale))
        };
        self.scales.iter().map(of_asset).collect()
    }

    /// By holder and asset, as decimals.
    pub(super) fn holdings(&self) -> Vec<Holding> {
        let holding = |((holder, asset_id), atoms): (&Place, &U256)| Holding {
            holder: holder.clone(),
            asset_id: *asset_id,
            amount: decimal(*atoms, self.scales.get(asset_id).copied().unwrap_or(0)),
        };
        self.atoms.iter().map(holding).collect()
    }
}

/// Atoms as an amount with so many decimals.
fn decimal(atoms: U256, scale: usize) -> String {
    let padded = format!("{:0>width$}", atoms.to_string(), width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    match part.is_empty() {
        true => whole.to_owned(),
        false => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_written_in_the_assets_decimals() {
        for (atoms, scale, text) in [
            (0, 0, "0"),
            (7, 0, "7"),
            (0, 8, "0.00000000"),
            (1, 8, "0.00000001"),
            (1_234_567_890, 8, "12.34567890"),
            (1_500_000_000_000_000_000_u64, 18, "1.500000000000000000"),
        ] {
            assert_eq!(decimal(U256::from(atoms), scale), text);
        }
    }
}
