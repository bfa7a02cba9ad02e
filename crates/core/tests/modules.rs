//! Modules stand in layers: none needs, by way of others, one that needs it. A circle would let nobody read, test or
//! move one of its modules alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Needs = BTreeMap<String, BTreeSet<String>>;

/// The crates that share this rule.
const CRATES: [&str; 6] = ["actions", "core", "detections", "playbook", "report", "runtime"];

#[test]
fn no_modules_need_each_other() {
    for name in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(name)
            .join("src");
        let needs = needs(&root);
        assert!(needs.len() > 3, "{name} was read: {needs:?}");
        for module in needs.keys() {
            let around = reached(&needs, module);
            assert!(
                !around.contains(module),
                "{name}: `{module}` is in a circle of {around:?}"
            );
        }
    }
}

#[test]
fn a_circle_is_found_through_braces_and_over_a_third() {
    let mut needs = Needs::new();
    note("use crate::{\n    b::{self, X},\n    lone,\n};", "a", &mut needs);
    note("fn f() { crate::c::f() }", "b", &mut needs);
    note("// crate::lone\nuse crate::a;", "c", &mut needs);
    assert!(reached(&needs, "a").contains("a"));
    assert!(!needs["c"].contains("lone"), "comments need nothing");
}

/// What each module at the top of a crate needs of the others.
fn needs(root: &Path) -> Needs {
    let mut needs = Needs::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        if module != "lib" {
            read(&path, &module, &mut needs);
        }
    }
    let known: BTreeSet<String> = needs.keys().cloned().collect();
    for (module, needed) in &mut needs {
        needed.retain(|other| other != module && known.contains(other));
    }
    needs
}

fn read(path: &Path, module: &str, needs: &mut Needs) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read(&entry.unwrap().path(), module, needs);
        }
    } else if !path.ends_with("tests.rs") {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        note(code, module, needs);
    }
}

/// Takes `crate::name` and the names of `crate::{name, other::{…}}`.
fn note(code: &str, module: &str, needs: &mut Needs) {
    let code: Vec<&str> = code
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .collect();
    let code = code.join("\n");
    let needed = needs.entry(module.to_owned()).or_default();
    for rest in code.split("crate::").skip(1) {
        let mut depth = 0;
        let mut is_name = true;
        let mut name = String::new();
        for letter in rest.chars() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if is_name && (letter.is_alphanumeric() || letter == '_') {
                name.push(letter);
                continue;
            }
            if !name.is_empty() {
                needed.insert(std::mem::take(&mut name));
                is_name = false;
            }
            if depth == 0 {
                break;
            }
            // Within the outer braces a comma brings the next name; deeper ones name what is inside of it.
            is_name |= depth == 1 && letter == ',';
        }
    }
}

/// All that a module needs, directly or by way of others.
fn reached(needs: &Needs, module: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut left = vec![module];
    while let Some(next) = left.pop() {
        for needed in needs.get(next).into_iter().flatten() {
            if reached.insert(needed.clone()) {
                left.push(needed);
            }
        }
    }
    reached
}
