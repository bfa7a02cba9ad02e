#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

const SWITCH: Switch = Switch {
    name: "untrack",
    default: false,
    sentence: "",
};
const NUMBER: Number = Number {
    name: "hours",
    default: 24,
    least: 1,
    most: 2160,
    sentence: "",
};
const CHOICE: Choice = Choice {
    name: "keep",
    default: "all",
    of: &["all", "none"],
    sentence: "",
};
const TEXT: Text = Text {
    name: "note",
    default: "none",
    longest: 5,
    sentence: "",
};

fn with(name: &str, value: Value) -> Options {
    Options::from_iter([(name.to_owned(), value)])
}

#[test]
fn what_is_not_given_is_the_default() {
    let none = Options::new();
    assert_eq!(SWITCH.of(&none), Ok(false));
    assert_eq!(NUMBER.of(&none), Ok(24));
    assert_eq!(CHOICE.of(&none), Ok("all"));
    assert_eq!(TEXT.of(&none), Ok("none"));
}

#[test]
fn what_is_given_counts_to_the_edges() {
    assert_eq!(SWITCH.of(&with("untrack", json!(true))), Ok(true));
    assert_eq!(NUMBER.of(&with("hours", json!(1))), Ok(1));
    assert_eq!(NUMBER.of(&with("hours", json!(2160))), Ok(2160));
    assert_eq!(CHOICE.of(&with("keep", json!("none"))), Ok("none"));
    assert_eq!(TEXT.of(&with("note", json!("äöüßé"))), Ok("äöüßé"));
}

#[test]
fn everything_else_is_refused_with_what_it_may_be() {
    for (option, wrong, wanted) in [
        (
            OptionSpec::Switch(SWITCH),
            vec![json!("yes"), json!("false"), json!(1), json!(null)],
            "true or false",
        ),
        (
            OptionSpec::Number(NUMBER),
            vec![
                json!("a week"),
                json!(0),
                json!(2161),
                json!(1.5),
                json!(-1),
                json!("24"),
                json!(u64::MAX),
            ],
            "a whole number from 1 to 2160",
        ),
        (
            OptionSpec::Choice(CHOICE),
            vec![json!("some"), json!("All"), json!(["all"])],
            "one of `all`, `none`",
        ),
        (
            OptionSpec::Text(TEXT),
            vec![json!(""), json!("longer"), json!(3)],
            "a text of 1 to 5 characters",
        ),
    ] {
        option.check(&option.default()).unwrap();
        for value in wrong {
            let error = option.check(&value).unwrap_err();
            assert_eq!(error.wanted, wanted, "{value}");
            assert_eq!(
                error.to_string(),
                format!("`{}` is {value}, not {wanted}", option.name())
            );
        }
    }
}
