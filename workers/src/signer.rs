//! One of the two processes that hold keys. It reads what it is asked to sign, judges each by
//! itself against the database, signs by its own token, and stores the signature as its own role.
//! It trusts nothing that a plan says: what is to be signed is decoded here.

mod bitcoin;
mod config;
mod evm;
mod judge;
mod keys;
mod pins;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::ensure;
use client::{Listener, Pool, Ring, SIGNING_BELL, Turn, WaitingSigning};

pub use config::SignerConfig;
use judge::Objection;
use keys::KeyRing;

use crate::fault_point::fault_point;

/// Signings of one look.
const AT_ONCE: i64 = 200;
/// The longest sleep: then what had to wait is judged anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The class of the signers' turns; the name of each is the signer's.
const TURNS: &str = "chain.signers";
/// The pause before the turn is asked for again.
const TURN_PAUSE: Duration = Duration::from_secs(1);

/// Works, or stands by for another process of the same signer, until it is dropped. A database that
/// is away is waited for.
///
/// # Errors
/// The token or the seed cannot be used, or the settings name no wallet.
pub async fn run(
    pool: &Pool,
    database: &client::Config,
    config: &SignerConfig,
) -> anyhow::Result<()> {
    ensure!(
        !config.wallets.is_empty(),
        "{} is not set: the database alone must not say where money goes",
        pins::SETTING
    );
    let keys = KeyRing::open(config).await?;
    tracing::info!(signer = config.name, key = %keys.hot_key(), "the signer's key is open");
    let mut bell = client::listen(database)?;
    let mut signer = Signer {
        config,
        keys: &keys,
        waiting: HashMap::new(),
    };
    loop {
        let turn = signer.await_turn(pool).await;
        signer.work(&turn, &mut bell).await;
        drop(turn);
        // A database that fails at every signature must not have the token sign without a pause.
        tokio::time::sleep(TURN_PAUSE).await;
    }
}

struct Signer<'a> {
    config: &'a SignerConfig,
    keys: &'a KeyRing,
    /// Why signings wait, so that each reason is told once.
    waiting: HashMap<i64, String>,
}

impl Signer<'_> {
    /// Of the processes of one signer one works: two would judge limits by what each sees signed,
    /// and could together sign more. The others stand by, and ask again and again rather than wait
    /// in the database, where a statement has its time.
    async fn await_turn(&self, pool: &Pool) -> Turn {
        let signer = &self.config.name;
        let mut is_told = false;
        loop {
            match client::take_turn(pool, TURNS, signer).await {
                Ok(Some(turn)) => {
                    tracing::info!(signer, "it is this process that signs");
                    return turn;
                }
                Ok(None) if is_told => {}
                Ok(None) => {
                    tracing::info!(signer, "another process signs; this one stands by");
                    is_told = true;
                }
                Err(error) => tracing::error!(signer, "cannot ask for its turn: {error}"),
            }
            tokio::time::sleep(TURN_PAUSE).await;
        }
    }

    /// Until the turn is lost. All that is judged and stored is so on the turn's own session:
    /// another process may have signed meanwhile what a judgement of before did not count, so that
    /// what was made in a lost turn is dropped.
    async fn work(&mut self, turn: &Turn, bell: &mut Listener) {
        loop {
            if let Err(error) = self.once(turn).await {
                tracing::error!(
                    signer = self.config.name,
                    "cannot see to the signings: {error:#}"
                );
            }
            if turn.is_lost() {
                return;
            }
            let rung = async {
                while !matches!(
                    bell.next().await,
                    Ring::Stream(SIGNING_BELL) | Ring::Everything
                ) {}
            };
            // Passing in silence is as good as a ring.
            let _ = tokio::time::timeout(LONGEST_PAUSE, rung).await;
        }
    }

    async fn once(&mut self, turn: &Turn) -> anyhow::Result<()> {
        let waiting = client::waiting_signings(turn, &self.config.name, AT_ONCE).await?;
        self.waiting.retain(|id, _| waiting.contains(id));
        for signing in waiting {
            match self.see_to(turn, signing).await {
                Err(error) if turn.is_lost() => return Err(error),
                // What cannot be judged holds up nothing else.
                Err(error) => {
                    let signer = &self.config.name;
                    tracing::error!(signer, signing, "cannot see to it: {error:#}");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Looks at it as it is now: the one before may have changed what is to be thought of it.
    async fn see_to(&mut self, turn: &Turn, signing_id: i64) -> anyhow::Result<()> {
        let Some(signing) = client::waiting_signing(turn, signing_id).await? else {
            return Ok(());
        };
        match self.sign(turn, &signing).await? {
            Ok(signature) => {
                fault_point("signature_made");
                let is_stored = client::put_signature(turn, signing_id, &signature).await?;
                fault_point("signature_stored");
                let (signer, payment) = (&self.config.name, signing.payment_id);
                match is_stored {
                    true => tracing::info!(signer, payment, kind = signing.kind, "signed"),
                    false => tracing::info!(signer, payment, "nobody waits for its signature now"),
                }
            }
            Err(Objection::Wait(words)) => self.wait(&signing, words),
            Err(Objection::Refuse {
                words,
                withdrawal_id,
            }) => {
                let words: String = words.chars().take(500).collect();
                let payment = signing.payment_id;
                tracing::error!(signer = self.config.name, payment, "refused: {words}");
                client::refuse_signing(turn, signing_id, &words, withdrawal_id).await?;
            }
        }
        Ok(())
    }

    fn wait(&mut self, signing: &WaitingSigning, words: String) {
        let told = self.waiting.insert(signing.signing_id, words.clone());
        if told.is_none_or(|told| told != words) {
            let payment = signing.payment_id;
            tracing::warn!(signer = self.config.name, payment, "waits: {words}");
        }
    }

    async fn sign(
        &self,
        turn: &Turn,
        signing: &WaitingSigning,
    ) -> anyhow::Result<Result<Vec<u8>, Objection>> {
        let case = judge::Case {
            signing,
            items: client::judged_items(turn, signing.payment_id).await?,
            wallets: client::house_wallets(turn, signing.network_id).await?,
            limits: self
                .config
                .limits
                .of(turn, &self.config.name, signing)
                .await?,
            config: self.config,
        };
        match (signing.family.as_str(), signing.kind.as_str()) {
            ("evm", "safe") => evm::sign_safe(&case, self.keys).await,
            ("evm", "gas_account") => {
                let address = signing_address(turn, &case).await?;
                evm::sign_gas(&case, self.keys, address).await
            }
            ("evm", "deposit_keys") => evm::sign_deposit(&case, self.keys).await,
            ("bitcoin", "hot_outputs") => bitcoin::sign_hot(&case, self.keys).await,
            ("bitcoin", "deposit_keys") => bitcoin::sign_deposits(&case, self.keys).await,
            (family, kind) => {
                let words = format!("nothing of kind {kind} is signed on {family}");
                Ok(Err(Objection::large(words)))
            }
        }
    }
}

/// Whether gas goes to a deposit address, as the database knows it.
async fn signing_address(turn: &Turn, case: &judge::Case<'_>) -> anyhow::Result<bool> {
    let [item] = &case.items[..] else {
        return Ok(false);
    };
    Ok(client::is_deposit_address(turn, case.signing.network_id, &item.script).await?)
}
