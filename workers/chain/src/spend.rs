//! A Bitcoin transaction of the wallet before it is signed: what it spends, whom it pays, its
//! change. Payments come first, in the order given; change comes last.

use bitcoin::{
    Amount, OutPoint, Psbt, Script, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
    absolute, transaction,
};

use crate::bitcoin_wallet::BitcoinWallet;
use crate::coin_selection::{Coin, bytes_of, choose, ranked, weight};
use crate::error::ChainError;
use crate::fee::FeeRate;
use crate::previous::{self, Previous};

/// The heaviest transaction that nodes relay.
pub const MAX_STANDARD_WEIGHT: u64 = 400_000;

/// An output to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What the output says.
    pub script: ScriptBuf,
    /// How much it holds.
    pub value_sats: u64,
}

/// What a transaction must not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendLimits {
    /// Inputs.
    pub max_inputs: usize,
    /// Weight, at most [`MAX_STANDARD_WEIGHT`].
    pub max_weight: u64,
    /// The whole fee.
    pub max_fee_sats: u64,
}

/// Why there is no transaction. The names are wire codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendReject {
    /// No payments, or nothing to gather.
    #[error("there is nothing to pay")]
    NothingToPay,
    /// The payment of this index is less than nodes relay.
    #[error("payment {0} is below the dust limit")]
    DustPayment(usize),
    /// The coins do not suffice, within the limits of inputs and weight.
    #[error("the coins do not suffice")]
    NotEnoughCoins,
    /// Payments alone weigh too much.
    #[error("the transaction is too heavy")]
    TooHeavy,
    /// The fee is above its limit.
    #[error("the fee of {0} satoshis is above its limit")]
    FeeTooHigh(u64),
    /// A sum does not fit.
    #[error("the amounts are too large to be added")]
    Overflow,
}

impl SpendReject {
    /// The wire code.
    pub fn code(self) -> &'static str {
        match self {
            SpendReject::NothingToPay => "NOTHING_TO_PAY",
            SpendReject::DustPayment(_) => "DUST_PAYMENT",
            SpendReject::NotEnoughCoins => "NOT_ENOUGH_COINS",
            SpendReject::TooHeavy => "TOO_HEAVY",
            SpendReject::FeeTooHigh(_) => "FEE_TOO_HIGH",
            SpendReject::Overflow => "OVERFLOW",
        }
    }
}

/// A transaction that is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Its inputs, in order.
    pub coins: Vec<Coin>,
    /// Its outputs, in order, but for the change.
    pub payments: Vec<Payment>,
    /// Its last output.
    pub change: Option<Payment>,
    /// Inputs less outputs.
    pub fee_sats: u64,
    /// The most virtual bytes that it takes once it is signed.
    pub vsize: u64,
}

impl Spend {
    /// Pays from the fewest coins. Of the coins left over, change below the dust limit becomes fee.
    ///
    /// # Errors
    /// Each of [`SpendReject`].
    pub fn new(
        coins: &[Coin],
        payments: Vec<Payment>,
        change: &Script,
        rate: FeeRate,
        limits: &SpendLimits,
    ) -> Result<Spend, SpendReject> {
        check_payments(&payments, limits)?;
        let fee = |vsize| rate.fee_sats(vsize);
        let plan = Plan {
            payments: &payments,
            change,
            fee: &fee,
            limits,
        };
        let ranked = ranked(coins, rate);
        let chosen = choose(&ranked, limits.max_inputs, |coins| {
            !matches!(plan.complete(coins), Err(SpendReject::NotEnoughCoins))
        });
        plan.complete(&chosen.ok_or(SpendReject::NotEnoughCoins)?)
    }

    /// Gathers coins into one output, which the fee is taken from: those that bring more than they
    /// cost, the most valuable first, as many as the limits allow. What it took is in `coins`.
    ///
    /// # Errors
    /// Each of [`SpendReject`].
    pub fn sweep(
        coins: &[Coin],
        to: &Script,
        rate: FeeRate,
        limits: &SpendLimits,
    ) -> Result<Spend, SpendReject> {
        let fee = |vsize| rate.fee_sats(vsize);
        let plan = Plan {
            payments: &[],
            change: to,
            fee: &fee,
            limits,
        };
        let ranked = ranked(coins, rate);
        let fits = |count: &usize| plan.weight(&ranked[..*count], true) <= limits.max_weight;
        let most = ranked.len().min(limits.max_inputs);
        let count = (1..=most).rev().find(fits);
        plan.complete(&ranked[..count.ok_or(SpendReject::NothingToPay)?])
    }

