//! Detection as code: the files below `detections/`, what is wrong with them, and what they hide. Pure: no AWS and no
//! clock, and no files but in [`load`] and [`saved`].
//!
//! | module | concept |
//! | --- | --- |
//! | [`fields`] | the fields of a finding that a GuardDuty filter may name |
//! | [`finding`] | a finding as JSON, and what stands in a field of it |
//! | [`truth`] | yes, no, or perhaps: what isn't documented, or not in what was looked at, is never a no |
//! | [`condition`] | what a filter asks of one field |
//! | [`suppression`] | a suppression rule |
//! | [`address_list`] | a list of trusted or hostile addresses |
//! | [`lint`] | the refusals and warnings |
//! | [`trial`] | what each rule hides of findings and of attacks |

pub mod address_list;
mod check;
pub mod condition;
pub mod fields;
pub mod finding;
pub mod lint;
pub mod load;
mod reach;
pub mod saved;
mod shadow;
pub mod skeleton;
pub mod suppression;
pub mod trial;
pub mod truth;
