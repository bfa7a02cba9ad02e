//! The README's how-to for a new action: one file with the code, one entry in the list, one line that registers it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use backstop_playbook::actions::ACTIONS;

#[test]
fn every_action_is_one_file_and_one_entry() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    for action in ACTIONS {
        let (_, verb_object) = action.id.split_once('.').unwrap();
        let module = verb_object.replace('-', "_");
        let source = functions.join(action.function).join("src");
        let code = fs::read_to_string(source.join(format!("{module}.rs"))).unwrap();
        assert!(
            code.contains(&format!("\"{}\"", action.id)),
            "{module}.rs isn't `{}`",
            action.id
        );
        for part in [
            "async fn plan",
            "async fn act",
            "async fn verify",
            "async fn undo",
        ] {
            assert!(code.contains(part), "{module}.rs lacks `{part}`");
        }
        let main = fs::read_to_string(source.join("main.rs")).unwrap();
        assert!(
            main.contains(&format!("{module}::")),
            "`{}` isn't registered in main.rs",
            action.id
        );
        for other in fs::read_dir(&source).unwrap() {
            let path = other.unwrap().path();
            let is_own = path
                .file_stem()
                .is_some_and(|name| name.to_string_lossy() == module);
            if path.is_file() && !is_own {
                let text = fs::read_to_string(&path).unwrap();
                assert!(
                    !text.contains(&format!("\"{}\"", action.id)),
                    "{} is named in {path:?}",
                    action.id
                );
            }
        }
    }
}
