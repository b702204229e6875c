//! `/api/market`: what everybody may know.

pub(super) mod depth;
pub(super) mod klines;
pub(super) mod symbols;
pub(super) mod ticker;
pub(super) mod time;
pub(super) mod trades;
