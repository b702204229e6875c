//! The only Rust that speaks to Postgres over the wire: a pool, transactions that are retried, the
//! doorbell, and one typed function per SQL function.
//!
//! Decimals pass through as text, as Postgres prints them; this crate never calculates with them.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod authority;
pub mod books;
pub mod candles;
pub mod checks;
pub mod coins;
pub mod commands;
pub mod config;
pub mod deadlines;
pub mod devices;
pub mod error;
pub mod events;
pub mod factors;
pub mod facts;
pub mod following;
pub mod gathering;
pub mod keys;
pub mod kyc;
pub mod kyc_review;
mod lease;
pub mod ledger;
pub mod listen;
pub mod logins;
pub mod mails;
pub mod markets;
pub mod orders;
pub mod outcomes;
pub mod partitions;
pub mod passkeys;
pub mod payment_steps;
pub mod payments;
pub mod place;
pub mod pool;
pub mod profile;
pub mod proofs;
pub mod proposals;
pub mod query;
pub mod rates;
pub mod refills;
pub mod registration;
pub mod reserves;
pub mod retry;
pub mod risk;
pub mod sessions;
pub mod signings;
pub mod staff;
pub mod staff_accounts;
pub mod staff_deposits;
pub mod staff_withdrawals;
pub mod sub_accounts;
pub mod submit;
pub mod trades;
pub mod transaction;
pub mod turn;
pub mod wallet;
pub mod watching;
pub mod withdrawal_addresses;
pub mod withdrawals;

