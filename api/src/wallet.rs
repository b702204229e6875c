//! Deposit addresses: the database gives each a number, and here it is derived from an extended
//! public key, which cannot spend. An address is shown only once the database has it.

use chain::ChainError;
use chain::address::{Checksum, parse_evm};
use chain::extended_key::ExtendedKey;
use chain::network::Network;
use chain::payment_uri;
use client::{DepositAddress, Pool};
use ring::hmac;

use crate::config::wallet::WalletConfig;
use crate::error::{ApiError, Rejection};

/// What deposit addresses are derived from, and what nodes sign with.
pub struct Wallet {
    bitcoin: Option<AccountKey>,
    evm: Option<AccountKey>,
    webhook: Option<hmac::Key>,
}

struct AccountKey {
    key: ExtendedKey,
    /// As the database keeps it.
    text: String,
}

/// An address that payments may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// What the coin asks of a deposit.
    pub terms: DepositAddress,
    /// As people write it.
    pub address: String,
    /// What a wallet reads from a QR code.
    pub uri: String,
}

/// What is derived for an address.
struct Derived {
    address: String,
    script: Vec<u8>,
}

impl Wallet {
    /// With these keys.
    pub fn new(config: &WalletConfig) -> Self {
        let account = |key: &Option<ExtendedKey>, name: &str| {
            if key.is_none() {
                tracing::info!("{name} is not set: no such deposit addresses are given out");
            }
            key.clone().map(|key| AccountKey {
                text: key.to_string(),
                key,
            })
        };
        let secret = config.webhook_secret.as_ref();
        Wallet {
            bitcoin: account(&config.bitcoin_key, "EXCHANGE_BITCOIN_XPUB"),
            evm: account(&config.evm_key, "EXCHANGE_EVM_XPUB"),
            webhook: secret.map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret)),
        }
    }

    /// What nodes sign their notices with; `None` where none is believed.
    pub fn webhook(&self) -> Option<&hmac::Key> {
        self.webhook.as_ref()
    }

    /// The account's own address of an asset: made when it is first asked for, the same ever after.
    ///
    /// # Errors
    /// Rejected as `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`, `NETWORK_REQUIRED`, and
    /// `ADDRESSES_UNAVAILABLE` where this server has no key, or another than the network's.
    pub async fn address(
        &self,
        pool: &Pool,
        account_id: i64,
        asset: &str,
        network: Option<&str>,
    ) -> Result<Issued, ApiError> {
        let terms = client::deposit_address(pool, account_id, asset, network).await?;
        let network = network_of(&terms)?;
        let account = match network {
            Network::Bitcoin(_) => &self.bitcoin,
            Network::Evm(_) => &self.evm,
        };
        let account = account.as_ref().ok_or_else(unavailable)?;
        if terms
            .account_key
            .as_ref()
            .is_some_and(|known| *known != account.text)
        {
            tracing::error!(
                terms.network,
                "this server's extended public key is not the one that the addresses come from"
            );
            return Err(unavailable());
        }
        let address = match &terms.address {
            Some(address) => address.clone(),
            None => {
                let derived = derive(&account.key, &terms, network).map_err(|e| failed(&e))?;
                let (text, script) = (&derived.address, &derived.script);
                client::name_deposit_address(pool, terms.address_id, &account.text, text, script)
                    .await
                    .map_err(mismatched)?;
                derived.address
            }
        };
        let uri = uri(&address, &terms, network).map_err(|error| failed(&error))?;
        Ok(Issued {
            terms,
            address,
            uri,
        })
    }

    /// Gives an account an address of every listed coin. Who gets none now gets one on asking.
    pub async fn issue_all(&self, pool: &Pool, account_id: i64) -> Result<(), ApiError> {
        for coin in client::listed_coins(pool).await? {
            let network = Some(coin.network.as_str());
            match self.address(pool, account_id, &coin.asset, network).await {
                // Of one family there may be a key and of another none.
                Ok(_) | Err(ApiError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn network_of(terms: &DepositAddress) -> Result<Network, ApiError> {
    format!("{}:{}", terms.family, terms.chain)
        .parse()
        .map_err(|error: ChainError| ApiError::Internal(error.to_string()))
}

fn derive(
    key: &ExtendedKey,
    terms: &DepositAddress,
    network: Network,
) -> Result<Derived, ChainError> {
    // A constraint of the table keeps it below 2^31.
    let index = u32::try_from(terms.address_id).map_err(|_| ChainError::IndexTooLarge(u32::MAX))?;
    Ok(match network {
        Network::Bitcoin(network) => {
            let deposit = key.bitcoin_deposit(index, network)?;
            Derived {
                address: deposit.address,
                script: deposit.script.into_bytes(),
            }
        }
        Network::Evm(_) => {
            let address = key.evm_deposit(index)?;
            Derived {
                address: address.to_string(),
                script: address.to_vec(),
            }
        }
    })
}

fn uri(address: &str, terms: &DepositAddress, network: Network) -> Result<String, ChainError> {
    let Network::Evm(chain_id) = network else {
        return Ok(payment_uri::bitcoin(address, None));
    };
    let evm = |text: &str| {
        let read = parse_evm(text, Checksum::Optional);
        read.map_err(|_| ChainError::Malformed("an EVM address"))
    };
    let to = evm(address)?;
    Ok(match &terms.contract {
        None => payment_uri::ether(to, chain_id, None),
        Some(contract) => {
            let contract = evm(&format!("0x{}", hex::encode(contract)))?;
            payment_uri::token(contract, chain_id, to, None)
        }
    })
}

/// No address can be made now.
fn unavailable() -> ApiError {
    ApiError::Rejected(Rejection {
        code: "ADDRESSES_UNAVAILABLE".to_owned(),
        field: None,
        message: "no deposit addresses of this network are given out at the moment".to_owned(),
    })
}

/// The key does not fit the network: the operator must see to it.
fn failed(error: &ChainError) -> ApiError {
    tracing::error!(%error, "a deposit address cannot be derived");
    unavailable()
}

/// What is stored is not what this server derives: the operator must see to it.
fn mismatched(error: client::Error) -> ApiError {
    match error.reject_code() {
        Some("OTHER_ACCOUNT_KEY" | "OTHER_ADDRESS") => {
            tracing::error!(%error, "a deposit address is not as it was");
            unavailable()
        }
        _ => error.into(),
    }
}
