//! No place at which a worker may be killed is forgotten by the tests that kill.

use std::collections::BTreeSet;
use std::path::Path;

use tests::fault_points::{Part, in_source};

#[test]
fn every_fault_point_belongs_to_one_part_and_has_a_name_of_its_own_there() {
    let mut of_parts: Vec<&str> = Part::ALL
        .iter()
        .flat_map(|part| part.files())
        .copied()
        .collect();
    of_parts.sort_unstable();
    let source = in_source();
    let named: Vec<&str> = source.keys().map(String::as_str).collect();
    assert_eq!(of_parts, named, "files that name fault points");
    for part in Part::ALL {
        let points = part.points();
        let distinct: BTreeSet<&String> = points.iter().collect();
        // Of two places with one name only the first would ever be hit.
        assert_eq!(distinct.len(), points.len(), "{part:?}: {points:?}");
        let written = |point: &&String| {
            !point
                .bytes()
                .all(|it| it == b'_' || it.is_ascii_lowercase())
        };
        assert_eq!(points.iter().find(written), None, "{part:?}");
    }
}

#[test]
fn the_points_of_every_part_are_walked_by_a_test_that_kills() {
    let mut text = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("chains")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of tests") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => text.push_str(&std::fs::read_to_string(path).expect("source is text")),
            }
        }
    }
    for part in Part::ALL {
        let walked = format!("Part::{part:?}.points()");
        assert!(text.contains(&walked), "no test kills at {part:?}");
    }
}
