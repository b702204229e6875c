//! JSON-RPC to a node of either family. Nothing of money passes through a float: callers read hex,
//! or the text of a number.

use std::time::Duration;

use alloy::rpc::client::RpcClient;
use alloy::transports::http::reqwest;
use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Limit of one call.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// How long a connection is kept without use: less than bitcoind does (`-rpcservertimeout`, 30 s).
const KEPT: Duration = Duration::from_secs(20);
/// Limit of reaching the node.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

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
#[derive(Clone, Debug)]
pub struct NodeClient {
    client: RpcClient,
}

impl NodeClient {
    /// A node at an address of the web; name and password may be in it.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn new(url: &str) -> anyhow::Result<NodeClient> {
        // It may hold a password: the line does not repeat it.
        let url = url.parse().ok().context("the node's address is no URL")?;
        let http = reqwest::Client::builder()
            .timeout(CALL_LIMIT)
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
            None => NodeError::Away(anyhow::Error::new(error).context(method)),
        })
    }
}
