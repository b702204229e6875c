//! What this backend did to books in the current transaction, and how its end undoes or seals it.
//!
//! Postgres calls back at each end of a (sub)transaction while the market locks are still held: an
//! abort puts the books' memory back as it was. After a commit the locks go first, then the backend
//! waits for the flush: nobody waits for a disk while holding a market.

use crate::pg::{counters, memory, wal};
use engine::book::{Book, Journal};
use pgrx::{pg_guard, pg_sys};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One book that the transaction has locked exclusively.
struct Touched {
    slot: usize,
    /// Lent to the book while it changes. If the session is terminated right then, nothing unwinds,
    /// and the end of the transaction finds no journal here: the book is built anew then.
    journal: Option<Journal>,
    /// Journal length at the start of each open subtransaction, outermost first.
    marks: Vec<(pg_sys::SubTransactionId, usize)>,
}

#[derive(Default)]
struct State {
    touched: Vec<Touched>,
    /// Open subtransactions, outermost first.
    subtransactions: Vec<pg_sys::SubTransactionId>,
    /// What counters had been given at the start of each of them.
    counted: Vec<(pg_sys::SubTransactionId, usize)>,
    /// The session's own `synchronous_commit` while ours is in force.
    synchronous_commit: Option<i32>,
    /// The commit is done and its flush still to be waited for.
    flush_pending: bool,
}

thread_local! {
    // A backend is one thread; this is its process-local state.
    static STATE: RefCell<State> = RefCell::default();
}

/// Asks Postgres to call back at the end of transactions. Once, when the library is loaded.
pub(crate) fn register() {
    // SAFETY: the callbacks are `extern "C-unwind"`, guarded, and live as long as the library.
    unsafe {
        pg_sys::RegisterXactCallback(Some(at_transaction_event), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction_event), std::ptr::null_mut());
        pg_sys::RegisterResourceReleaseCallback(Some(at_release), std::ptr::null_mut());
    }
}

