//! JSON-RPC to a node of either family. Nothing of money passes through a float: callers read hex,
//! or the text of a number.

use std::time::Duration;

use alloy::rpc::client::RpcClient;
use alloy::transports::http::reqwest;
use alloy::transports::{TransportError, TransportErrorKind};
use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Limit of one call.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// How long a connection is kept without use: less than bitcoind does (`-rpcservertimeout`, 30 s).
const KEPT: Duration = Duration::from_secs(20);
/// Limit of reaching the node.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Characters that are kept of what cannot be understood.
const LONGEST_WORDS: usize = 1_000;

/// Why a call gave nothing.
#[derive(Debug)]
pub enum NodeError {
    /// The node answered that it will not.
    Refused {
        /// Its number for that.
        code: i64,
        /// Its words.
        message: String,
    },
    /// No answer, or none that can be understood.
    Away(anyhow::Error),
}

impl NodeError {
    /// The node's number of its refusal.
    pub fn code(&self) -> Option<i64> {
        match self {
            NodeError::Refused { code, .. } => Some(*code),
            NodeError::Away(_) => None,
        }
    }

    /// Whether the node does not know the method.
    pub fn is_unknown_method(&self) -> bool {
        const METHOD_NOT_FOUND: i64 = -32601;
        const NOT_SUPPORTED: i64 = -32004;
        matches!(self.code(), Some(METHOD_NOT_FOUND | NOT_SUPPORTED))
    }
}

impl std::fmt::Display for NodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NodeError::Refused { code, message } => {
                write!(f, "the node refuses: {message} ({code})")
            }
            NodeError::Away(reason) => write!(f, "no answer of the node: {reason:#}"),
        }
    }
}

impl std::error::Error for NodeError {}

impl From<anyhow::Error> for NodeError {
    fn from(reason: anyhow::Error) -> Self {
        NodeError::Away(reason)
    }
}

/// A node.
#[derive(Clone)]
pub struct NodeClient {
    client: RpcClient,
}

impl std::fmt::Debug for NodeClient {
    /// Without the address, because it may hold a password or a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeClient").finish_non_exhaustive()
    }
}

impl NodeClient {
    /// A node at an address of the web; name and password may be in it.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn new(url: &str) -> anyhow::Result<NodeClient> {
        NodeClient::with_limit(url, CALL_LIMIT)
    }

    /// The same, with another limit of one call.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn with_limit(url: &str, limit: Duration) -> anyhow::Result<NodeClient> {
        // It may hold a password: the line does not repeat it.
        let url = url.parse().ok().context("the node's address is no URL")?;
        let http = reqwest::Client::builder()
            .timeout(limit)
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(KEPT)
            .build()?;
        let client = RpcClient::new_http_with_client(http, url);
        Ok(NodeClient { client })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// The node refuses, or cannot be reached or understood.
    pub async fn call<T>(&self, method: &'static str, params: Value) -> Result<T, NodeError>
    where
        T: DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    {
        let called = self.client.request::<Value, T>(method, params).await;
        called.map_err(|error| match error.as_error_resp() {
            Some(said) => NodeError::Refused {
                code: said.code,
                message: format!("{method}: {}", said.message),
            },
            None => NodeError::Away(anyhow::anyhow!(words_of(error)).context(method)),
        })
    }
}

/// What went wrong on the way, without the node's address, because many addresses hold a key, and
/// without all of an answer that could not be read.
fn words_of(error: TransportError) -> String {
    let reason = match error {
        TransportError::Transport(TransportErrorKind::Custom(reason)) => reason,
        other => return other.to_string().chars().take(LONGEST_WORDS).collect(),
    };
    match reason.downcast::<reqwest::Error>() {
        Ok(error) => format!("{:#}", anyhow::Error::new(error.without_url())),
        Err(reason) => reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// What a call of a node says that went wrong, and what logs would show of the client.
    async fn words(address: &str) -> String {
        let url = format!("http://{address}/v3/secret-key?token=secret-token");
        let client = NodeClient::new(&url).expect("a client");
        let called: Result<Value, NodeError> = client.call("eth_chainId", json!([])).await;
        let error = called.expect_err("nobody answers");
        format!("{error} {error:?} {client:?}")
    }

    #[tokio::test]
    async fn a_node_that_fails_is_told_without_the_key_in_its_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        // One that is not HTTP, one that closes, one that is not there any more.
        let answers: [&[u8]; 3] = [b"what?\r\n\r\n", b"", b"HTTP/1.1 500 no\r\n\r\n"];
        for answer in answers {
            let served = async {
                let (mut stream, _) = listener.accept().await.expect("a caller");
                let mut asked = [0; 4_096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer).await;
            };
            let (said, ()) = tokio::join!(words(&address), served);
            assert!(!said.contains("secret"), "{said}");
            assert!(said.contains("eth_chainId"), "{said}");
        }
        drop(listener);
        let said = words(&address).await;
        assert!(!said.contains("secret"), "{said}");
        assert!(said.contains("onnect"), "{said}");
    }
}
