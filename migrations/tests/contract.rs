//! The files of the contract keep their own rules; no server is needed.

use migrations::contract::FILES;

fn in_folder(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(move |(name, text)| {
        let (found, file) = name.split_once('/')?;
        (found == folder).then_some((file.strip_suffix(".sql")?, *text))
    })
}

#[test]
fn a_function_is_in_the_file_of_its_name_alone() {
    for (name, text) in in_folder("functions").chain(in_folder("events")) {
        assert_eq!(text.matches("create function").count(), 1, "{name}");
        assert!(
            text.contains(&format!("create function exchange.{name}(")),
            "{name}"
        );
        assert!(
            text.contains(&format!("comment on function exchange.{name}(")),
            "{name}"
        );
    }
}

#[test]
fn a_function_pins_its_search_path() {
    for (name, text) in in_folder("functions").chain(in_folder("events")) {
        assert!(
            text.contains("set search_path = pg_catalog, pg_temp"),
            "{name}"
        );
    }
}

#[test]
fn a_view_is_in_the_file_of_its_name_alone() {
    let folders = [
        ("views", "exchange"),
        ("checks", "checks"),
        ("reporting", "reporting"),
    ];
    for (folder, schema) in folders {
        for (name, text) in in_folder(folder) {
            assert_eq!(text.matches("create view").count(), 1, "{folder}/{name}");
            assert!(
                text.contains(&format!("create view {schema}.{name} ")),
                "{folder}/{name}"
            );
            assert!(
                text.contains(&format!("comment on view {schema}.{name} is")),
                "{name}"
            );
        }
    }
}

#[test]
fn every_check_is_among_the_violations() {
    let all = in_folder("checks")
        .find(|(name, _)| *name == "violations")
        .expect("there")
        .1;
    for (name, _) in in_folder("checks").filter(|(name, _)| *name != "violations") {
        assert!(all.contains(&format!("select '{name}'")), "{name}");
        assert!(all.contains(&format!("from checks.{name} c")), "{name}");
    }
}

#[test]
fn roles_come_first_and_grants_last() {
    let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.first(), Some(&"roles.sql"));
    assert!(names.ends_with(&["grants.sql", "chain_grants.sql"]));
}

#[test]
fn nothing_is_granted_to_everybody() {
    for (name, text) in FILES {
        assert!(!text.contains("to public"), "{name}");
    }
}
