//! What to ask once it is over, so that the next one is shorter. People answer; this only makes sure that it is asked.

use backstop_core::{
    incident::{Incident, Status},
    times::{Times, length},
};

use crate::harmless::clean;

pub(crate) fn questions(incident: &Incident, times: &Times) -> Vec<String> {
    let mut questions = vec![incident.opened.target.resource.how_it_began().to_owned()];
    questions.push(match times.to_detect_ms {
        Some(detect) => format!(
            "It took {} from the first activity to the finding. What would have shown it earlier?",
            length(detect)
        ),
        None => "When did it begin, and what would have shown it earlier?".to_owned(),
    });
    questions.push(
        "What was read, changed or taken before it was contained, and who has to be told of it?".to_owned(),
    );
    questions.push("What did containing break, who noticed, and did they know why?".to_owned());
    if incident.question.is_some() {
        questions.push(
            "Was the decision asked of the right people, and did they have what they needed to decide?"
                .to_owned(),
        );
    }
    for state in incident.contain_steps().filter(|state| !state.is_proven()) {
        if state.outcome.is_some() && incident.closed.is_some_and(|(status, _)| is_unfinished(status)) {
            questions.push(clean(&format!(
                "\"{}\" isn't proven. What has to change so that it works the next time?",
                state.step.title
            )));
        }
    }
    if times.undo_asked.is_some() {
        questions.push(
            "It was undone. What would have told this finding from a real one before acting?".to_owned(),
        );
    }
    questions.push("Which drill would have practised this, and who runs it, when?".to_owned());
    questions
}

const fn is_unfinished(status: Status) -> bool {
    matches!(status, Status::PartiallyContained | Status::Failed)
}
