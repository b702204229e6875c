//! Adds rows to a table many at a time: one WAL record a page instead of one a row.

use crate::pg::constraints::{self, Constraints};
use crate::pg::row::Row;
use crate::pg::table::{Place, Table};
use pgrx::pg_sys;
use std::rc::Rc;

/// Rows that wait in memory before they are written together.
const ROWS_A_WRITE: usize = 128;

/// Adds rows to one table, and keeps all of its indexes.
pub(crate) struct Appender<'a> {
    table: &'a Table,
    executor: *mut pg_sys::EState,
    result: *mut pg_sys::ResultRelInfo,
    slots: Vec<*mut pg_sys::TupleTableSlot>,
    waiting: usize,
    constraints: Rc<Constraints>,
}

impl<'a> Appender<'a> {
    /// Opens the table's indexes.
    pub(crate) fn new(table: &'a Table) -> Appender<'a> {
        // SAFETY: builds the executor state that Postgres' own bulk writers build: a range table of
        // one relation and a result relation with open indexes; closed in `finish`.
        unsafe {
            let executor = pg_sys::CreateExecutorState();
            let entry =
                pg_sys::palloc0(size_of::<pg_sys::RangeTblEntry>()).cast::<pg_sys::RangeTblEntry>();
            (*entry).type_ = pg_sys::NodeTag::T_RangeTblEntry;
            (*entry).rtekind = pg_sys::RTEKind::RTE_RELATION;
            (*entry).relid = (*table.relation).rd_id;
            (*entry).relkind = (*(*table.relation).rd_rel).relkind;
            (*entry).rellockmode = pg_sys::RowExclusiveLock as i32;
            let entries = pg_sys::lappend(std::ptr::null_mut(), entry.cast());
            pg_sys::ExecInitRangeTable(executor, entries);
            let result =
                pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(result, table.relation, 1, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(result, false);
            Appender {
                table,
                executor,
                result,
                slots: Vec::new(),
                waiting: 0,
                constraints: constraints::of(table.relation),
            }
        }
    }

    /// Adds a row. Its values must stay in their arena until the row is written; `placed` is told
    /// the places of the rows, in the order in which they were added, as they are written.
    pub(crate) fn add(&mut self, row: &Row, placed: &mut impl FnMut(Place)) {
        let columns = self.table.is_varlena.len();
        assert_eq!(
            row.values.len(),
            columns,
            "row has another number of columns"
        );
        self.constraints.check(row);
        if self.waiting == self.slots.len() {
            // SAFETY: a slot for tuples in plain memory, of the table's row type.
            self.slots.push(unsafe {
                pg_sys::MakeSingleTupleTableSlot(
                    (*self.table.relation).rd_att,
                    &raw const pg_sys::TTSOpsHeapTuple,
                )
            });
        }
        // SAFETY: an empty slot with room for the table's columns.
        unsafe {
            let slot = self.slots[self.waiting];
            std::ptr::copy_nonoverlapping(row.values.as_ptr(), (*slot).tts_values, columns);
            std::ptr::copy_nonoverlapping(row.nulls.as_ptr(), (*slot).tts_isnull, columns);
            pg_sys::ExecStoreVirtualTuple(slot);
        }
        self.waiting += 1;
        if self.waiting == ROWS_A_WRITE {
            self.write(placed);
        }
    }

    /// Writes the waiting rows and their index entries.
    fn write(&mut self, placed: &mut impl FnMut(Place)) {
        if self.waiting == 0 {
            return;
        }
        // SAFETY: the slots hold rows of the table; Postgres fills in their places.
        unsafe {
            pg_sys::heap_multi_insert(
                self.table.relation,
                self.slots.as_mut_ptr(),
                self.waiting as i32,
                pg_sys::GetCurrentCommandId(true),
                0,
                std::ptr::null_mut(),
            );
            for &slot in &self.slots[..self.waiting] {
                self.insert_index_entries(slot, false);
                placed(Place::new(&(*slot).tts_tid));
                clear(slot);
            }
            self.reset();
        }
        self.waiting = 0;
    }

    /// # Safety
    /// The slot holds a row that is in the table, with its place.
    unsafe fn insert_index_entries(&self, slot: *mut pg_sys::TupleTableSlot, is_update: bool) {
        // SAFETY: promised by the caller; a unique violation raises an error.
        unsafe {
            if (*self.result).ri_NumIndices > 0 {
                pg_sys::ExecInsertIndexTuples(
                    self.result,
                    slot,
                    self.executor,
                    is_update,
                    false,
                    std::ptr::null_mut(),
                    std::ptr::null_mut(),
                );
            }
        }
    }

    /// Adds index entries for a new version of a row that found no room on its page. Its primary
    /// key is the old one's, so whether it is unique is no question; asked all the same, it would
    /// be answered by walking over every dead version that an old snapshot keeps.
    pub(super) fn index_new_version(&mut self, tuple: pg_sys::HeapTuple) {
        // SAFETY: the tuple was just stored by `heap_update`, which set its place; the indexes are
        // open, and the arrays have room for any index's columns.
        unsafe {
            let slot = pg_sys::MakeSingleTupleTableSlot(
                (*self.table.relation).rd_att,
                &raw const pg_sys::TTSOpsHeapTuple,
            );
            pg_sys::ExecStoreHeapTuple(tuple, slot, false);
            (*slot).tts_tid = (*tuple).t_self;
            if self.has_plain_indexes() {
                for index in 0..(*self.result).ri_NumIndices as usize {
                    let mut values = [pg_sys::Datum::null(); pg_sys::INDEX_MAX_KEYS as usize];
                    let mut nulls = [false; pg_sys::INDEX_MAX_KEYS as usize];
                    let relation = *(*self.result).ri_IndexRelationDescs.add(index);
                    let info = *(*self.result).ri_IndexRelationInfo.add(index);
                    pg_sys::FormIndexDatum(
                        info,
                        slot,
                        self.executor,
                        values.as_mut_ptr(),
                        nulls.as_mut_ptr(),
                    );
                    pg_sys::index_insert(
                        relation,
                        values.as_mut_ptr(),
                        nulls.as_mut_ptr(),
                        &mut (*slot).tts_tid,
                        self.table.relation,
                        pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
                        true,
                        info,
                    );
                }
            } else {
                self.insert_index_entries(slot, true);
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            self.reset();
        }
    }

    /// Whether the table has none but its primary key and indexes of plain columns that are not
    /// unique. An operator may have added others; those take the general way.
    fn has_plain_indexes(&self) -> bool {
        // SAFETY: the indexes are open.
        unsafe {
            (0..(*self.result).ri_NumIndices as usize).all(|index| {
                let relation = *(*self.result).ri_IndexRelationDescs.add(index);
                let info = *(*self.result).ri_IndexRelationInfo.add(index);
                let is_key = (*(*relation).rd_index).indisprimary;
                (*info).ii_Predicate.is_null()
                    && (*info).ii_Expressions.is_null()
                    && ((*info).ii_Unique == is_key)
            })
        }
    }

    /// Frees what the executor used for single rows.
    fn reset(&self) {
        // SAFETY: the context belongs to our executor state, and nothing refers into it now.
        unsafe {
            let context = (*self.executor).es_per_tuple_exprcontext;
            if !context.is_null() {
                pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
            }
        }
    }

    /// Checks a row that replaces another against the table's constraints.
    pub(crate) fn check_row(&self, row: &Row) {
        assert_eq!(
            row.values.len(),
            self.table.is_varlena.len(),
            "not this table's columns"
        );
        self.constraints.check(row);
    }

    /// Writes what still waits and closes the indexes.
    pub(crate) fn finish(mut self, placed: &mut impl FnMut(Place)) {
        self.write(placed);
        // SAFETY: made by `new`; not used afterwards.
        unsafe {
            for &slot in &self.slots {
                pg_sys::ExecDropSingleTupleTableSlot(slot);
            }
            pg_sys::ExecCloseIndices(self.result);
            pg_sys::FreeExecutorState(self.executor);
        }
    }
}

/// # Safety
/// `slot` is a valid slot.
pub(super) unsafe fn clear(slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: every slot's operations have `clear`.
    unsafe {
        if let Some(clear) = (*(*slot).tts_ops).clear {
            clear(slot);
        }
    }
}
