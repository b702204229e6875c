//! Two tokens in one process: each comes back after the other's failure, and none ever signs by
//! the other's key. SoftHSM reads its settings once a process, so the test starts itself with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use chain::public_key::PublicKey;
use chain::signature::Signature;
use hsm::{Hsm, HsmConfig, HsmError, SigningKey};

const FOLDER: &str = "EXCHANGE_HSM_TEST_FOLDER";
const ROUNDS: u8 = 20;

#[test]
fn a_token_that_goes_away_comes_back_and_signs_by_its_own_key_alone() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return both_come_back(&PathBuf::from(folder));
    }
    let name = format!("exchange_two_tokens_{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(folder.join("tokens")).expect("a folder");
    let settings = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        folder.join("tokens").display()
    );
    std::fs::write(&settings, text).expect("written");
    for (label, pin) in [("a", "1111-2222"), ("b", "3333-4444")] {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--so-pin", "8765-4321"])
            .args(["--label", label, "--pin", pin])
            .env("SOFTHSM2_CONF", &settings)
            .status()
            .expect("softhsm2-util: scripts/setup.sh installs it");
        assert!(made.success());
    }
    let ended = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "a_token_that_goes_away_comes_back_and_signs_by_its_own_key_alone",
        ])
        .arg("--nocapture")
        .env("SOFTHSM2_CONF", &settings)
        .env(FOLDER, &folder)
        .status();
    std::fs::remove_dir_all(&folder).expect("removed");
    assert!(ended.expect("it runs").success());
}

fn config(token: &str, pin: &str) -> HsmConfig {
    HsmConfig {
        module: HsmConfig::MODULE.to_owned(),
        token: token.to_owned(),
        pin: pin.to_owned(),
        key: "wrapping".to_owned(),
    }
}

fn both_come_back(folder: &Path) {
    let (config_a, config_b) = (config("a", "1111-2222"), config("b", "3333-4444"));
    for config in [&config_a, &config_b] {
        assert_eq!(SigningKey::make(config, "hot"), Ok(true));
        assert_eq!(SigningKey::make(config, "hot"), Ok(false));
    }
    assert_eq!(Hsm::make_key(&config_a), Ok(true));
    // Once somebody is logged in, a library asks nobody of the same process again.
    let wrong = SigningKey::open(&config("b", "1111-2222"), "hot");
    assert_eq!(wrong.err(), Some(HsmError::WrongPin("b".to_owned())));
    let a = SigningKey::open(&config_a, "hot").expect("a key");
    let b = SigningKey::open(&config_b, "hot").expect("a key");
    let hsm = Hsm::open(&config_a).expect("a key");
    assert_ne!(a.public_key(), b.public_key());
    let (there, away) = (folder.join("tokens"), folder.join("away"));
    for round in 0..ROUNDS {
        std::fs::rename(&there, &away).expect("moved");
        for key in [&a, &b] {
            // Who is asked first finds that it is gone; nobody signs by what was in memory.
            assert!(key.sign(&[round; 32]).is_err());
        }
        std::fs::rename(&away, &there).expect("moved back");
        std::thread::scope(|scope| {
            for key in [&a, &b, &a, &b] {
                scope.spawn(move || sign(key, round));
            }
        });
        let wrapped = hsm.wrap(&[round; 32], b"here").expect("wrapped");
        let opened = hsm.unwrap("wrapping", &wrapped, b"here");
        assert_eq!(opened, Ok([round; 32]));
        let elsewhere = hsm.unwrap("wrapping", &wrapped, b"elsewhere");
        assert_eq!(elsewhere, Err(HsmError::Damaged));
    }
}

fn sign(key: &SigningKey, round: u8) {
    let public = PublicKey::from_bytes(&key.public_key()).expect("a point");
    for number in 0..ROUNDS {
        let mut digest = [round; 32];
        digest[0] = number;
        let signed = key.sign(&digest).expect("signed");
        let signature = Signature::from_bytes(&signed).expect("a signature");
        assert_eq!(signature.verify(&digest, &public), Ok(()));
    }
}
