//! Several checks on one deployment: each may fail, none stops the others, and the account goes down at the end.

use std::{any::Any, future::Future, sync::Arc};

use backstop_drill::Stage;

/// What was checked on one stage.
#[derive(Debug)]
pub struct Sections {
    stage: Arc<Stage>,
    failed: Vec<String>,
}

impl Sections {
    /// Nothing checked yet.
    pub fn on(stage: Stage) -> Self {
        Self {
            stage: Arc::new(stage),
            failed: Vec::new(),
        }
    }

    /// Runs one check; a panic in it is written down.
    pub async fn check<F, Checked>(&mut self, name: &str, section: F)
    where
        F: FnOnce(Arc<Stage>) -> Checked,
        Checked: Future<Output = ()> + Send + 'static,
    {
        if let Err(error) = tokio::spawn(section(Arc::clone(&self.stage))).await {
            let why = error
                .try_into_panic()
                .map_or_else(|error| error.to_string(), |panic| words(&*panic));
            self.failed.push(format!("{name}: {why}"));
        }
    }

    /// Ends the account; gives what failed, with the place of the logs.
    pub async fn end(self) -> Result<(), String> {
        let stage = Arc::into_inner(self.stage).ok_or("a check still holds the stage")?;
        if self.failed.is_empty() {
            return stage.clear().await.map_err(|error| format!("{error}: {error:?}"));
        }
        let files = stage
            .save_logs()
            .await
            .map_err(|error| format!("{error}: {error:?}"))?;
        stage.end().await.map_err(|error| format!("{error}: {error:?}"))?;
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
