//! Who answers for it, why, and until when.

use backstop_playbook::is_kebab_case;
use jiff::{ToSpan as _, civil::Date};
use serde_saphyr::{Location, Spanned};

use super::Judged;
use crate::suppression::SuppressionFile;

/// What has ended. Compiling leaves it out; whatever else is refused stops it.
pub(crate) const EXPIRED: &str = "expired";
/// What ends within two weeks.
pub(crate) const ENDS_SOON: &str = "ends-soon";

/// A rule that nobody looks at for longer is forgotten; exemptions end by then as well.
const LONGEST_DAYS: i32 = 366;
/// Warned of before, so that nobody is surprised by what comes back.
const SOON_DAYS: i32 = 14;
/// Characters of a filter's name (API CreateFilter).
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=64;

/// Who answers for a file, and until when.
pub(crate) struct Answered<'a> {
    /// What it does, for people.
    pub(crate) title: &'a Spanned<String>,
    /// Who answers for it.
    pub(crate) owner: &'a Spanned<String>,
    /// Why.
    pub(crate) reason: &'a Spanned<String>,
    /// The last day; what only finds more needs none.
    pub(crate) expires: Option<&'a Spanned<Date>>,
}

pub(super) fn check(name: &str, file: &SuppressionFile, today: Date, judged: &mut Judged) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !NAME_LENGTH.contains(&name.len()) || !name.chars().all(is_name) {
        judged.refuse(
            Location::UNKNOWN,
            "rule-name",
            format!("`{name}` is no name for a filter of GuardDuty"),
            "name the file by 3 to 64 letters, digits, `.`, `_` and `-`",
        );
    }
    let answered = Answered {
        title: &file.title,
        owner: &file.owner,
        reason: &file.reason,
        expires: Some(&file.expires),
    };
    check_answered(&answered, today, judged);
}

/// That somebody answers for it.
pub(crate) fn check_answered(answered: &Answered<'_>, today: Date, judged: &mut Judged) {
    for (text, field) in [
        (answered.title, "title"),
        (answered.owner, "owner"),
        (answered.reason, "reason"),
    ] {
        not_blank(text, field, judged);
    }
    if let Some(end) = answered.expires {
        check_end(end, today, EXPIRED, judged);
    }
}

/// That a file's name is made of words: what is compiled from it is named by them.
pub(crate) fn check_name(name: &str, judged: &mut Judged) {
    if !(3..=64).contains(&name.len()) || !is_kebab_case(name) {
        judged.refuse(
            Location::UNKNOWN,
            "rule-name",
            format!("`{name}` is no name for a rule"),
            "name the file by lower-case words joined by `-`, 3 to 64 characters",
        );
    }
}

pub(crate) fn not_blank(text: &Spanned<String>, field: &str, judged: &mut Judged) {
    if text.value.trim().is_empty() {
        let help = "a rule that nobody answers for stays for ever";
        judged.refuse(text.referenced, "blank", format!("`{field}` is empty"), help);
    }
}

/// That a day is ahead, and not too far.
pub(crate) fn check_end(end: &Spanned<Date>, today: Date, code: &'static str, judged: &mut Judged) {
    let (place, end) = (end.referenced, end.value);
    if end < today {
        let help = "remove it, or find out whether it is still right and write a later day";
        return judged.refuse(place, code, format!("it ended with {end}"), help);
    }
    if today
        .checked_add(LONGEST_DAYS.days())
        .is_ok_and(|longest| end > longest)
    {
        let message = format!("{end} is more than {LONGEST_DAYS} days ahead");
        return judged.refuse(
            place,
            "late-end",
            message,
            "write a day within a year, and look at it again then",
        );
    }
    if today.checked_add(SOON_DAYS.days()).is_ok_and(|soon| end <= soon) {
        let message = format!("it ends with {end}");
        judged.warn(
            place,
            ENDS_SOON,
            message,
            "what it hides comes back the day after",
        );
    }
}
