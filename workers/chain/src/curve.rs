//! The curve secp256k1, prepared once a process.

use std::sync::LazyLock;

use bitcoin::secp256k1::{All, Secp256k1};

pub(crate) static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);