/// Lets `change` work on the book in `slot`. What it does is undone if the transaction, or the
/// subtransaction that is open now, aborts. The caller holds the market's lock exclusively.
pub(crate) fn with_book<T>(slot: usize, change: impl FnOnce(&mut Book<'_>) -> T) -> T {
    let mut loan = Loan::take(slot);
    change(&mut Book::new(memory::lend(slot), &mut loan.journal))
}

/// A journal taken from the transaction's state; it goes back however the borrower ends, but for
/// the end of the process.
struct Loan {
    index: usize,
    journal: Journal,
}

impl Loan {
    fn take(slot: usize) -> Loan {
        STATE.with_borrow_mut(|state| {
            let index = state
                .touched
                .iter()
                .position(|t| t.slot == slot)
                .unwrap_or_else(|| {
                    let marks = state.subtransactions.iter().map(|&id| (id, 0)).collect();
                    state.touched.push(Touched {
                        slot,
                        journal: Some(Journal::default()),
                        marks,
                    });
                    state.touched.len() - 1
                });
            let journal = state.touched[index].journal.take();
            Loan {
                index,
                journal: journal.expect("a book is lent once at a time"),
            }
        })
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let journal = std::mem::take(&mut self.journal);
        STATE.with_borrow_mut(|state| state.touched[self.index].journal = Some(journal));
    }
}

/// Whether this transaction has changed the book in `slot`.
pub(crate) fn has_changed(slot: usize) -> bool {
    let changed = |t: &Touched| t.slot == slot && t.journal.as_ref().is_none_or(|j| !j.is_empty());
    STATE.with_borrow(|state| state.touched.iter().any(changed))
}

/// Puts the book back as it was at `mark`. An error raised here would take the server down; so
/// where that fails, by a bug, the book is built anew from the tables, which are right.
fn undo(touched: &mut Touched, mark: usize) {
    let slot = touched.slot;
    let undone = touched.journal.as_mut().is_some_and(|journal| {
        let undo = || Book::new(memory::lend(slot), journal).undo_to(mark);
        catch_unwind(AssertUnwindSafe(undo)).is_ok()
    });
    if !undone {
        memory::forget(slot);
        touched.journal = Some(Journal::default());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_transaction_event(
    event: pg_sys::XactEvent::Type,
    _argument: *mut std::ffi::c_void,
) {
    use pg_sys::XactEvent::{
        XACT_EVENT_ABORT, XACT_EVENT_COMMIT, XACT_EVENT_PRE_COMMIT, XACT_EVENT_PRE_PREPARE,
    };
    let touched = STATE.with_borrow(|s| !s.touched.is_empty());
    match event {
        XACT_EVENT_PRE_PREPARE if touched => {
            pgrx::ereport!(
                ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "cannot PREPARE a transaction that has traded",
                "Its books stay locked until it ends, and only this session can end it."
            );
        }
        XACT_EVENT_PRE_COMMIT if touched => commit_asynchronously(),
        XACT_EVENT_COMMIT if touched => STATE.with_borrow_mut(|state| {
            let setting = restore_synchronous_commit(state);
            state.flush_pending = setting != pg_sys::SyncCommitLevel::SYNCHRONOUS_COMMIT_OFF as i32;
            state.touched.clear();
            state.subtransactions.clear();
            state.counted.clear();
            counters::keep();
        }),
        XACT_EVENT_ABORT => STATE.with_borrow_mut(|state| {
            restore_synchronous_commit(state);
            state.touched.iter_mut().for_each(|t| undo(t, 0));
            state.touched.clear();
            state.subtransactions.clear();
            state.counted.clear();
            counters::give_back(0);
        }),
        _ => {}
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_subtransaction_event(
    event: pg_sys::SubXactEvent::Type,
    id: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    use pg_sys::SubXactEvent::{
        SUBXACT_EVENT_ABORT_SUB, SUBXACT_EVENT_COMMIT_SUB, SUBXACT_EVENT_START_SUB,
    };
    STATE.with_borrow_mut(|state| match event {
        SUBXACT_EVENT_START_SUB => {
            state.subtransactions.push(id);
            state.counted.push((id, counters::mark()));
            for touched in &mut state.touched {
                let mark = touched.journal.as_mut().map_or(0, Journal::mark);
                touched.marks.push((id, mark));
            }
        }
        SUBXACT_EVENT_ABORT_SUB | SUBXACT_EVENT_COMMIT_SUB => {
            state.subtransactions.retain(|&open| open != id);
            if let Some(at) = state.counted.iter().position(|(open, _)| *open == id) {
                let (_, mark) = state.counted[at];
                state.counted.truncate(at);
                if event == SUBXACT_EVENT_ABORT_SUB {
                    counters::give_back(mark);
                }
            }
            for touched in &mut state.touched {
                let Some(at) = touched.marks.iter().position(|(open, _)| *open == id) else {
                    continue;
                };
                let (_, mark) = touched.marks[at];
                touched.marks.truncate(at);
                if event == SUBXACT_EVENT_ABORT_SUB {
                    undo(touched, mark);
                }
            }
        }
        _ => {}
    });
}

/// The market locks are gone, the client has not been told: now wait for the disk.
#[pg_guard]
unsafe extern "C-unwind" fn at_release(
    phase: pg_sys::ResourceReleasePhase::Type,
    is_commit: bool,
    is_top_level: bool,
    _argument: *mut std::ffi::c_void,
) {
    let after = phase == pg_sys::ResourceReleasePhase::RESOURCE_RELEASE_AFTER_LOCKS;
    if !(after && is_commit && is_top_level) {
        return;
    }
    let pending = STATE.with_borrow_mut(|s| std::mem::take(&mut s.flush_pending));
    if pending {
        wal::wait_for_last_commit();
    }
}

/// Makes the commit that is under way an asynchronous one. The session's own setting is put back
/// right after and honoured by `at_release`.
fn commit_asynchronously() {
    STATE.with_borrow_mut(|state| {
        // SAFETY: an integer setting of this backend; put back by `restore_synchronous_commit` at
        // commit and at abort, one of which must follow.
        unsafe {
            state.synchronous_commit = Some(pg_sys::synchronous_commit);
            pg_sys::synchronous_commit = pg_sys::SyncCommitLevel::SYNCHRONOUS_COMMIT_OFF as i32;
        }
    });
}

fn restore_synchronous_commit(state: &mut State) -> i32 {
    // SAFETY: see `commit_asynchronously`.
    unsafe {
        if let Some(setting) = state.synchronous_commit.take() {
            pg_sys::synchronous_commit = setting;
        }
        pg_sys::synchronous_commit
    }
}
