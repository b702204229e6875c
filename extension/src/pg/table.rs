//! A table opened for direct reads and changes of single rows, without planner or executor.
//!
//! Only for tables whose write paths are all known: no triggers fire and no foreign keys are
//! checked here. Check constraints and every index are honoured. Relation locks are kept to the
//! transaction's end.

use crate::pg::catalog;
use crate::pg::row::{Row, Stored};
use pgrx::pg_sys;
use std::cell::{Cell, OnceCell};
use std::ffi::CStr;

/// Most columns of a key.
const MAX_KEYS: usize = 2;

/// Where a row lies: block and line in one word. 0 is nowhere, since lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) u64);

impl Place {
    pub(super) fn new(tid: &pg_sys::ItemPointerData) -> Place {
        let block = (u64::from(tid.ip_blkid.bi_hi) << 16) | u64::from(tid.ip_blkid.bi_lo);
        Place(block << 16 | u64::from(tid.ip_posid))
    }

    fn tid(self) -> pg_sys::ItemPointerData {
        pg_sys::ItemPointerData {
            ip_blkid: pg_sys::BlockIdData {
                bi_hi: (self.0 >> 32) as u16,
                bi_lo: (self.0 >> 16) as u16,
            },
            ip_posid: self.0 as u16,
        }
    }

    fn block(self) -> u64 {
        self.0 >> 16
    }
}

/// Which rows a read sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What is committed now, and this transaction's own rows: for rows that others may change.
    Latest,
    /// The row itself, whatever this transaction did to it: for rows under a lock of ours.
    Own,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// Done; the row's new place (for a delete, the old one).
    Done(Place),
    /// Another transaction changed the row first: read it again.
    Stale,
}

/// A value that an index column is compared with.
#[derive(Clone, Copy)]
pub(crate) enum Key<'a> {
    Bigint(i64),
    Integer(i32),
    /// A column of collation "C".
    Text(&'a str),
}

/// An open table.
pub(crate) struct Table {
    pub(super) relation: pg_sys::Relation,
    schema: &'static CStr,
    pub(super) is_varlena: Vec<bool>,
    /// Length of the file in blocks, and what is seen; both asked for when first needed.
    blocks: OnceCell<u64>,
    snapshot: Cell<pg_sys::Snapshot>,
}

impl Table {
    /// Opens a table of schema `exchange` for reading and writing.
    pub(crate) fn open(name: &str) -> Table {
        Table::open_oid(
            catalog::SCHEMA,
            catalog::relation(name),
            pg_sys::RowExclusiveLock,
        )
    }

    /// Opens a table of schema `exchange` for reading.
    pub(crate) fn open_to_read(name: &str) -> Table {
        Table::open_oid(
            catalog::SCHEMA,
            catalog::relation(name),
            pg_sys::AccessShareLock,
        )
    }

    /// Opens a table of another schema for reading, where it is there.
    pub(crate) fn find_to_read(schema: &'static CStr, name: &str) -> Option<Table> {
        let oid = catalog::find_relation_in(schema, name)?;
        Some(Table::open_oid(schema, oid, pg_sys::AccessShareLock))
    }

    fn open_oid(schema: &'static CStr, oid: pg_sys::Oid, lock: u32) -> Table {
        // SAFETY: raises an error if the relation is gone; the descriptor lives while it is open.
        unsafe {
            let relation = pg_sys::table_open(oid, lock as i32);
            let tuple_desc = (*relation).rd_att;
            let columns = (*tuple_desc).natts as usize;
            let attributes = (*tuple_desc).attrs.as_slice(columns);
            let is_varlena = attributes.iter().map(|a| a.attlen == -1).collect();
            Table {
                relation,
                schema,
                is_varlena,
                blocks: OnceCell::new(),
                snapshot: Cell::new(std::ptr::null_mut()),
            }
        }
    }