    /// The same again with a higher fee (BIP125): same inputs and payments, less change, and where
    /// that does not suffice, further coins. They must be confirmed, and nobody else's.
    ///
    /// The fee is at least `rate`'s, the old fee and what relaying costs on top (`relay`, the
    /// node's `incrementalfee`), and a higher rate than the original can have had.
    ///
    /// # Errors
    /// Each of [`SpendReject`].
    pub fn bump(
        &self,
        further: &[Coin],
        change: &Script,
        rate: FeeRate,
        relay: FeeRate,
        limits: &SpendLimits,
    ) -> Result<Spend, SpendReject> {
        // Signatures are seldom more than two bytes shorter than the longest, which is a virtual
        // byte an input at most.
        let shortest = self.vsize.saturating_sub(self.coins.len() as u64).max(1);
        let fee = |vsize: u64| {
            let relayed = self.fee_sats.checked_add(relay.fee_sats(vsize)?)?;
            let old_rate = u128::from(self.fee_sats) * u128::from(vsize) / u128::from(shortest);
            let above = u64::try_from(old_rate).ok()?.checked_add(1)?;
            Some(rate.fee_sats(vsize)?.max(relayed).max(above))
        };
        let plan = Plan {
            payments: &self.payments,
            change,
            fee: &fee,
            limits,
        };
        let is_new = |coin: &&Coin| self.coins.iter().all(|own| own.outpoint != coin.outpoint);
        let further: Vec<Coin> = further.iter().filter(is_new).copied().collect();
        let further = ranked(&further, rate);
        let most = limits.max_inputs.saturating_sub(self.coins.len());
        let attempts = (0..=further.len().min(most)).map(|count| {
            let coins = [self.coins.as_slice(), &further[..count]].concat();
            plan.complete(&coins)
        });
        let mut decided =
            attempts.skip_while(|attempt| matches!(attempt, Err(SpendReject::NotEnoughCoins)));
        decided.next().unwrap_or(Err(SpendReject::NotEnoughCoins))
    }

    /// The transaction without signatures. It says that it may be replaced.
    pub fn transaction(&self) -> Transaction {
        let input = |coin: &Coin| TxIn {
            previous_output: coin.outpoint,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        };
        let output = |payment: &Payment| TxOut {
            value: Amount::from_sat(payment.value_sats),
            script_pubkey: payment.script.clone(),
        };
        Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: self.coins.iter().map(input).collect(),
            output: self
                .payments
                .iter()
                .chain(&self.change)
                .map(output)
                .collect(),
        }
    }

    /// What signers are given (BIP174), with the transactions that made its coins.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] or [`ChainError::NotAKey`] for a coin that is not `wallet`'s;
    /// [`ChainError::Foreign`] where `previous` lacks a transaction, or it made another coin.
    pub fn psbt(&self, wallet: &BitcoinWallet, previous: &Previous) -> Result<Psbt, ChainError> {
        let unsigned = Psbt::from_unsigned_tx(self.transaction());
        let mut psbt = unsigned.map_err(|_| ChainError::Malformed("an unsigned transaction"))?;
        for (input, coin) in psbt.inputs.iter_mut().zip(&self.coins) {
            *input = wallet.psbt_input(coin)?;
            input.non_witness_utxo = Some(previous.of(coin.outpoint)?.clone());
            previous::check(input, coin.outpoint)?;
        }
        Ok(psbt)
    }

    /// Reads a PSBT back, signed or not, and checks that it is one of this wallet's as they are
    /// built here. An output to `change` that is the last one is the change. What inputs hold is
    /// proved by the transactions that they spend. Whoever signs reads by this.
    ///
    /// # Errors
    /// [`ChainError::Foreign`] where anything is not as here; [`ChainError::Overflow`].
    pub fn read(psbt: &Psbt, wallet: &BitcoinWallet, change: &Script) -> Result<Spend, ChainError> {
        for (input, spent) in psbt.inputs.iter().zip(&psbt.unsigned_tx.input) {
            previous::check(input, spent.previous_output)?;
        }
        Spend::read_stated(psbt, wallet, change)
    }

    /// The same, but the amounts of inputs are as the PSBT says. For who built it, and signs
    /// nothing.
    ///
    /// # Errors
    /// As [`Spend::read`].
    pub fn read_stated(
        psbt: &Psbt,
        wallet: &BitcoinWallet,
        change: &Script,
    ) -> Result<Spend, ChainError> {
        let coin = |(input, spent): (&bitcoin::psbt::Input, &TxIn)| {
            let owner = wallet.owner_of(input)?;
            let output = input.witness_utxo.as_ref();
            let value_sats = output.map_or(0, |output| output.value.to_sat());
            let outpoint: OutPoint = spent.previous_output;
            Ok(Coin {
                outpoint,
                value_sats,
                owner,
            })
        };
        let inputs = psbt.inputs.iter().zip(&psbt.unsigned_tx.input);
        let coins = inputs.map(coin).collect::<Result<Vec<_>, ChainError>>()?;
        let payment = |output: &TxOut| Payment {
            script: output.script_pubkey.clone(),
            value_sats: output.value.to_sat(),
        };
        let mut payments: Vec<_> = psbt.unsigned_tx.output.iter().map(payment).collect();
        let change = payments.pop_if(|last| last.script.as_script() == change);
        let outputs = total(payments.iter().chain(&change).map(|it| it.value_sats));
        let inputs = total(coins.iter().map(|coin| coin.value_sats));
        let (outputs, inputs) = outputs.zip(inputs).ok_or(ChainError::Overflow)?;
        let too_much = || ChainError::Foreign("it pays more than it spends".to_owned());
        let scripts = payments
            .iter()
            .chain(&change)
            .map(|it| it.script.as_script());
        let owners = coins.iter().map(|coin| coin.owner);
        let spend = Spend {
            vsize: bytes_of(weight(owners, scripts)),
            fee_sats: inputs.checked_sub(outputs).ok_or_else(too_much)?,
            coins,
            payments,
            change,
        };
        if spend.transaction() != psbt.unsigned_tx {
            let words = "a transaction of another form".to_owned();
            return Err(ChainError::Foreign(words));
        }
        Ok(spend)
    }
}