pub use access::{
    ApiKey, KeyProof, LiveAccess, MadeApiKey, NewApiKey, api_keys_of, check_access, create_api_key,
    find_api_key, revoke_api_key,
};
pub use accounts::{
    Adjustment, AssetBalance, Balance, StatementEntry, account_balances, account_statement,
    adjust_balance, balance_at, balances_of, create_account, is_decimal, set_account_status,
    set_password_hash,
};
pub use audit::{AUDIT_BELL, AuditEntry, AuditFilter, Linked, audit_entries, link_entries};
pub use authority::{Authority, Authorized};
pub use books::{BookMemory, BookOrder, book_memory, book_orders, reset_book};
pub use candles::{Candle, CandleRange, advance_candles, candles, rebuild_candles};
pub use checks::{BookProblem, Violation, verify_book, violations};
pub use coins::{Coin, listed_coins, ring_network};
pub use commands::{Command, Kind, SelfTrade, Side, Terms, TimeInForce};
pub use config::Config;
pub use deadlines::{CancelAfter, cancel_after, next_cancel_deadline, run_cancel_deadlines};
pub use devices::{Device, devices_of, forget_device};
pub use error::Error;
pub use events::{Message, StreamPosition, messages_after, stream_positions, wait_durable};
pub use factors::{
    Ceremony, FactorProof, Factors, FinishLogin, NewCeremony, Proved, StepUp, UsedPasskey,
    begin_ceremony, begin_totp, confirm_totp, factors_of, find_ceremony, finish_login, remove_totp,
    replace_recovery_codes, step_up, stepped_up_until,
};
pub use facts::{
    MarketChange, MarketFact, MarketSnapshot, MarketTrade, OrderUpdate, PlacedOrder, SnapshotOrder,
    TradeParty, market_facts, market_snapshot, positions_of,
};
pub use following::{
    MissingNonce, WatchedAttempt, close_attempts, missing_nonces, watched_attempts,
};
pub use gathering::{
    FreeOutput, Gathered, OutputSource, end_refund, free_outputs, gathered, is_under_way,
    output_sources, pause_sweep, smoothed_rate,
};
pub use keys::{forget_order_keys, forget_request_keys};
pub use kyc::{
    KycCase, KycSubmission, NewKycDocument, NewestCase, SealedDocument, SubmittedKyc,
    answer_kyc_provider, kyc_status, submit_kyc,
};
pub use kyc_review::{
    Finding, KYC_BELL, KycStaffCase, ReviewCase, await_kyc_provider, claim_kyc_case,
    claim_kyc_reviews, decide_kyc, decide_kyc_case, expire_kyc, fail_kyc_review, kyc_case,
    kyc_documents_of, kyc_queue, load_sanctions, note_kyc_findings, read_kyc_document,
    release_kyc_case,
};
pub use ledger::{Fees, LedgerEntry, LedgerFilter, account_fees, account_ledger};
pub use listen::{Listener, Ring, follow, listen};
pub use logins::{
    Attempt, Login, begin_login, begin_password_check, end_password_check, rehash_password,
};
pub use mails::{MAIL_BELL, Mail, add_mail_token, claim_mails, finish_mail};
pub use markets::{
    Level, Market, NewMarket, PublicTrade, book_at, create_market, markets, order_book,
    recent_trades, set_market_status,
};
pub use orders::{Order, OrderFilter, order, orders};
pub use outcomes::{OrderOutcome, Outcome, Reject, State};
pub use partitions::make_partitions;
pub use passkeys::{
    AddedPasskey, NewPasskey, StoredPasskey, add_passkey, passkeys_of, remove_passkey,
};
pub use payment_steps::{
    MinedOutcome, NewAttempt, NewPayment, add_attempt, add_payment, adopt_attempt, begin_attempt,
    drop_refused_payments, end_failed_payment, fail_conflicts, fail_payment, hot_atoms,
    match_spent_outputs, note_broadcast, note_hot_balance, note_mined, note_replaced,
    recall_payment, reopen_attempts, reserve_outputs, settle_payments, store_raw, take_nonce,
};
pub use payments::{
    ApprovedWithdrawal, HouseWallet, OpenAttempt, OpenPayment, PAYMENTS_BELL, PaymentCoin,
    PaymentNetwork, add_wallet, approved_withdrawals, house_wallets, next_attempt, open_attempts,
    open_payments, payment_coins, payment_networks, signing_kinds, watched_payments,
};
pub use place::Place;
pub use pool::{Pool, ping};
pub use profile::{Profile, profile_of, set_anti_phishing_code};
pub use proofs::{
    Holding, LeafPath, PathStep, PublishedProof, PublishedReserve, PublishedRoot,
    PublishedSignature, PublishedStatement, UnsignedStatement, add_cold_signature,
    add_statement_signature, forget_proof_pages, leaf_path, make_proof, proofs, state_reserves,
    statement_text, unsigned_statements,
};
pub use proposals::{
    Decided, Decision, MadeProposal, NewProposal, Proposal, decide, proposals, propose,
};
pub use query::Query;
pub use rates::{RateGrant, RateRequest, take_rate};
pub use refills::{
    Refill, RefillAmount, add_refill_version, cancel_refill, open_refill, refill_amount, refill_of,
    sign_refill,
};
pub use registration::{
    Origin, Person, TokenOwner, answer_mail_requests, confirm_email_change, forget_spent_access,
    freeze_account, request_email_change, request_password_reset, request_registration,
    set_password, token_owner, verify_email,
};
pub use reserves::{
    CoinFacts, Compared, ComparedNetwork, OwnOutput, book_gas, coin_facts, compared_networks,
    halt_all_networks, own_accounts, own_outputs, record_reconciliation, wallet_roles,
};
pub use risk::{
    RiskEvent, RiskEventFilter, RiskRule, forget_activities, review_risk_event, risk_events,
    risk_rules,
};
pub use sessions::{
    NewSession, OpenSession, Opened, Session, close_session, close_sessions, forget_ended_sessions,
    open_session, session_account, sessions_of,
};
pub use signings::{
    JudgedItem, SIGNING_BELL, WaitingSigning, is_deposit_address, judged_items, put_signature,
    refuse_signing, signed_lately, waiting_signing, waiting_signings,
};
pub use staff::{
    Invited, MadeMember, Member, NewStaffSession, StaffLogin, StaffSession, accept_invitation,
    close_staff_session, create_member, disable_member, fail_staff_login, invite_member,
    invited_member, members, open_staff_session, staff_login, staff_session,
};
pub use staff_accounts::{
    FoundAccount, ShownAccount, find_accounts, show_account, staff_freeze_account,
};
pub use staff_deposits::{
    Debt, StaffDeposit, StaffDepositFilter, debts, release_deposit, staff_deposits,
};
pub use staff_withdrawals::{
    WaitingWithdrawal, WithdrawalHalt, halt_withdrawals, review_withdrawal, withdrawal_halts,
    withdrawal_queue,
};
pub use sub_accounts::{
    NewTransfer, OpenedSubAccount, SubAccount, Transferred, open_sub_account, sub_accounts_of,
    transfer,
};
pub use submit::{
    cancel_all_orders, cancel_order, place_order, reduce_order, replace_order, submit, submit_once,
    try_commands,
};
pub use trades::{AccountTrade, TradeFilter, account_trades};
pub use transaction::{Transaction, run_tx};
pub use turn::{Turn, take_turn};
pub use wallet::{
    Deposit, DepositAddress, DepositFilter, deposit, deposit_address, deposits,
    name_deposit_address,
};
pub use watching::{
    ChainBlock, ChainSpend, ChainTransfer, KnownBlock, MetNetwork, NETWORK_BELL, confirm_deposits,
    forget_transactions, last_blocks, listed_contracts, meet_node, note_sources, read_blocks,
    reorganise, sample_fee, see_transfers, seen_transactions, unsourced_transactions,
};
pub use withdrawal_addresses::{
    AddedWithdrawalAddress, NewWithdrawalAddress, WithdrawalAddress, WithdrawalMode,
    add_withdrawal_address, remove_withdrawal_address, set_withdrawal_mode, withdrawal_addresses,
    withdrawal_mode,
};
pub use withdrawals::{
    FeeQuote, NewWithdrawal, Withdrawal, WithdrawalFilter, WithdrawalNetwork, cancel_withdrawal,
    end_cool_down, forget_withdrawal_quotes, measure_quiet_hours, network_named,
    quote_withdrawal_fee, request_withdrawal, withdrawal, withdrawal_network, withdrawals,
};
