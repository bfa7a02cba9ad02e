//! AWS accounts: clients for an account and a Region, and what a failed call means. Knows no service's SDK crate:
//! whoever calls a service names it by [`services!`], so that no function links more than it uses.
//!
//! | module | concept |
//! | --- | --- |
//! | `config` | the SDK configuration, read once a process |
//! | `accounts` | [`Accounts`]: makes each client once |
//! | `access` | [`Access`]: the clients of one account in one Region |
//! | `scope` | [`Scope`]: which account and Region, and for which step |
//! | `credentials` | where an account's credentials come from |
//! | `service` | [`Service`]: what a client is made of |
//! | `partition` | partitions, and the home Regions of services without Regions |
//! | `call_error` | [`CallError`]: a failed call under its fixed name |
//! | `error_class` | the one table of AWS's error codes: what passes by waiting, and what doesn't |
//! | `signed_call` | [`SignedCall`]: one call of a service that no SDK crate is linked for |
//! | `signed_objects` | [`SignedObjects`]: a bucket's single objects without S3's SDK crate |
//! | `signed_request` | what both sign, send and try again |
//! | `presigned` | [`Presigned`]: an address that carries a signed call for a service to make |
//! | `denied_by` | [`PolicyType`]: which kind of policy denied a call |

mod access;
mod accounts;
#[cfg(any(test, feature = "test-util"))]
mod answering;
mod call_error;
mod config;
mod credentials;
mod denied_by;
mod error_class;
#[cfg(feature = "test-util")]
mod mocks;
mod partition;
mod presigned;
mod scope;
mod service;
mod signed_call;
mod signed_objects;
mod signed_request;

pub use access::Access;
pub use accounts::Accounts;
#[cfg(any(test, feature = "test-util"))]
pub use answering::{Asked, Requests, answered_by, answering};
pub use aws_config::SdkConfig;
pub use call_error::CallError;
pub use config::{config, loader};
pub use credentials::{AccountError, CredentialsSource, OwnAccount, Session};
pub use denied_by::PolicyType;
pub use partition::{health_region, home_region, partition_of};
pub use presigned::Presigned;
pub use scope::{Scope, StepScope};
pub use service::Service;
pub use signed_call::SignedCall;
pub use signed_objects::SignedObjects;
