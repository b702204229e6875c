//! Names of tables and indexes to their numbers.

use pgrx::pg_sys;
use std::ffi::CString;

/// The schema of everything that the extension reads and writes.
const SCHEMA: &std::ffi::CStr = c"exchange";

/// The number of a table or index in the schema `exchange`.
pub(crate) fn relation(name: &str) -> pg_sys::Oid {
    find_relation(name).unwrap_or_else(|| {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
            format!("relation exchange.{name} does not exist"),
            "Run the migrations; for a missing month, select exchange.make_partitions()."
        );
    })
}

/// As [`relation`], but `None` where there is none.
pub(crate) fn find_relation(name: &str) -> Option<pg_sys::Oid> {
    let name = CString::new(name).ok()?;
    // SAFETY: look-ups by C strings that outlive the calls.
    let found = unsafe {
        let schema = pg_sys::get_namespace_oid(SCHEMA.as_ptr(), false);
        pg_sys::get_relname_relid(name.as_ptr(), schema)
    };
    (found != pg_sys::InvalidOid).then_some(found)
}
