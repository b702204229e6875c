//! What speaks against a signature, whatever the chain: the withdrawal itself, its reviews, its
//! owner, halts and limits. Every look is at the database as it is now.

use std::collections::HashSet;

use alloy::primitives::U256;
use client::{HouseWallet, JudgedItem, WaitingSigning};

use super::config::{Room, SignerConfig};
use super::pins;

/// Why nothing is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// It may be signed later.
    Wait(String),
    /// It will never be signed.
    Refuse {
        /// Why.
        words: String,
        /// Because of this withdrawal; none: something is wrong with payments at large.
        withdrawal_id: Option<i64>,
    },
}

impl Objection {
    /// Something is wrong that is no withdrawal's fault.
    pub(super) fn large(words: impl Into<String>) -> Objection {
        Objection::Refuse {
            words: words.into(),
            withdrawal_id: None,
        }
    }
}

/// Refuses at large unless it holds.
pub(super) fn must(holds: bool, words: &str) -> Result<(), Objection> {
    holds.then_some(()).ok_or_else(|| Objection::large(words))
}

/// A signing with all that it is judged by.
pub(super) struct Case<'a> {
    pub(super) signing: &'a WaitingSigning,
    pub(super) items: Vec<JudgedItem>,
    /// As the database says; see [`Case::wallet`].
    pub(super) wallets: Vec<HouseWallet>,
    /// What the limits leave.
    pub(super) limits: Room,
    pub(super) config: &'a SignerConfig,
}

impl Case<'_> {
    /// The hot or the cold wallet, which has to be the one of the signer's own settings.
    ///
    /// # Errors
    /// It is not, or the settings do not say.
    pub(super) fn wallet(&self, role: &str) -> Result<&HouseWallet, Objection> {
        let registered = self.wallets.iter().find(|wallet| wallet.role == role);
        let missing = || Objection::large(format!("there is no {role} wallet"));
        let registered = registered.ok_or_else(missing)?;
        let (family, chain) = (&self.signing.family, &self.signing.chain);
        let Some(own) = self.config.wallets.script(family, chain, role) else {
            let setting = pins::SETTING;
            let words = format!("{setting} names no {role} wallet of {family}:{chain}");
            return Err(Objection::Wait(words));
        };
        let words = format!("the registered {role} wallet is not the one of the settings");
        must(own == registered.script, &words)?;
        Ok(registered)
    }

    /// What the items say has to be what the payment says, by which limits are counted.
    fn judge_sum(&self) -> Result<(), Objection> {
        let atoms = |item: &JudgedItem| item.atoms.parse::<U256>().ok();
        let sum = self
            .items
            .iter()
            .try_fold(U256::ZERO, |sum, item| sum.checked_add(atoms(item)?));
        let said = self.signing.atoms.parse().ok();
        must(
            sum.is_some() && sum == said,
            "the payment is of another amount than its items",
        )
    }

    /// What holds for every payment out of the hot wallet: nothing is halted, each item is what was
    /// asked, and the limits are kept. A later version of what is signed already only has to pay
    /// the same.
    ///
    /// # Errors
    /// What speaks against it.
    pub(super) fn judge_items(&self, is_first: bool) -> Result<(), Objection> {
        if self.signing.is_halted {
            return Err(Objection::Wait(
                "the network or the coin is halted".to_owned(),
            ));
        }
        self.judge_sum()?;
        match self.signing.purpose.as_str() {
            "withdrawal" => {
                must(!self.items.is_empty(), "a payment for nobody")?;
                let paid: HashSet<_> = self.items.iter().map(|item| item.withdrawal_id).collect();
                let is_once = paid.len() == self.items.len();
                must(is_once, "a payment that pays a withdrawal twice")?;
                for item in &self.items {
                    judge_withdrawal(self.signing, item, is_first, self.limits.most)?;
                }
                match &self.limits.full {
                    Some(words) if is_first => Err(Objection::Wait(words.clone())),
                    _ => Ok(()),
                }
            }
            "cold" => {
                let [item] = &self.items[..] else {
                    return Err(Objection::large(
                        "a move to the cold wallet has one receiver",
                    ));
                };
                let is_ours = item.withdrawal_id.is_none() && item.deposit_id.is_none();
                let is_cold = self.wallet("cold")?.script == item.script;
                must(is_ours && is_cold, "not a move to the cold wallet")
            }
            other => Err(Objection::large(format!(
                "a hot wallet does not pay for a {other}"
            ))),
        }
    }

    /// What holds for what leaves deposit addresses: it goes to the hot wallet, or back to where
    /// two people of staff decided.
    ///
    /// # Errors
    /// What speaks against it.
    pub(super) fn judge_gathering(&self) -> Result<&JudgedItem, Objection> {
        if self.signing.is_halted {
            return Err(Objection::Wait(
                "the network or the coin is halted".to_owned(),
            ));
        }
        let [item] = &self.items[..] else {
            return Err(Objection::large(
                "what leaves deposit addresses goes to one place",
            ));
        };
        self.judge_sum()?;
        match (self.signing.purpose.as_str(), item.deposit_id) {
            ("sweep", None) => {
                must(
                    self.wallet("hot")?.script == item.script,
                    "a sweep that does not go to the hot wallet",
                )?;
                must(item.withdrawal_id.is_none(), "a sweep for a withdrawal")?;
            }
            ("refund", Some(_)) => {
                let is_going = item.state.as_deref() == Some("refunding");
                must(is_going, "a deposit that does not go back")?;
                let is_there = item.asked_script.as_ref() == Some(&item.script);
                must(is_there, "a deposit that goes back to another place")?;
                let is_same = item.asked_asset_id == Some(self.signing.asset_id)
                    && item.asked_network_id == Some(self.signing.network_id);
                must(
                    is_same && !item.is_paid_twice,
                    "a deposit that goes back twice",
                )?;
                if item.has_vanished {
                    return Err(Objection::Wait("its deposit is in no block".to_owned()));
                }
                if item.is_signed_elsewhere {
                    return Err(Objection::Wait(
                        "it was sent back before: somebody has to look".to_owned(),
                    ));
                }
            }
            _ => return Err(Objection::large("deposit addresses do not pay for this")),
        }
        Ok(item)
    }
}

