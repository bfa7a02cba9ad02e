//! What somebody can do who has stolen the credentials of one function: no more than `docs/threat-model.md` says.

use backstop_actions::functions::FUNCTIONS;
use backstop_tests::{Role, Scene};

use crate::{
    powers::{NEVER, POWERS, Thief, kinds},
    tried::{Ended, Tried},
};

/// Where what is found here stands for people.
const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut rows = vec![header(), "| --- ".repeat(POWERS.len() + 2) + "|"];
    let mut tried = Vec::new();
    for function in FUNCTIONS {
        let role = Role::of(&scene.environment, function.name).await;
        let thief = Thief::new(scene, role.session(&scene.environment).await).await;
        let mut cells = vec![format!("`{}`", function.name), kinds(&thief).await];
        for (_, power) in POWERS {
            cells.push(if power.can(&thief).await { "yes" } else { "–" }.to_owned());
        }
        rows.push(format!("| {} |", cells.join(" | ")));
        for (what, power) in NEVER {
            assert!(!power.can(&thief).await, "{} can {what}", function.name);
        }
        let attack = format!("what the credentials of {} could do more", function.name);
        let never: Vec<_> = NEVER.iter().map(|(what, _)| *what).collect();
        tried.push(Tried::new(
            attack,
            "its credentials",
            Ended::Refused,
            never.join(", "),
        ));
    }
    let table = rows.join("\n");
    assert!(
        DOCUMENT.contains(&table),
        "docs/threat-model.md says otherwise of what functions can do; it is\n{table}"
    );
    tried
}

fn header() -> String {
    let names: Vec<_> = POWERS.iter().map(|(name, _)| *name).collect();
    format!("| function | writes items of | {} |", names.join(" | "))
}
