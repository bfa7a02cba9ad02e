//! Hostile text in every field that comes from outside.

use backstop_core::{
    about::About,
    notice::{Entry, Mail, Notice, mail},
    text,
};

use crate::{
    harms::{HARMS, Harm, hostile},
    texts::{ID, PLAIN, Texts},
};

/// A notice's lines, each passed through a sink.
fn lines_of(notice: &Notice, sink: fn(&str) -> String) -> Vec<String> {
    let mut lines = vec![notice.title.shown(sink)];
    lines.extend(notice.lead.iter().map(|line| line.shown(sink)));
    for section in &notice.sections {
        lines.push(section.heading.shown(sink));
        for entry in &section.entries {
            match entry {
                Entry::Text(line) => lines.push(line.shown(sink)),
                Entry::Point(point) => lines.push(point.shown(sink)),
                Entry::Step { line, changes } => {
                    lines.push(line.shown(sink));
                    for change in changes {
                        let texts = [&change.api, &change.what, &change.now, &change.after];
                        lines.extend(texts.map(|text| text.shown(sink)));
                    }
                }
            }
        }
    }
    lines.extend(notice.next.iter().map(|point| point.shown(sink)));
    lines
}

/// The lines that are commands to type, without what stands before them.
fn commands(body: &str) -> impl Iterator<Item = &str> {
    let typed = |line: &&str| line.starts_with("backstop ") || line.starts_with("aws ");
    body.lines()
        .filter_map(|line| line.trim_start_matches("  - ").rsplit(": ").next())
        .filter(move |line| typed(line))
}

/// Each kind of notice with each kind of harm in every field that comes from outside: the same lines as without it, each
/// with nothing to click, to run or to hide behind.
#[test]
fn hostile_text_in_every_field_stays_in_its_line_and_does_no_harm() {
    for harm in &HARMS {
        let hostile = Texts {
            hostile: Some(harm.text),
            first: None,
        };
        for about in About::ALL {
            let (name, plain) = PLAIN.of_kind(*about);
            let (_, notice) = hostile.of_kind(*about);
            check_mail(&mail(&plain), &mail(&notice), harm, name);
        }
    }
}

fn check_mail(plain: &Mail, hostile: &Mail, harm: &Harm, name: &str) {
    let what = format!("{name} with {}", harm.name);
    let text = format!("{}\n{}", hostile.subject, hostile.body);
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{what}: {text:?}"
    );
    for never in harm.never {
        assert!(!text.contains(never), "{what} has {never:?}: {text}");
    }
    assert!(hostile.body != plain.body, "{what} shows nothing: {text}");
    assert!(
        hostile.subject.is_ascii() && hostile.subject.len() <= 100,
        "{what}"
    );
    // Lists say the same once: there are fewer lines of what is all the same, never more. But of a step that AWS denied its
    // one change isn't shown, and a hostile error denies nothing.
    let lines = |body: &str| body.lines().count();
    let hidden = plain.body.matches("FAILED, Backstop.AccessDenied").count();
    assert!(
        lines(&hostile.body) <= lines(&plain.body) + hidden,
        "{what}: {text}"
    );
    let headings = |body: &str| -> Vec<String> {
        let is_heading = |line: &&str| !line.starts_with(' ') && !line.is_empty();
        body.lines().filter(is_heading).map(str::to_owned).collect()
    };
    assert_eq!(
        headings(&hostile.body).len(),
        headings(&plain.body).len(),
        "{what}: {text}"
    );
    for command in commands(&hostile.body) {
        let is_own = commands(&plain.body).any(|own| own == command);
        // The incident's id stands for a target that can't be typed.
        let by_id = command.ends_with(&format!(" --target {ID}"));
        assert!(is_own || by_id, "{what} has a command of its own: {command}");
    }
}

/// What holds for a sink whatever it is given, so that a channel which is added renders what is safe there.
#[test]
fn no_line_of_any_notice_harms_any_sink() {
    for harm in &HARMS {
        let hostile = Texts {
            hostile: Some(harm.text),
            first: None,
        };
        for (name, notice) in hostile.every() {
            let what = format!("{name} with {}", harm.name);
            for sink in [
                text::for_plain_email,
                text::for_terminal,
                text::for_subject,
                text::for_slack,
                text::for_markdown,
                text::for_html,
            ] {
                for line in lines_of(&notice, sink) {
                    assert!(!line.chars().any(char::is_control), "{what}: {line:?}");
                    assert!(
                        !line.contains(['\u{202e}', '\u{200b}', '\u{2066}']),
                        "{what}: {line:?}"
                    );
                }
            }
            let slack = lines_of(&notice, text::for_slack).join("\n");
            assert!(
                !slack.contains("<!channel>") && !slack.contains("<https"),
                "{what}: {slack}"
            );
            let html = lines_of(&notice, text::for_html).join("\n");
            assert!(
                !html.contains("<a") && !html.contains("<script") && !html.contains("<img"),
                "{what}: {html}"
            );
            let markdown = lines_of(&notice, text::for_markdown).join("\n");
            let markdown = markdown.replace("\\]", "").replace("\\*", "");
            assert!(
                !markdown.contains("](") && !markdown.contains("**b**"),
                "{what}: {markdown}"
            );
        }
    }
}

/// However much somebody else has to say, what to do stands in the mail.
#[test]
fn very_long_text_pushes_nothing_out_of_sight() {
    let long: &'static str = Box::leak("AKIAIOSFODNN7EXAMPLE ".repeat(3_000).into_boxed_str());
    let hostile = Texts {
        hostile: Some(long),
        first: None,
    };
    for about in About::ALL {
        let (name, plain) = PLAIN.of_kind(*about);
        let (_, notice) = hostile.of_kind(*about);
        let (plain, mail) = (mail(&plain), mail(&notice));
        assert!(
            mail.body.len() <= 136 * 1024,
            "{name} has {} bytes",
            mail.body.len()
        );
        assert!(mail.subject.len() <= 100, "{name}");
        let next = |body: &str| body.lines().any(|line| line == "What to do next");
        assert_eq!(next(&mail.body), next(&plain.body), "{name}");
    }
}

/// A name that AWS would never give is no part of a command.
#[test]
fn what_is_to_be_typed_names_only_what_aws_could_have_named() {
    for text in [
        "AKIA;reboot",
        "$(reboot)",
        "-rf",
        "a b",
        "AKIA`id`",
        "=ls",
        "a'b",
        "a&b",
        "a\nb",
    ] {
        let hostile = Texts {
            hostile: Some(Box::leak(text.to_owned().into_boxed_str())),
            first: None,
        };
        for (name, notice) in hostile.every() {
            let body = mail(&notice).body;
            for command in commands(&body) {
                assert!(!command.contains(text), "{name}: {command}");
            }
        }
    }
}

/// What a person must type is exact, or isn't there.
#[test]
fn no_command_is_altered() {
    for (name, notice) in hostile().every() {
        let body = mail(&notice).body;
        for line in body.lines().filter(|line| line.contains(": backstop run ")) {
            assert!(!line.contains("[.]"), "{name}: {line}");
        }
    }
    let undone = mail(&hostile().undone()).body;
    let by_hand = format!(
        "To finish it by hand; if AWS says that one is done already, go on with the next\n  - for the command, backstop incidents show {ID}\n"
    );
    assert!(undone.contains(&by_hand), "{undone}");
}
