//! Several checks on one deployment: each may fail, none stops the others, and the account goes down at the end.

use std::{any::Any, future::Future, sync::Arc};

use backstop_drill::Environment;

/// What was checked in one environment.
#[derive(Debug)]
pub struct Sections {
    environment: Arc<Environment>,
    failed: Vec<String>,
}

impl Sections {
    /// Nothing checked yet.
    pub fn on(environment: Environment) -> Self {
        Self {
            environment: Arc::new(environment),
            failed: Vec::new(),
        }
    }

    /// Runs one check; a panic in it is written down.
    pub async fn check<F, Checked>(&mut self, name: &str, section: F)
    where
        F: FnOnce(Arc<Environment>) -> Checked,
        Checked: Future<Output = ()> + Send + 'static,
    {
        if let Err(error) = tokio::spawn(section(Arc::clone(&self.environment))).await {
            let why = error
                .try_into_panic()
                .map_or_else(|error| error.to_string(), |panic| words(&*panic));
            self.failed.push(format!("{name}: {why}"));
        }
    }

    /// Ends the account; gives what failed, with the place of the logs.
    pub async fn end(self) -> Result<(), String> {
        let environment = Arc::into_inner(self.environment).ok_or("a check still holds the environment")?;
        if self.failed.is_empty() {
            return environment
                .clear()
                .await
                .map_err(|error| format!("{error}: {error:?}"));
        }
        let files = environment
            .save_logs()
            .await
            .map_err(|error| format!("{error}: {error:?}"))?;
        environment
            .end()
            .await
            .map_err(|error| format!("{error}: {error:?}"))?;
        Err(format!(
            "{}\nlogs are in {}",
            self.failed.join("\n"),
            files.display()
        ))
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked")
        .to_owned()
}