    /// The position of the column of that name, where there is one.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        // SAFETY: the relation is open; its descriptor has that many attributes.
        unsafe {
            let attributes = (*(*self.relation).rd_att)
                .attrs
                .as_slice(self.is_varlena.len());
            attributes.iter().position(|attribute| {
                let stored = CStr::from_ptr(attribute.attname.data.as_ptr());
                stored.to_bytes() == name.as_bytes()
            })
        }
    }

    /// The file that holds the table: another one after `truncate`, `vacuum full` or a re-creation.
    pub(crate) fn file(&self) -> u32 {
        // SAFETY: the relation is open.
        unsafe { (*(*self.relation).rd_rel).relfilenode }.to_u32()
    }

    /// Takes a new view of what is committed, for reads that follow.
    pub(crate) fn refresh(&self) {
        self.forget_snapshot();
    }

    fn forget_snapshot(&self) {
        let snapshot = self.snapshot.replace(std::ptr::null_mut());
        if !snapshot.is_null() {
            // SAFETY: registered by `latest`, once.
            unsafe { pg_sys::UnregisterSnapshot(snapshot) };
        }
    }

    /// What was committed when this was first asked for, or since the last `refresh`.
    fn latest(&self) -> pg_sys::Snapshot {
        if self.snapshot.get().is_null() {
            // SAFETY: registered with the transaction; given back by `forget_snapshot`.
            let snapshot = unsafe { pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot()) };
            self.snapshot.set(snapshot);
        }
        self.snapshot.get()
    }

    fn blocks(&self) -> u64 {
        *self.blocks.get_or_init(|| {
            let main = pg_sys::ForkNumber::MAIN_FORKNUM;
            // SAFETY: the relation is open. It cannot shrink while we hold a lock on it.
            unsafe { pg_sys::RelationGetNumberOfBlocksInFork(self.relation, main) }.into()
        })
    }

    /// Gives `read` the row at `place`, if a row that `sees` allows is there. A place that is long
    /// out of date is no error.
    pub(crate) fn at<T>(
        &self,
        place: Place,
        sees: Sees,
        read: impl FnOnce(&Stored<'_>) -> T,
    ) -> Option<T> {
        if place == Place(0) || (sees == Sees::Latest && place.block() >= self.blocks()) {
            return None;
        }
        // SAFETY: the block exists (or is our own, newly added); the buffer stays pinned while the
        // tuple is read and is released after.
        unsafe {
            let snapshot = match sees {
                Sees::Latest => self.latest(),
                Sees::Own => &raw mut pg_sys::SnapshotSelfData,
            };
            let mut tuple = pg_sys::HeapTupleData {
                t_self: place.tid(),
                ..pg_sys::HeapTupleData::default()
            };
            let mut buffer: pg_sys::Buffer = 0;
            if !pg_sys::heap_fetch(self.relation, snapshot, &mut tuple, &mut buffer, false) {
                return None;
            }
            let result = self.deform(&mut tuple, read);
            pg_sys::ReleaseBuffer(buffer);
            Some(result)
        }
    }

    /// # Safety
    /// `tuple` is of this table and readable.
    unsafe fn deform<T>(&self, tuple: pg_sys::HeapTuple, read: impl FnOnce(&Stored<'_>) -> T) -> T {
        let mut values = [pg_sys::Datum::null(); 32];
        let mut nulls = [true; 32];
        let columns = self.is_varlena.len();
        assert!(columns <= values.len(), "too many columns");
        // SAFETY: the arrays have room for the columns of the table's own descriptor.
        unsafe {
            let desc = (*self.relation).rd_att;
            pg_sys::heap_deform_tuple(tuple, desc, values.as_mut_ptr(), nulls.as_mut_ptr());
        }
        read(&Stored {
            values: &values[..columns],
            nulls: &nulls[..columns],
            is_varlena: &self.is_varlena,
        })
    }

    /// Gives `read` every row, with its place, that was committed when the table was opened or
    /// refreshed.
    pub(crate) fn scan(&self, mut read: impl FnMut(Place, &Stored<'_>)) {
        // SAFETY: a plain forward scan of an open heap; a tuple is readable until the next one.
        unsafe {
            let flags = pg_sys::ScanOptions::SO_TYPE_SEQSCAN
                | pg_sys::ScanOptions::SO_ALLOW_STRAT
                | pg_sys::ScanOptions::SO_ALLOW_PAGEMODE;
            let scan = pg_sys::heap_beginscan(
                self.relation,
                self.latest(),
                0,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                flags,
            );
            loop {
                let tuple = pg_sys::heap_getnext(scan, pg_sys::ScanDirection::ForwardScanDirection);
                if tuple.is_null() {
                    break;
                }
                let place = Place::new(&(*tuple).t_self);
                self.deform(tuple, |row| read(place, row));
            }
            pg_sys::heap_endscan(scan);
        }
    }

    /// Opens an index of this table for look-ups by its first `keys` columns.
    pub(crate) fn index(&self, name: &str, keys: usize) -> IndexLookup<'_> {
        IndexLookup::open(self, name, keys)
    }

    /// Puts `row` in the place of the one at `place`. Where the new version found no room on its
    /// page, `appender`, which must be this table's, adds its index entries.
    pub(crate) fn update(
        &self,
        place: Place,
        row: &mut Row,
        appender: &mut crate::pg::appender::Appender<'_>,
    ) -> Changed {
        // SAFETY: the row has the table's columns (checked); `heap_update` copies it.
        unsafe {
            let new = self.form(row);
            let mut failure = pg_sys::TM_FailureData::default();
            let mut lock_mode = pg_sys::LockTupleMode::LockTupleExclusive;
            let result = pg_sys::heap_update(
                self.relation,
                &mut place.tid(),
                new,
                pg_sys::GetCurrentCommandId(true),
                std::ptr::null_mut(),
                true,
                &mut failure,
                &mut lock_mode,
            );
            let changed = self.outcome(result, Place::new(&(*new).t_self));
            let is_heap_only =
                u32::from((*(*new).t_data).t_infomask2) & pg_sys::HEAP_ONLY_TUPLE != 0;
            if changed != Changed::Stale && !is_heap_only {
                appender.index_new_version(new);
            }
            pg_sys::heap_freetuple(new);
            changed
        }
    }

    /// Removes the row at `place`.
    pub(crate) fn delete(&self, place: Place) -> Changed {
        // SAFETY: plain values; the relation is open for writing.
        unsafe {
            let mut failure = pg_sys::TM_FailureData::default();
            let result = pg_sys::heap_delete(
                self.relation,
                &mut place.tid(),
                pg_sys::GetCurrentCommandId(true),
                std::ptr::null_mut(),
                true,
                &mut failure,
                true,
            );
            self.outcome(result, place)
        }
    }

    fn outcome(&self, result: pg_sys::TM_Result::Type, place: Place) -> Changed {
        match result {
            pg_sys::TM_Result::TM_Ok => Changed::Done(place),
            pg_sys::TM_Result::TM_Updated | pg_sys::TM_Result::TM_Deleted => Changed::Stale,
            other => panic!("row change ended in state {other}"),
        }
    }

    /// # Safety
    /// The table is open; the row's values are of its columns' types.
    pub(super) unsafe fn form(&self, row: &mut Row) -> pg_sys::HeapTuple {
        assert_eq!(
            row.values.len(),
            self.is_varlena.len(),
            "row has another number of columns"
        );
        // SAFETY: the arrays have as many elements as the descriptor has columns.
        unsafe {
            let desc = (*self.relation).rd_att;
            pg_sys::heap_form_tuple(desc, row.values.as_mut_ptr(), row.nulls.as_mut_ptr())
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.forget_snapshot();
            // SAFETY: opened by us; the lock stays until the transaction ends.
            unsafe { pg_sys::table_close(self.relation, pg_sys::NoLock as i32) };
        }
    }
}

/// An index opened for look-ups by its first columns.
pub(crate) struct IndexLookup<'a> {
    table: &'a Table,
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
    keys: usize,
}

