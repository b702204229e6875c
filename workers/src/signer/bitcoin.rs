//! What is signed on Bitcoin networks: a transaction of the hot wallet, and what gathers deposits.
//! A PSBT is decoded here; only what is built as this exchange builds it is signed.

use bitcoin::{Psbt, ScriptBuf};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::{Coin, CoinOwner};
use chain::extended_key::ExtendedKey;
use chain::network::BitcoinNetwork;
use chain::seed::Seed;
use chain::signing;
use chain::spend::Spend;

use super::judge::{Case, Objection, must};
use super::keys::KeyRing;

/// The account of deposit addresses in the seed.
const ACCOUNT: u32 = 0;

type Judged<T> = Result<T, Objection>;
type Signed = anyhow::Result<Judged<Vec<u8>>>;

/// As one of the hot wallet's three keys.
pub(super) async fn sign_hot(case: &Case<'_>, keys: &KeyRing) -> Signed {
    let judged = judge_hot(case, keys);
    let digests = match judged {
        Ok(digests) => digests,
        Err(objection) => return Ok(Err(objection)),
    };
    let signatures = keys.hot().sign(digests).await?;
    Ok(Ok(signatures
        .iter()
        .flat_map(|signature| signature.bytes())
        .collect()))
}

/// As deposit addresses.
pub(super) async fn sign_deposits(case: &Case<'_>, keys: &KeyRing) -> Signed {
    let network: BitcoinNetwork = match case.signing.chain.parse() {
        Ok(network) => network,
        Err(_) => return Ok(Err(Objection::large("the network has no chain"))),
    };
    let public = keys.with_seed(move |seed: &Seed| {
        Ok(seed.bitcoin_account(network, ACCOUNT)?.extended_public()?)
    });
    let Some(public) = public.await? else {
        return Ok(Err(Objection::large("this signer has no seed")));
    };
    let inputs = match judge_deposits(case, keys, public) {
        Ok(inputs) => inputs,
        Err(objection) => return Ok(Err(objection)),
    };
    let signed = keys.with_seed(move |seed: &Seed| {
        let account = seed.bitcoin_account(network, ACCOUNT)?;
        let mut signatures = Vec::new();
        for (index, digest) in inputs {
            signatures.extend(account.child(index)?.sign(&digest).bytes());
        }
        Ok(signatures)
    });
    let none = || Objection::large("this signer has no seed");
    Ok(signed.await?.ok_or_else(none))
}

fn wallet_of(case: &Case<'_>, deposits: Option<ExtendedKey>) -> Judged<(BitcoinWallet, ScriptBuf)> {
    let hot = case.wallet("hot")?;
    let descriptor = hot.descriptor.as_deref().unwrap_or_default();
    let wallet = crate::hot_wallet::read(&case.signing.chain, descriptor, &hot.script, deposits);
    let wallet = wallet.map_err(|error| Objection::large(format!("{error:#}")))?;
    let script = wallet.hot_script().clone();
    Ok((wallet, script))
}

fn read(bytes: &[u8]) -> Judged<Psbt> {
    Psbt::deserialize(bytes).map_err(|error| Objection::large(format!("not a PSBT: {error}")))
}

fn spend_of(
    psbt: &Psbt,
    wallet: &BitcoinWallet,
    change: &ScriptBuf,
    max_fee_sats: u64,
) -> Judged<Spend> {
    let spend = Spend::read(psbt, wallet, change);
    let spend = spend.map_err(|error| Objection::large(error.to_string()))?;
    must(spend.fee_sats <= max_fee_sats, "a fee above the limit")?;
    Ok(spend)
}

/// Versions of a payment share an input, so that one of them can happen.
fn judge_versions(case: &Case<'_>, spend: &Spend) -> Judged<()> {
    for other in &case.signing.other_attempts {
        let other = read(other)?.unsigned_tx;
        let is_shared = |coin: &Coin| {
            let mut inputs = other.input.iter();
            inputs.any(|input| input.previous_output == coin.outpoint)
        };
        must(
            spend.coins.iter().any(is_shared),
            "a version that could happen beside another",
        )?;
    }
    Ok(())
}

fn judge_hot(case: &Case<'_>, keys: &KeyRing) -> Judged<Vec<[u8; 32]>> {
    let (wallet, change) = wallet_of(case, None)?;
    must(
        wallet.keys().contains(keys.hot_key()),
        "this signer owns no part of the wallet",
    )?;
    let psbt = read(case.signing.unsigned.as_deref().unwrap_or_default())?;
    let spend = spend_of(&psbt, &wallet, &change, case.config.max_fee_sats)?;
    judge_versions(case, &spend)?;
    case.judge_items(!case.signing.is_later)?;
    must(
        spend.payments.len() == case.items.len(),
        "an output that nobody asked for",
    )?;
    for (payment, item) in spend.payments.iter().zip(&case.items) {
        let is_same = payment.script.as_bytes() == item.script
            && payment.value_sats.to_string() == item.atoms;
        if !is_same {
            return Err(Objection::Refuse {
                words: "the transaction pays something else than was asked".to_owned(),
                withdrawal_id: item.withdrawal_id,
            });
        }
    }
    let digests = signing::digests(&psbt, &wallet);
    let digests = digests.map_err(|error| Objection::large(error.to_string()))?;
    Ok(digests.iter().map(|digest| digest.digest).collect())
}

fn judge_deposits(
    case: &Case<'_>,
    keys: &KeyRing,
    public: ExtendedKey,
) -> Judged<Vec<(u32, [u8; 32])>> {
    let item = case.judge_gathering()?;
    let (wallet, _) = wallet_of(case, Some(public))?;
    must(
        wallet.keys().contains(keys.hot_key()),
        "this signer owns no part of the wallet",
    )?;
    let psbt = read(case.signing.unsigned.as_deref().unwrap_or_default())?;
    let to = ScriptBuf::from_bytes(item.script.clone());
    let spend = spend_of(&psbt, &wallet, &to, case.config.max_fee_sats)?;
    judge_versions(case, &spend)?;
    let paid = spend.change.as_ref().filter(|_| spend.payments.is_empty());
    let is_item = paid.is_some_and(|paid| paid.value_sats.to_string() == item.atoms);
    must(is_item, "a sweep that pays something else")?;
    if let Some(asked) = &item.asked_atoms {
        let is_one = spend.coins.len() == 1 && spend.coins[0].value_sats.to_string() == *asked;
        must(is_one, "what goes back is not the deposit")?;
    }
    let digests = signing::digests(&psbt, &wallet);
    let digests = digests.map_err(|error| Objection::large(error.to_string()))?;
    let input = |digest: &signing::InputDigest| match digest.owner {
        CoinOwner::Deposit(index) => Ok((index, digest.digest)),
        CoinOwner::Hot => Err(Objection::large("a sweep that spends the hot wallet")),
    };
    digests.iter().map(input).collect()
}
