//! Bitcoin and EVM chains, without any input or output: keys and addresses, transactions to build
//! and to read, fees. It knows no database, no node and no token.
