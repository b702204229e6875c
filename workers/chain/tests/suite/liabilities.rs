//! Proofs of liabilities: every leaf leads to the root, and nothing else does.

use chain::liabilities::{Leaf, Node, Proof, ProofReject, Side, Step, levels, path};
use proptest::collection::vec;
use proptest::prelude::*;

fn leaves(sums: &[u64]) -> Vec<Leaf> {
    let leaf = |(number, sum): (u8, &u64)| Leaf {
        salt: [number; 32],
        account_id: u64::from(number) + 1,
        sum: u128::from(*sum),
    };
    (0..).zip(sums).map(leaf).collect()
}

fn proof(leaves: &[Leaf], index: usize) -> (Proof, Node) {
    let levels = levels(leaves).expect("a tree");
    let path = path(&levels, index).expect("a leaf");
    let root = levels.last().expect("a root")[0];
    let leaf = leaves[index];
    (Proof { leaf, path }, root)
}

/// What the hashes are made of, written down once more by hand.
#[test]
fn hashes_are_made_as_it_is_written() {
    use sha2::{Digest as _, Sha256};
    let leaves = leaves(&[5, 7, 9]);
    let node = |bytes: Vec<u8>| -> [u8; 32] { Sha256::digest(bytes).into() };
    let number = |sum: u128| sum.to_be_bytes().to_vec();
    let leaf = |index: usize| {
        let leaf = leaves[index];
        let id = leaf.account_id.to_be_bytes().to_vec();
        node([vec![0], leaf.salt.to_vec(), id, number(leaf.sum)].concat())
    };
    let above = |left: [u8; 32], left_sum, right: [u8; 32], right_sum| {
        let (left_sum, right_sum) = (number(left_sum), number(right_sum));
        node([vec![1], left.to_vec(), left_sum, right.to_vec(), right_sum].concat())
    };
    let left = above(leaf(0), 5, leaf(1), 7);
    let right = above(leaf(2), 9, [0; 32], 0);
    let expected = Node {
        hash: above(left, 12, right, 9),
        sum: 21,
    };
    assert_eq!(proof(&leaves, 0).1, expected);
}

#[test]
fn a_tree_of_one_or_none_has_a_root_too() {
    let single = leaves(&[5]);
    let (proof, root) = proof(&single, 0);
    assert_eq!(
        (proof.verify(&root), proof.path.len(), root.sum),
        (Ok(()), 0, 5)
    );
    assert_eq!(levels(&[]), Ok(vec![vec![Node::EMPTY]]));
    assert_eq!(path(&levels(&single).expect("a tree"), 1), None);
}

#[test]
fn sums_that_wrap_around_prove_nothing() {
    let mut huge = leaves(&[1, 1]);
    huge[1].sum = u128::MAX;
    assert_eq!(levels(&huge), Err(ProofReject::Overflow));
    let node = huge[1].node();
    let side = Side::Right;
    let forged = Proof {
        leaf: huge[0],
        path: vec![Step { side, node }],
    };
    assert_eq!(forged.root(), Err(ProofReject::Overflow));
    let node = Node::EMPTY;
    let long = Proof {
        leaf: huge[0],
        path: vec![Step { side, node }; 65],
    };
    assert_eq!(long.root(), Err(ProofReject::TooLong));
}

#[test]
fn a_proof_is_written_with_whole_numbers_as_text() {
    let (proof, _) = proof(&leaves(&[5, u64::MAX]), 0);
    let text = serde_json::to_value(&proof).expect("it is written");
    assert_eq!(text["leaf"]["sum"], "5");
    assert_eq!(text["path"][0]["side"], "right");
    assert_eq!(text["path"][0]["sum"], u64::MAX.to_string());
    assert_eq!(text["leaf"]["salt"], "00".repeat(32));
    let read: Proof = serde_json::from_value(text.clone()).expect("it is read");
    assert_eq!(read, proof);
    let mut short = text;
    short["leaf"]["salt"] = "00".into();
    assert!(serde_json::from_value::<Proof>(short).is_err());
}

proptest! {
    #[test]
    fn every_leaf_leads_to_the_root_and_a_changed_one_does_not(
        sums in vec(any::<u64>(), 1..40), pick: prop::sample::Index, add in 1_u128..1_000,
    ) {
        let leaves = leaves(&sums);
        let index = pick.index(leaves.len());
        let (proof, root) = proof(&leaves, index);
        prop_assert_eq!(proof.verify(&root), Ok(()));
        prop_assert_eq!(root.sum, sums.iter().map(|sum| u128::from(*sum)).sum::<u128>());
        let mut changed = proof.clone();
        changed.leaf.sum += add;
        prop_assert_eq!(changed.verify(&root), Err(ProofReject::AnotherRoot));
        let mut other = proof.clone();
        other.leaf.account_id += 1;
        prop_assert_eq!(other.verify(&root), Err(ProofReject::AnotherRoot));
        if let Some(step) = changed.path.first_mut() {
            // What is added below is taken away beside it.
            let smaller = step.node.sum.checked_sub(add);
            step.node.sum = smaller.unwrap_or(step.node.sum);
            prop_assert_eq!(changed.verify(&root), Err(ProofReject::AnotherRoot));
        }
    }
}
