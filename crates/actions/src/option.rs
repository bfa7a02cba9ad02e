//! What a step may give its action under `with`. The same value checks a playbook and reads the option at run time, so
//! that the two can't disagree.

use backstop_core::log::Options;
use serde_json::Value;

/// One option of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionSpec {
    /// On or off.
    Switch(Switch),
    /// A whole number.
    Number(Number),
    /// One of a few words.
    Choice(Choice),
    /// A text.
    Text(Text),
}

/// An option that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its name under `with`.
    pub name: &'static str,
    /// What it is if it isn't given.
    pub default: bool,
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
}

/// An option that is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its name under `with`.
    pub name: &'static str,
    /// What it is if it isn't given.
    pub default: u32,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
}

/// An option that is one of a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name under `with`.
    pub name: &'static str,
    /// What it is if it isn't given; one of the words.
    pub default: &'static str,
    /// The words.
    pub of: &'static [&'static str],
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
}

/// An option that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its name under `with`.
    pub name: &'static str,
    /// What it is if it isn't given.
    pub default: &'static str,
    /// The most characters it may have; one at least.
    pub longest: usize,
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
}

/// A value that the option can't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is {found}, not {wanted}")]
pub struct WrongValue {
    /// The option's name.
    pub name: &'static str,
    /// What was given, as JSON.
    pub found: String,
    /// What it may be.
    pub wanted: String,
}

impl OptionSpec {
    /// Its name under `with`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Switch(option) => option.name,
            Self::Number(option) => option.name,
            Self::Choice(option) => option.name,
            Self::Text(option) => option.name,
        }
    }

    /// What it does, as a sentence for people.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Switch(option) => option.sentence,
            Self::Number(option) => option.sentence,
            Self::Choice(option) => option.sentence,
            Self::Text(option) => option.sentence,
        }
    }

    /// What it is if a step doesn't give it.
    pub fn default(&self) -> Value {
        match self {
            Self::Switch(option) => option.default.into(),
            Self::Number(option) => option.default.into(),
            Self::Choice(option) => option.default.into(),
            Self::Text(option) => option.default.into(),
        }
    }

    /// What it may be, in words.
    pub fn wanted(&self) -> String {
        match self {
            Self::Switch(_) => "true or false".to_owned(),
            Self::Number(option) => format!("a whole number from {} to {}", option.least, option.most),
            Self::Choice(option) => format!("one of `{}`", option.of.join("`, `")),
            Self::Text(option) => format!("a text of 1 to {} characters", option.longest),
        }
    }

    /// Whether it may have this value.
    pub fn check(&self, value: &Value) -> Result<(), WrongValue> {
        match self {
            Self::Switch(option) => option.read(value).map(drop),
            Self::Number(option) => option.read(value).map(drop),
            Self::Choice(option) => option.read(value).map(drop),
            Self::Text(option) => option.read(value).map(drop),
        }
    }

    fn wrong(self, value: &Value) -> WrongValue {
        WrongValue {
            name: self.name(),
            found: value.to_string(),
            wanted: self.wanted(),
        }
    }
}

impl Switch {
    /// What a step gives, or the default.
    pub fn of(&self, with: &Options) -> Result<bool, WrongValue> {
        with.get(self.name)
            .map_or(Ok(self.default), |value| self.read(value))
    }

    /// `"false"` is a text that isn't empty: whoever reads it as a switch gets it wrong.
    fn read(&self, value: &Value) -> Result<bool, WrongValue> {
        value
            .as_bool()
            .ok_or_else(|| OptionSpec::Switch(*self).wrong(value))
    }
}

impl Number {
    /// What a step gives, or the default.
    pub fn of(&self, with: &Options) -> Result<u32, WrongValue> {
        with.get(self.name)
            .map_or(Ok(self.default), |value| self.read(value))
    }

    fn read(&self, value: &Value) -> Result<u32, WrongValue> {
        value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (self.least..=self.most).contains(number))
            .ok_or_else(|| OptionSpec::Number(*self).wrong(value))
    }
}

impl Choice {
    /// What a step gives, or the default.
    pub fn of(&self, with: &Options) -> Result<&'static str, WrongValue> {
        with.get(self.name)
            .map_or(Ok(self.default), |value| self.read(value))
    }

    fn read(&self, value: &Value) -> Result<&'static str, WrongValue> {
        self.of
            .iter()
            .copied()
            .find(|word| value.as_str() == Some(word))
            .ok_or_else(|| OptionSpec::Choice(*self).wrong(value))
    }
}

impl Text {
    /// What a step gives, or the default.
    pub fn of<'a>(&self, with: &'a Options) -> Result<&'a str, WrongValue> {
        with.get(self.name)
            .map_or(Ok(self.default), |value| self.read(value))
    }

    fn read<'a>(&self, value: &'a Value) -> Result<&'a str, WrongValue> {
        value
            .as_str()
            .filter(|text| (1..=self.longest).contains(&text.chars().count()))
            .ok_or_else(|| OptionSpec::Text(*self).wrong(value))
    }
}

#[cfg(test)]
mod tests;
