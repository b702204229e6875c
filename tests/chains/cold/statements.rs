//! Owners of the cold wallet sign what a proof says, offline; everybody can verify it.

use std::process::Command;

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, built, request};
use tests::arrivals::until_it_says;

use super::{Bitcoin, about, held_by, refused, said};

/// What the command for everybody says of what is published.
fn verified(place: &Bitcoin, published: &Value) -> String {
    place.room.write("published.json", &published.to_string());
    let program = built("chain", Build::Debug).expect("built");
    let mut command = Command::new(program.with_file_name("examples").join("verify_proof"));
    let output = command.arg(place.room.file("published.json")).output();
    String::from_utf8(output.expect("it runs").stdout).expect("text")
}

#[tokio::test]
async fn owners_of_the_cold_wallet_show_that_they_control_it() {
    let mut place = Bitcoin::start("statements").await;
    let _watcher = place.world.watch();
    let (cold, settings) = (place.cold.clone(), place.world.settings());
    place.fund(&cold, 200_000_000).await;
    let (database, room) = (&place.world.database, &place.room);
    until_it_says(&place.world.owner, &held_by("cold"), "2").await;
    said(database, "proof", &settings);
    let export = about("statement 1 bitcoin", room, "statement.json");
    let exported = said(database, &export, &settings);
    assert!(exported.contains(&cold), "{exported}");
    let none = about("statement 99 bitcoin", room, "none.json");
    assert!(refused(database, &none, &settings).contains("says nothing of bitcoin"));

    let shown = room.says(&["show", &room.file("statement.json"), &room.file("first")]);
    assert!(
        shown.contains(&format!("Held BTC 2.00000000, cold {cold}")),
        "{shown}"
    );
    let import = about("import", room, "statement.json");
    assert!(refused(database, &import, &settings).contains("nobody has signed"));
    assert_changes_are_refused(&place);

    let api = ApiServer::start(database).await.expect("the API");
    let published = async || {
        let answer = request(api.port(), "GET", "/api/wallet/proofs", None, None).await;
        answer.expect("an answer").body
    };
    let unsigned = verified(&place, &published().await);
    assert!(
        unsigned.contains("whose keys have not signed"),
        "{unsigned}"
    );
    room.sign("statement.json", "third");
    let one = said(database, &import, &settings);
    assert!(one.contains("another owner has to sign too"), "{one}");
    let too_few = verified(&place, &published().await);
    assert!(
        too_few.contains(&format!("cold wallet {cold}: too few")),
        "{too_few}"
    );
    room.make_key("stranger");
    room.write("foreign.json", &room.text("statement.json"));
    room.sign("foreign.json", "stranger");
    let foreign = about("import", room, "foreign.json");
    assert!(refused(database, &foreign, &settings).contains("owns no part"));
    room.sign("statement.json", "first");
    let both = said(database, &import, &settings);
    assert!(
        both.contains("1 new signatures; it shows who controls"),
        "{both}"
    );
    assert!(said(database, &import, &settings).contains("0 new signatures"));

    let mut shown = published().await;
    let right =
        format!("RIGHT: proof 1, bitcoin: who published it controls the cold wallet {cold}");
    let said = verified(&place, &shown);
    assert!(said.contains(&right), "{said}");
    let signature = &mut shown["proofs"][0]["statements"][0]["signatures"][0]["signature"];
    *signature = json!("11".repeat(64));
    let said = verified(&place, &shown);
    assert!(
        said.contains(&format!("cold wallet {cold}: too few")),
        "{said}"
    );
}

/// What is no statement is not signed as one, and a changed one is not taken.
fn assert_changes_are_refused(place: &Bitcoin) {
    let (database, room, settings) = (&place.world.database, &place.room, place.world.settings());
    let text = room.text("statement.json");
    let transaction = text.replace("Proof of reserves 1", "Pay everything to me");
    room.write("changed.json", &transaction);
    let sign = ["sign", &room.file("changed.json"), &room.file("first")];
    assert!(room.refuses(&sign).contains("no statement of reserves"));
    room.write("changed.json", &text.replace("BTC 2.0", "BTC 9.0"));
    room.says(&sign);
    let changed = about("import", room, "changed.json");
    assert!(refused(database, &changed, &settings).contains("it was changed"));
}
