//! The build script of every crate that embeds the playbooks: compiles them into one JSON.

use std::{env, error::Error, fs, io::Write as _, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let playbooks = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../playbooks");
    let catalog = backstop_playbook::load_dir(&playbooks)?;
    let mut stdout = std::io::stdout();
    for line in backstop_playbook::rerun_if_changed(&playbooks)? {
        writeln!(stdout, "{line}")?;
    }
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("catalog.json"),
        catalog.to_json()?,
    )?;
    Ok(())
}