/// A ladder: the first that fails is told.
fn judge_withdrawal(
    signing: &WaitingSigning,
    item: &JudgedItem,
    is_first: bool,
    most: Option<U256>,
) -> Result<(), Objection> {
    let Some(withdrawal_id) = item.withdrawal_id else {
        return Err(Objection::large(
            "a payment of withdrawals to nobody's withdrawal",
        ));
    };
    let refuse = |words: String| {
        Err(Objection::Refuse {
            words: format!("withdrawal {withdrawal_id}: {words}"),
            withdrawal_id: Some(withdrawal_id),
        })
    };
    let state = item.state.as_deref().unwrap_or("missing");
    let states: &[&str] = match is_first {
        true => &["approved"],
        false => &["approved", "signed", "broadcast"],
    };
    if item.payment_of != Some(signing.payment_id) || item.is_paid_twice {
        return refuse("another payment carries it".to_owned());
    }
    // It may happen still: neither paid again nor refunded.
    must(
        !item.is_signed_elsewhere,
        "another payment of it is signed already",
    )?;
    if !states.contains(&state) {
        return refuse(format!("it is {state}"));
    }
    if item.is_internal {
        return refuse("it was paid without the chain".to_owned());
    }
    let is_same_coin = item.asked_asset_id == Some(signing.asset_id)
        && item.asked_network_id == Some(signing.network_id);
    if !is_same_coin {
        return refuse("it is of another coin".to_owned());
    }
    if item.asked_script.as_ref() != Some(&item.script) {
        return refuse("it goes to another address".to_owned());
    }
    if item.asked_atoms.as_ref() != Some(&item.atoms) {
        return refuse("it is of another amount".to_owned());
    }
    match is_first {
        true => judge_approval(item, most).or_else(refuse),
        false => Ok(()),
    }
}

/// Whether it may be paid at all, as it stands at this moment; else why not.
fn judge_approval(item: &JudgedItem, most: Option<U256>) -> Result<(), String> {
    let Some(needed) = item.needed_reviews.map(i64::from) else {
        return Err("it was never approved".to_owned());
    };
    if item.rejections > 0 || item.approvals < needed {
        let approvals = item.approvals;
        return Err(format!("{approvals} of {needed} reviewers approve it"));
    }
    let atoms = item.atoms.parse().unwrap_or(U256::MAX);
    if most.is_some_and(|most| atoms > most) {
        return Err("it is more than is ever signed at once".to_owned());
    }
    // What is not signed yet is given back, even where it is for a day only, as after a change of
    // password: a batch cannot wait for one of its receivers.
    match item.obstacle.as_deref() {
        None => Ok(()),
        Some("ACCOUNT_FROZEN") => Err("the account is frozen".to_owned()),
        Some(obstacle) => Err(format!("nothing leaves the account now ({obstacle})")),
    }
}