/// What a spend is made of, but for its coins.
struct Plan<'a> {
    payments: &'a [Payment],
    change: &'a Script,
    /// Of virtual bytes; `None` where it does not fit.
    fee: &'a dyn Fn(u64) -> Option<u64>,
    limits: &'a SpendLimits,
}

impl Plan<'_> {
    fn weight(&self, coins: &[Coin], has_change: bool) -> u64 {
        let payments = self
            .payments
            .iter()
            .map(|payment| payment.script.as_script());
        let change = has_change.then_some(self.change);
        weight(coins.iter().map(|coin| coin.owner), payments.chain(change))
    }

    /// The spend of exactly these coins. Change is kept where it is no dust.
    fn complete(&self, coins: &[Coin]) -> Result<Spend, SpendReject> {
        let inputs = total(coins.iter().map(|coin| coin.value_sats));
        let paid = total(self.payments.iter().map(|payment| payment.value_sats));
        let (inputs, paid) = inputs.zip(paid).ok_or(SpendReject::Overflow)?;
        let rest = inputs
            .checked_sub(paid)
            .ok_or(SpendReject::NotEnoughCoins)?;
        let dust = self.change.minimal_non_dust().to_sat();
        let spend = |has_change: bool| {
            let weight = self.weight(coins, has_change);
            let fee_sats = (self.fee)(bytes_of(weight)).ok_or(SpendReject::Overflow)?;
            let left = rest
                .checked_sub(fee_sats)
                .ok_or(SpendReject::NotEnoughCoins)?;
            if has_change && left < dust {
                return Err(SpendReject::NotEnoughCoins);
            }
            if weight > self.limits.max_weight.min(MAX_STANDARD_WEIGHT) {
                return Err(SpendReject::NotEnoughCoins);
            }
            let change = has_change.then(|| Payment {
                script: self.change.to_owned(),
                value_sats: left,
            });
            Ok(Spend {
                coins: coins.to_vec(),
                payments: self.payments.to_vec(),
                fee_sats: if has_change { fee_sats } else { rest },
                change,
                vsize: bytes_of(weight),
            })
        };
        let is_payment = !self.payments.is_empty();
        let spend = match spend(true) {
            Err(SpendReject::NotEnoughCoins) if is_payment => spend(false),
            done => done,
        }?;
        if spend.fee_sats > self.limits.max_fee_sats {
            return Err(SpendReject::FeeTooHigh(spend.fee_sats));
        }
        Ok(spend)
    }
}

fn check_payments(payments: &[Payment], limits: &SpendLimits) -> Result<(), SpendReject> {
    if payments.is_empty() {
        return Err(SpendReject::NothingToPay);
    }
    let is_dust =
        |payment: &Payment| payment.value_sats < payment.script.minimal_non_dust().to_sat();
    if let Some(index) = payments.iter().position(is_dust) {
        return Err(SpendReject::DustPayment(index));
    }
    let scripts = payments.iter().map(|payment| payment.script.as_script());
    if weight(std::iter::empty(), scripts) > limits.max_weight.min(MAX_STANDARD_WEIGHT) {
        return Err(SpendReject::TooHeavy);
    }
    Ok(())
}

fn total(mut values: impl Iterator<Item = u64>) -> Option<u64> {
    values.try_fold(0_u64, |sum, value| sum.checked_add(value))
}
