//! The file that keeps contexts, below the folder that the XDG Base Directory Specification names.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use backstop_terminal::Exit;
use serde::{Deserialize, Serialize};

use crate::command::CommandError;

/// A deployment, and as whom it is asked. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) api: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contexts {
    /// The one in use.
    pub(crate) current: Option<String>,
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// The file, or a context in it, isn't there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContextError {
    #[error("there is no context `{0}`; list them with `backstop context list`")]
    None(String),
    #[error("neither XDG_CONFIG_HOME nor HOME is set, so there is no place for contexts")]
    NoFolder,
    #[error("reading `{}`", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("reading `{}`: mend it, or remove it and add your contexts anew", .0.display())]
    Broken(PathBuf, #[source] serde_json::Error),
    #[error("writing `{}`", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
}

impl CommandError for ContextError {
    fn exit(&self) -> Exit {
        match self {
            Self::None(_) => Exit::NotFound,
            _ => Exit::Failed,
        }
    }
}

impl Contexts {
    /// What the file holds; nothing where there is none.
    pub(crate) fn read() -> Result<Self, ContextError> {
        match path() {
            Some(path) => Self::read_from(&path),
            None => Ok(Self::default()),
        }
    }

    fn read_from(path: &Path) -> Result<Self, ContextError> {
        match fs::read(path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| ContextError::Broken(path.to_owned(), error))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ContextError::Unreadable(path.to_owned(), error)),
        }
    }

    /// Replaces the file as a whole, so that no half of it is ever read.
    pub(crate) fn write(&self) -> Result<(), ContextError> {
        self.write_to(&path().ok_or(ContextError::NoFolder)?)
    }

    fn write_to(&self, path: &Path) -> Result<(), ContextError> {
        let unwritable = |error| ContextError::Unwritable(path.to_owned(), error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let text = serde_json::to_vec_pretty(self).map_err(|error| unwritable(error.into()))?;
        let beside = path.with_extension("json.new");
        fs::write(&beside, text).map_err(unwritable)?;
        fs::rename(&beside, path).map_err(unwritable)
    }

    /// The context of this name.
    pub(crate) fn named(&self, name: &str) -> Result<Context, ContextError> {
        let found = self.contexts.get(name).cloned();
        found.ok_or_else(|| ContextError::None(name.to_owned()))
    }

    /// The context in use.
    pub(crate) fn in_use(&self) -> Option<Context> {
        self.contexts.get(self.current.as_ref()?).cloned()
    }
}

fn path() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("backstop").join("contexts.json"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn contexts_come_back_and_a_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backstop/contexts.json");
        assert_eq!(Contexts::read_from(&path).unwrap(), Contexts::default());
        let mut contexts = Contexts::default();
        let context = Context {
            api: "https://abc.execute-api.eu-west-1.amazonaws.com/v1".into(),
            region: None,
            profile: Some("oncall".into()),
        };
        contexts.contexts.insert("prod".into(), context);
        contexts.current = Some("prod".into());
        contexts.write_to(&path).unwrap();
        assert_eq!(Contexts::read_from(&path).unwrap(), contexts);
        assert!(contexts.named("dev").is_err());
        fs::write(&path, "{").unwrap();
        let error = Contexts::read_from(&path).unwrap_err();
        assert!(error.to_string().contains("contexts.json"), "{error}");
    }
}
