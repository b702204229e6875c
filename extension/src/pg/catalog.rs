//! Names of tables and indexes to their numbers.

use pgrx::pg_sys;
use std::ffi::{CStr, CString};

/// The schema of everything that the extension reads and writes.
pub(crate) const SCHEMA: &CStr = c"exchange";

/// The number of a table or index in the schema `exchange`.
pub(crate) fn relation(name: &str) -> pg_sys::Oid {
    relation_in(SCHEMA, name)
}

/// The number of a table or index in a schema.
pub(crate) fn relation_in(schema: &CStr, name: &str) -> pg_sys::Oid {
    find_relation_in(schema, name).unwrap_or_else(|| {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
            format!(
                "relation {}.{name} does not exist",
                schema.to_string_lossy()
            ),
            "Run the migrations; for a missing month, select exchange.make_partitions()."
        );
    })
}

/// As [`relation_in`], but `None` where the schema or the table is missing.
pub(crate) fn find_relation_in(schema: &CStr, name: &str) -> Option<pg_sys::Oid> {
    let name = CString::new(name).ok()?;
    // SAFETY: look-ups by C strings that outlive the calls; no schema has number 0.
    let found = unsafe {
        let schema = pg_sys::get_namespace_oid(schema.as_ptr(), true);
        pg_sys::get_relname_relid(name.as_ptr(), schema)
    };
    (found != pg_sys::InvalidOid).then_some(found)
}
