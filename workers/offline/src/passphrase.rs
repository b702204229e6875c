//! Asks for a passphrase: at a terminal it is not shown, elsewhere it is a line of the input. It is
//! an argument or a variable of nothing, where other programs could see it.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, ensure};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// The shortest one that is taken for a new file, in bytes.
const LEAST_BYTES: usize = 12;
/// The longest one.
const MOST_BYTES: usize = 1_024;

/// The passphrase of a file.
pub(crate) fn ask(what: &str) -> anyhow::Result<Zeroizing<String>> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return line(&input);
    }
    eprint!("{what}: ");
    std::io::stderr().flush()?;
    let shown = tcgetattr(&input).context("the terminal")?;
    let mut hidden = shown.clone();
    hidden.local_modes &= !LocalModes::ECHO;
    hidden.local_modes |= LocalModes::ECHONL;
    tcsetattr(&input, OptionalActions::Flush, &hidden).context("the terminal")?;
    let read = line(&input);
    tcsetattr(&input, OptionalActions::Now, &shown).context("the terminal")?;
    read
}

/// One for a new file, asked for twice.
pub(crate) fn ask_new() -> anyhow::Result<Zeroizing<String>> {
    let passphrase = ask("new passphrase")?;
    ensure!(
        passphrase.len() >= LEAST_BYTES,
        "a passphrase has {LEAST_BYTES} characters or more; several random words are good"
    );
    ensure!(
        *passphrase == *ask("once more")?,
        "these are two passphrases"
    );
    Ok(passphrase)
}

/// Reads a line byte by byte, because a buffer would keep it.
fn line(input: &std::io::Stdin) -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
    let mut byte = Zeroizing::new([0_u8; 1]);
    while bytes.len() < MOST_BYTES {
        let read = rustix::io::read(input, &mut *byte).context("the passphrase")?;
        if read == 0 || byte[0] == b'\n' {
            ensure!(read > 0 || !bytes.is_empty(), "no passphrase was given");
            let text = std::str::from_utf8(&bytes);
            let text = text.ok().context("the passphrase is no text")?;
            return Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()));
        }
        bytes.push(byte[0]);
    }
    anyhow::bail!("a passphrase has fewer than {MOST_BYTES} characters")
}
