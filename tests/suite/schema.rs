//! The committed dump of the schema is that of a migrated database. `EXCHANGE_BLESS=1` writes it.

use std::path::Path;

use tests::database::Database;

#[tokio::test]
async fn the_committed_schema_is_fresh() {
    let database = Database::fresh().await;
    let url = database.url("postgres");
    if std::env::var_os("EXCHANGE_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/schema.sql");
        let dump = migrations::schema::dump(&url).expect("it is dumped");
        std::fs::write(path, dump).expect("the file can be written");
        return;
    }
    let found = migrations::schema::difference(&url).expect("it is dumped");
    assert_eq!(found, None, "write it anew: EXCHANGE_BLESS=1");
}
