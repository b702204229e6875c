//! Value that contracts move by calls inside a transaction, from the node's call trees
//! (`debug_traceBlockByHash`, callTracer).

use alloy::primitives::{Address, B256, U256};
use client::ChainTransfer;
use serde::Deserialize;

use super::block::transfer;

/// Calls inside calls are followed as deep as the EVM allows (yellow paper: 1024).
const DEEPEST: usize = 1_024;

/// The call tree of a transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traced {
    pub(super) tx_hash: Option<B256>,
    pub(super) result: Option<Call>,
}

/// A call.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    #[serde(rename = "type")]
    kind: String,
    from: Address,
    to: Option<Address>,
    value: Option<U256>,
    error: Option<String>,
    #[serde(default)]
    calls: Vec<Call>,
}

/// What came by calls inside the transaction's own, which is its value and counted as that. What
/// failed, and all inside it, is undone.
pub(super) fn inner_calls(hash: B256, call: &Call) -> Vec<ChainTransfer> {
    let mut found = Vec::new();
    if call.error.is_none() {
        follow(hash, call, "", 0, &mut found);
    }
    found
}

fn follow(hash: B256, call: &Call, path: &str, depth: usize, found: &mut Vec<ChainTransfer>) {
    if depth >= DEEPEST {
        return;
    }
    for (number, inner) in call.calls.iter().enumerate() {
        if inner.error.is_some() {
            continue;
        }
        let place = match path {
            "" => number.to_string(),
            _ => format!("{path}.{number}"),
        };
        // A delegate call shows the value of the call that it is part of, and moves nothing.
        let moves = matches!(inner.kind.as_str(), "CALL" | "SELFDESTRUCT");
        if let (true, Some(to), Some(value)) = (moves, inner.to, inner.value)
            && !value.is_zero()
        {
            let position = format!("trace:{place}");
            found.push(transfer(hash, position, Some(inner.from), to, None, value));
        }
        follow(hash, inner, &place, depth + 1, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn positions(tree: serde_json::Value) -> Vec<String> {
        let call: Call = serde_json::from_value(tree).expect("a call");
        let found = inner_calls(B256::ZERO, &call);
        found.into_iter().map(|one| one.position).collect()
    }

    fn call(kind: &str, value: &str, calls: serde_json::Value) -> serde_json::Value {
        let (from, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
        json!({ "type": kind, "from": from, "to": to, "value": value, "calls": calls })
    }

    #[test]
    fn inner_value_counts_and_the_outer_does_not() {
        let inner = json!([call("CALL", "0x1", json!([call("CALL", "0x2", json!([]))]))]);
        assert_eq!(
            positions(call("CALL", "0x5", inner)),
            ["trace:0", "trace:0.0"]
        );
    }

    #[test]
    fn what_moves_nothing_does_not_count() {
        let inner = json!([
            call("DELEGATECALL", "0x1", json!([])),
            call("STATICCALL", "0x0", json!([])),
            call("CALL", "0x0", json!([])),
            call("SELFDESTRUCT", "0x3", json!([])),
        ]);
        assert_eq!(positions(call("CALL", "0x5", inner)), ["trace:3"]);
    }

    #[test]
    fn what_failed_is_undone_with_all_inside_it() {
        let mut failed = call("CALL", "0x1", json!([call("CALL", "0x2", json!([]))]));
        failed["error"] = json!("execution reverted");
        assert!(positions(call("CALL", "0x5", json!([failed.clone()]))).is_empty());
        assert!(positions(failed).is_empty());
    }
}
