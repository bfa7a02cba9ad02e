//! Makes hostile text harmless for where it goes. Attackers choose names (of users, buckets, tags, processes)
//! that end up in titles; whatever is shown passes one of these.

mod links;
mod shell;

use crate::ids::AccountId;

pub use shell::{for_shell, is_one_command, is_plain_word};

/// The longest subject that Amazon SNS takes, in characters.
const SUBJECT: usize = 100;

/// The first `max` characters.
pub fn prefix(text: &str, max: usize) -> &str {
    text.char_indices()
        .nth(max)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// At most `max` characters; what is cut shows as `…`.
pub fn bounded(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    format!("{}…", prefix(text, max.saturating_sub(1)))
}

/// One line that shows what it says: no terminal escapes, no control characters, nothing invisible and
/// nothing that turns the reading direction; white space is single spaces.
pub fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' || c == '\u{9b}' {
            skip_escape(c, &mut rest);
        } else if c.is_whitespace() {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
            }
        } else if !c.is_control() && !is_invisible(c) {
            clean.push(c);
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Skips the rest of an ANSI sequence (ECMA-48): `ESC [ … letter`, `ESC ] … BEL`, or two characters. What
/// never ends is skipped up to a line break, so that it can't swallow more than its own line.
fn skip_escape(first: char, rest: &mut std::str::Chars<'_>) {
    let kind = if first == '\u{9b}' {
        Some('[')
    } else {
        rest.clone().next()
    };
    if first == '\u{1b}' && kind.is_some_and(|it| !it.is_whitespace()) {
        rest.next();
    }
    let ends: fn(char) -> bool = match kind {
        Some('[') => |c| ('\u{40}'..='\u{7e}').contains(&c),
        Some(']' | 'P' | 'X' | '^' | '_') => |c| c == '\u{7}' || c == '\u{9c}' || c == '\\',
        _ => return,
    };
    while let Some(c) = rest.clone().next() {
        if c == '\n' || c == '\r' {
            return;
        }
        rest.next();
        if ends(c) {
            return;
        }
    }
}

/// Unicode's format characters that hide, join or reorder what is read.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A line for a terminal.
pub fn for_terminal(text: &str) -> String {
    sanitize(text)
}

/// A subject for Amazon SNS: one line of printable ASCII, at most 100 characters, beginning with a letter,
/// number or punctuation mark (Amazon SNS API Reference, "Publish"). Where it is too long, an account at its end stays
/// whole and what stands before it is cut: half an account's id is another account's beginning.
pub fn for_subject(text: &str) -> String {
    let mut ascii = String::new();
    for c in sanitize(text).chars() {
        match c {
            '…' => ascii.push_str("..."),
            '→' => ascii.push_str("->"),
            '–' | '—' => ascii.push('-'),
            '‘' | '’' => ascii.push('\''),
            '“' | '”' => ascii.push('"'),
            c if c.is_ascii() => ascii.push(c),
            _ => ascii.push('?'),
        }
    }
    let (head, account) = ascii.split_at(ascii.len() - account_at_end(&ascii).len());
    if ascii.len() <= SUBJECT || account.is_empty() {
        return prefix(&ascii, SUBJECT).trim_end().to_owned();
    }
    let room = SUBJECT.saturating_sub("...".len() + account.len());
    format!("{}...{account}", prefix(head, room).trim_end())
}

/// ` (123456789012)`; empty where the text ends otherwise.
fn account_at_end(text: &str) -> &str {
    let Some(start) = text.rfind(" (") else {
        return "";
    };
    let tail = text.get(start..).unwrap_or_default();
    let id = tail.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
    match id {
        Some(id) if AccountId::new(id).is_well_formed() => tail,
        _ => "",
    }
}

/// Text inside an HTML element or a quoted attribute, for where no template escapes it.
pub fn for_html(text: &str) -> String {
    let mut escaped = String::new();
    for c in sanitize(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text for Slack's `mrkdwn`: no mention, no link, and no end of the code span it may stand in.
pub fn for_slack(text: &str) -> String {
    let mut escaped = String::new();
    for c in links::defang(&sanitize(text)).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '`' => escaped.push('\''),
            '@' => escaped.push_str("(at)"),
            c => escaped.push(c),
        }
    }
    escaped.replace("](", "] (")
}

/// A line of Markdown: nothing in it is a link, an image, markup or HTML, wherever in a line it stands.
pub fn for_markdown(text: &str) -> String {
    let line = links::defang_autolinks(&sanitize(text));
    let mut escaped = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let is_markup = matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '!' | '$'
        );
        // At the start these begin a list, a rule or an underlined heading; so does a number with its dot.
        let begins = escaped.is_empty() && matches!(c, '-' | '+' | '=' | ':');
        let numbers = matches!(c, '.' | ')')
            && rest.peek().is_none_or(|next| *next == ' ')
            && !escaped.is_empty()
            && escaped.bytes().all(|byte| byte.is_ascii_digit());
        if is_markup || begins || numbers {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A line of a plain-text e-mail, in which a mail program finds nothing to click.
pub fn for_plain_email(text: &str) -> String {
    links::defang(&sanitize(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind of harm.
    const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7}\r\n\
        Subject: x\u{202e}gpj.exe\u{200b} \u{9b}2J<script>alert('1')</script> <!channel> @here \"q\" \u{0}\u{8}\
        http://evil.example/a?b=1 www.evil.example `code`";

    fn is_one_clean_line(text: &str) -> bool {
        !text.chars().any(|c| c.is_control() || is_invisible(c)) && !text.contains("  ")
    }

    #[test]
    fn every_sink_gives_one_line_without_anything_invisible() {
        for sink in [
            sanitize,
            for_terminal,
            for_subject,
            for_html,
            for_slack,
            for_markdown,
            for_plain_email,
        ] {
            let text = sink(HOSTILE);
            assert!(is_one_clean_line(&text), "{text:?}");
        }
    }

    #[test]
    fn escapes_go_whole_and_text_stays() {
        for (text, expected) in [
            ("\u{1b}[1;31malarm\u{1b}[0m", "alarm"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{1b}cb", "ab"),
            ("a\u{1b}[999\nnext line", "a next line"),
            ("a\u{1b}", "a"),
            ("  two\t\u{a0}\u{2028}words  ", "two words"),
            ("pay\u{202e}lld.exe", "paylld.exe"),
            ("zero\u{200b}\u{feff}\u{e0041}width", "zerowidth"),
            ("名前 é 🦀", "名前 é 🦀"),
            ("", ""),
        ] {
            assert_eq!(sanitize(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_subject_is_short_printable_ascii() {
        assert_eq!(
            for_subject("key “A” → off… für alice"),
            "key \"A\" -> off... f?r alice"
        );
        let long = for_subject(&"ß".repeat(100_000));
        assert_eq!(long.len(), 100);
        assert!(
            for_subject(HOSTILE)
                .bytes()
                .all(|byte| (0x20..0x7f).contains(&byte))
        );
        assert_eq!(for_subject("\n\n  a\r\nBcc: b"), "a Bcc: b");
    }

    #[test]
    fn a_subject_that_is_cut_keeps_its_account_whole() {
        let key = "[Backstop] DRILL CONTAINED: access key AKIAIOSFODNN7EXAMPLE of user";
        assert_eq!(
            for_subject(&format!("{key} drill-build-server-01kk5x (123456789012)")),
            format!("{key} drill-build-se... (123456789012)")
        );
        let fits = "[Backstop] CONTAINED: user alice (123456789012)";
        assert_eq!(for_subject(fits), fits);
        let none = for_subject(&format!("{} (12345678901x)", "a".repeat(100)));
        assert_eq!(none, "a".repeat(100));
        let hostile = for_subject(&format!("{} (123456789012) (210987654321)", "a".repeat(100)));
        assert!(
            hostile.len() == 100 && hostile.ends_with("... (210987654321)"),
            "{hostile}"
        );
    }

    #[test]
    fn html_has_no_markup_left() {
        assert_eq!(
            for_html("<a href=\"x\" onclick='y'>&amp;"),
            "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;"
        );
        assert!(!for_html(HOSTILE).contains(['<', '>', '"', '\'']));
    }

    #[test]
    fn slack_has_no_mention_link_or_code_span_left() {
        assert_eq!(
            for_slack("<!channel> & <@U123>"),
            "&lt;!channel&gt; &amp; &lt;(at)U123&gt;"
        );
        assert_eq!(
            for_slack("[x](http://evil.example)"),
            "[x] (hxxp://evil[.]example)"
        );
        let text = for_slack(HOSTILE);
        assert!(
            !text.contains(['<', '>', '`', '@']) && !text.contains("://evil.example"),
            "{text}"
        );
    }

    #[test]
    fn markdown_shows_what_it_is_given() {
        for (text, expected) in [
            ("![x](http://evil.example)", "\\!\\[x\\](hxxp://evil[.]example)"),
            ("a@evil.example", "a(at)evil.example"),
            (
                "Backstop.AccessDenied, www.evil.example",
                "Backstop.AccessDenied, www[.]evil[.]example",
            ),
            ("# forged", "\\# forged"),
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            (
                "a_b *c* `d` <e> &lt; |",
                "a\\_b \\*c\\* \\`d\\` \\<e\\> \\&lt; \\|",
            ),
            ("203.0.113.7 on 1.2", "203.0.113.7 on 1.2"),
        ] {
            let defanged = expected.replace("[.]", "\\[.\\]");
            assert_eq!(for_markdown(text), defanged, "{text:?}");
        }
    }

    #[test]
    fn mail_has_nothing_to_click() {
        let text = for_plain_email(HOSTILE);
        assert!(!text.contains("http") && !text.contains("evil.example"), "{text}");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(bounded("äöü", 3), "äöü");
        assert_eq!(bounded("äöüx", 3), "äö…");
        assert_eq!(prefix("äöü", 2), "äö");
        assert_eq!(bounded("abc", 0), "…");
    }
}
