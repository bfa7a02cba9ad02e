//! Detection as code: the files below `detections/`, what is wrong with them, what they hide, and the template that they
//! become. Pure: no AWS and no clock, and no files but in [`load`], [`outputs`] and [`saved`].
//!
//! | module | concept |
//! | --- | --- |
//! | [`fields`] | the fields of a finding that a GuardDuty filter may name |
//! | [`finding`] | a finding as JSON, and what stands in a field of it |
//! | [`truth`] | yes, no, or perhaps: what isn't documented, or not in what was looked at, is never a no |
//! | [`condition`] | what a filter asks of one field |
//! | [`suppression`] | a suppression rule |
//! | [`address_list`] | a list of trusted or hostile addresses |
//! | [`automation_rule`] | a rule of Security Hub that changes findings |
//! | [`event_rule`] | a detection over CloudTrail |
//! | [`settings`] | the detector with its plans, and Security Hub |
//! | [`lint`] | the refusals and warnings |
//! | [`trial`] | what each rule hides of findings and of attacks |
//! | [`page`] | the same as a page |
//! | [`exemption`] | the exemption that is better than a rule about one resource |
//! | [`compile`] | the template of CloudFormation that follows from the files |
//! | [`outputs`] | the compiled files, and whether they are up to date |
//! | [`change`] | what differs between two templates, and what of it finds less |
//! | [`deployed`] | what is deployed against what the files say |
//! | [`starter`], [`skeleton`] | files to start from |

pub mod address_list;
pub mod automation_rule;
pub mod change;
mod check;
pub mod compile;
pub mod condition;
pub mod deployed;
pub mod event_rule;
pub mod exemption;
pub mod fields;
pub mod finding;
pub mod lint;
pub mod load;
pub mod outputs;
pub mod page;
mod reach;
pub mod saved;
pub mod settings;
mod shadow;
pub mod skeleton;
pub mod starter;
pub mod suppression;
pub mod trial;
pub mod truth;