impl<'a> IndexLookup<'a> {
    fn open(table: &'a Table, name: &str, keys: usize) -> IndexLookup<'a> {
        let oid = catalog::relation_in(table.schema, name);
        // SAFETY: the index belongs to the open table; all is closed in `drop`.
        unsafe {
            let index = pg_sys::index_open(oid, pg_sys::AccessShareLock as i32);
            let columns = (*(*index).rd_index).indnkeyatts as usize;
            assert!(
                keys <= columns && keys <= MAX_KEYS,
                "{name} has no {keys} keys"
            );
            let scan =
                pg_sys::index_beginscan(table.relation, index, table.latest(), keys as i32, 0);
            let slot = pg_sys::table_slot_create(table.relation, std::ptr::null_mut());
            IndexLookup {
                table,
                index,
                scan,
                slot,
                keys,
            }
        }
    }

    /// Gives `read` the first row with this key, and its place.
    pub(crate) fn find<T>(
        &mut self,
        key: &[Key<'_>],
        read: impl FnOnce(Place, &Stored<'_>) -> T,
    ) -> Option<T> {
        self.start(key, Match::Equal);
        self.next(read)
    }

    /// Gives `read` all rows with this key.
    pub(crate) fn each(&mut self, key: &[Key<'_>], mut read: impl FnMut(&Stored<'_>)) {
        self.start(key, Match::Equal);
        while self.next(|_, row| read(row)).is_some() {}
    }

    /// Gives `read` the rows whose key is greater, in ascending order, until it returns `false`.
    pub(crate) fn after(&mut self, key: i64, mut read: impl FnMut(&Stored<'_>) -> bool) {
        self.start(&[Key::Bigint(key)], Match::Greater);
        while self.next(|_, row| read(row)) == Some(true) {}
    }

    fn start(&mut self, key: &[Key<'_>], matches: Match) {
        assert!(key.len() == self.keys, "not the look-up's key");
        let (strategy, is_greater) = match matches {
            Match::Equal => (pg_sys::BTEqualStrategyNumber, false),
            Match::Greater => (pg_sys::BTGreaterStrategyNumber, true),
        };
        // SAFETY: the scan copies the keys; what their values point to lives in the current memory
        // context, which outlives the scan.
        unsafe {
            let mut scan_keys = [pg_sys::ScanKeyData::default(); MAX_KEYS];
            for (position, part) in key.iter().enumerate() {
                let operator = if is_greater {
                    pg_sys::F_INT8GT
                } else {
                    part.equality()
                };
                pg_sys::ScanKeyEntryInitialize(
                    &mut scan_keys[position],
                    0,
                    position as i16 + 1,
                    strategy as u16,
                    pg_sys::InvalidOid,
                    part.collation(),
                    operator.into(),
                    part.datum(),
                );
            }
            (*self.scan).xs_snapshot = self.table.latest();
            pg_sys::index_rescan(
                self.scan,
                scan_keys.as_mut_ptr(),
                self.keys as i32,
                std::ptr::null_mut(),
                0,
            );
        }
    }

    fn next<T>(&mut self, read: impl FnOnce(Place, &Stored<'_>) -> T) -> Option<T> {
        // SAFETY: the scan was started; the slot holds the buffer's pin while its values are read.
        unsafe {
            let forward = pg_sys::ScanDirection::ForwardScanDirection;
            if !pg_sys::index_getnext_slot(self.scan, forward, self.slot) {
                return None;
            }
            let columns = self.table.is_varlena.len();
            pg_sys::slot_getsomeattrs_int(self.slot, columns as i32);
            let row = Stored {
                values: std::slice::from_raw_parts((*self.slot).tts_values, columns),
                nulls: std::slice::from_raw_parts((*self.slot).tts_isnull, columns),
                is_varlena: &self.table.is_varlena,
            };
            Some(read(Place::new(&(*self.slot).tts_tid), &row))
        }
    }
}

/// How rows compare with a key.
#[derive(Clone, Copy)]
enum Match {
    Equal,
    Greater,
}

impl Drop for IndexLookup<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened by `open`, not closed before.
            unsafe {
                pg_sys::index_endscan(self.scan);
                pg_sys::ExecDropSingleTupleTableSlot(self.slot);
                pg_sys::index_close(self.index, pg_sys::NoLock as i32);
            }
        }
    }
}

impl Key<'_> {
    fn datum(&self) -> pg_sys::Datum {
        match self {
            Key::Bigint(value) => pg_sys::Datum::from(*value),
            Key::Integer(value) => pg_sys::Datum::from(*value),
            // SAFETY: copies the text into the current memory context.
            Key::Text(value) => pg_sys::Datum::from(unsafe {
                pg_sys::cstring_to_text_with_len(value.as_ptr().cast(), value.len() as i32)
            }),
        }
    }

    fn equality(&self) -> u32 {
        match self {
            Key::Bigint(_) => pg_sys::F_INT8EQ,
            Key::Integer(_) => pg_sys::F_INT4EQ,
            Key::Text(_) => pg_sys::F_TEXTEQ,
        }
    }

    fn collation(&self) -> pg_sys::Oid {
        match self {
            Key::Text(_) => pg_sys::C_COLLATION_OID,
            _ => pg_sys::InvalidOid,
        }
    }
}
