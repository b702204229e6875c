//! A table's check constraints, not-null columns and partition bound, prepared once a session.
//!
//! Postgres prepares them anew for every statement, which costs more than a whole small batch; so
//! they are kept until the table's definition changes, which Postgres announces.

use crate::pg::row::Row;
use pgrx::{pg_guard, pg_sys};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::Rc;

/// Prepared conditions of one table, in memory of their own.
pub(crate) struct Constraints {
    table: String,
    executor: *mut pg_sys::EState,
    context: *mut pg_sys::ExprContext,
    slot: *mut pg_sys::TupleTableSlot,
    conditions: Vec<(String, *mut pg_sys::ExprState)>,
    not_null: Vec<(usize, String)>,
}

#[derive(Default)]
struct Cache {
    prepared: HashMap<u32, Rc<Constraints>>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
    /// Tables whose definition changed since they were prepared; apart from the cache, because the
    /// announcement can come at any call into Postgres.
    static CHANGED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Asks Postgres to announce changes of definitions. Once, when the library is loaded.
pub(crate) fn register() {
    // SAFETY: the callback lives as long as the library.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(at_definition_change), pg_sys::Datum::null());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_definition_change(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    CHANGED.with_borrow_mut(|changed| {
        if !changed.contains(&relation.to_u32()) {
            changed.push(relation.to_u32());
        }
    });
}

/// The constraints of an open table.
///
/// # Safety
/// `relation` is open.
pub(super) unsafe fn of(relation: pg_sys::Relation) -> Rc<Constraints> {
    CACHE.with_borrow_mut(|cache| {
        let changed = CHANGED.take();
        // InvalidOid stands for every table.
        if changed.contains(&pg_sys::InvalidOid.to_u32()) {
            cache.prepared.clear();
        }
        changed.iter().for_each(|table| {
            cache.prepared.remove(table);
        });
        // SAFETY: promised by the caller.
        let oid = unsafe { (*relation).rd_id }.to_u32();
        if let Some(prepared) = cache.prepared.get(&oid) {
            return Rc::clone(prepared);
        }
        // SAFETY: promised by the caller.
        let prepared = Rc::new(unsafe { Constraints::prepare(relation) });
        cache.prepared.insert(oid, Rc::clone(&prepared));
        prepared
    })
}

impl Constraints {
    /// # Safety
    /// `relation` is open.
    unsafe fn prepare(relation: pg_sys::Relation) -> Constraints {
        // SAFETY: everything is allocated in the memory of an executor state whose parent outlives
        // transactions; the row description is copied there, so nothing refers to the relation.
        unsafe {
            let outer = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = pg_sys::CacheMemoryContext;
            let executor = pg_sys::CreateExecutorState();
            pg_sys::CurrentMemoryContext = (*executor).es_query_cxt;

            let description = pg_sys::CreateTupleDescCopyConstr((*relation).rd_att);
            let slot =
                pg_sys::MakeSingleTupleTableSlot(description, &raw const pg_sys::TTSOpsVirtual);
            let context = pg_sys::MakePerTupleExprContext(executor);
            (*context).ecxt_scantuple = slot;

            let mut conditions = Vec::new();
            let constraints = (*description).constr;
            if !constraints.is_null() {
                for index in 0..usize::from((*constraints).num_check) {
                    let check = (*constraints).check.add(index);
                    let node = pg_sys::stringToNode((*check).ccbin).cast();
                    let name = CStr::from_ptr((*check).ccname)
                        .to_string_lossy()
                        .into_owned();
                    conditions.push((name, pg_sys::ExecPrepareExpr(node, executor)));
                }
            }
            if (*(*relation).rd_rel).relispartition {
                let bound = partition_bound(relation, slot, executor);
                conditions.push(("partition bound".to_owned(), bound));
            }
            let columns = (*description).natts as usize;
            let attributes = (*description).attrs.as_slice(columns).iter().enumerate();
            let not_null = attributes
                .filter(|(_, attribute)| attribute.attnotnull)
                .map(|(index, attribute)| {
                    (index, pgrx::name_data_to_str(&attribute.attname).into())
                })
                .collect();
            let table = pgrx::name_data_to_str(&(*(*relation).rd_rel).relname).to_owned();
            pg_sys::CurrentMemoryContext = outer;
            Constraints {
                table,
                executor,
                context,
                slot,
                conditions,
                not_null,
            }
        }
    }

    /// Raises an error where the row breaks a constraint.
    pub(super) fn check(&self, row: &Row) {
        for (column, name) in &self.not_null {
            if row.nulls[*column] {
                pgrx::ereport!(
                    ERROR,
                    pgrx::PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION,
                    format!(
                        "null value in column {name} of {} violates not-null",
                        self.table
                    )
                );
            }
        }
        // SAFETY: the slot is ours and has the table's columns (`Row`'s count was checked by the
        // caller); conditions read it and write only into the per-row memory that is reset here.
        unsafe {
            let slot = self.slot;
            super::appender::clear(slot);
            let columns = row.values.len();
            std::ptr::copy_nonoverlapping(row.values.as_ptr(), (*slot).tts_values, columns);
            std::ptr::copy_nonoverlapping(row.nulls.as_ptr(), (*slot).tts_isnull, columns);
            pg_sys::ExecStoreVirtualTuple(slot);
            for (name, condition) in &self.conditions {
                if !pg_sys::ExecCheck(*condition, self.context) {
                    pgrx::ereport!(
                        ERROR,
                        pgrx::PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
                        format!(
                            "new row for {} violates check constraint {name}",
                            self.table
                        )
                    );
                }
            }
            super::appender::clear(slot);
            pg_sys::MemoryContextReset((*self.context).ecxt_per_tuple_memory);
        }
    }
}

/// The prepared bound of a partition: Postgres prepares it when first asked, for a row of nulls
/// here.
///
/// # Safety
/// `relation` is an open partition, `slot` has its columns, and `executor`'s memory is current.
unsafe fn partition_bound(
    relation: pg_sys::Relation,
    slot: *mut pg_sys::TupleTableSlot,
    executor: *mut pg_sys::EState,
) -> *mut pg_sys::ExprState {
    // SAFETY: promised by the caller; the answer for the row of nulls is of no interest.
    unsafe {
        let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast();
        pg_sys::InitResultRelInfo(result, relation, 1, std::ptr::null_mut(), 0);
        pg_sys::ExecStoreAllNullTuple(slot);
        pg_sys::ExecPartitionCheck(result, slot, executor, false);
        (*result).ri_PartitionCheckExpr
    }
}

impl Drop for Constraints {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: made by `prepare`; nothing else refers into its memory.
            unsafe { pg_sys::FreeExecutorState(self.executor) };
        }
    }
}
