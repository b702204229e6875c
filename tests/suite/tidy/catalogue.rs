//! What the live catalogue says about comments and names.

use tests::database::Database;

use super::source::assert_none;

async fn findings(text: &str) -> Vec<String> {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let rows = owner.query(text, &[]).await.expect("the catalogue answers");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_view_and_column_has_a_comment() {
    // Partitions repeat their parent's columns; refinery makes a table of its own.
    let text = "
        select c.oid::regclass::text || coalesce('.' || a.attname, '')
        from pg_class c
        left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and c.relkind in ('r', 'p')
        where c.relnamespace::regnamespace::text
            in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof', 'checks')
            and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
            and c.relname <> 'refinery_schema_history'
            and (obj_description(c.oid, 'pg_class') is null
                or (a.attnum is not null and col_description(c.oid, a.attnum) is null))
        order by 1";
    assert_none(
        "comment on every table, view and column",
        &findings(text).await,
    );
}

#[tokio::test]
async fn every_function_has_a_comment() {
    let text = "
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace::regnamespace::text
            in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof', 'checks')
            and obj_description(p.oid, 'pg_proc') is null
        order by 1";
    assert_none("comment on every function", &findings(text).await);
}

#[tokio::test]
async fn every_constraint_begins_with_its_table() {
    let text = "
        select conrelid::regclass::text || ': ' || conname from pg_constraint
        where connamespace::regnamespace::text
            in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof')
            and conrelid <> 0
            and conrelid::regclass::text not like '%refinery_schema_history'
            and not starts_with(conname, (select relname from pg_class where oid = conrelid))
            and not exists (select from pg_inherits where inhrelid = conrelid)
        order by 1";
    assert_none(
        "constraints are named after their table",
        &findings(text).await,
    );
}

#[tokio::test]
async fn functions_that_run_as_their_owner_pin_their_search_path() {
    let text = "
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace::regnamespace::text
            in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof', 'checks')
            and p.prosecdef
            and not exists (select from unnest(p.proconfig) s where starts_with(s, 'search_path='))
        order by 1";
    assert_none(
        "security definer needs a search_path",
        &findings(text).await,
    );
}
