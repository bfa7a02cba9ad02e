//! What a client is made of. Each function names the services that it calls, so that it links no others.

use aws_config::SdkConfig;
use backstop_core::Region;

use crate::partition::{home_region, partition_of};

/// A service that a function calls; made by [`services!`](crate::services).
pub trait Service: 'static {
    /// What the service is called by. Cloning it is cheap, as it is for every client of the SDK.
    type Client: Clone + Send + Sync + 'static;

    /// Whether the service has one endpoint for a whole partition, as IAM has.
    const IS_GLOBAL: bool = false;

    /// A client with this configuration.
    fn connect(config: &SdkConfig) -> Self::Client;
}

/// Services that no SDK crate is linked for: they are called by [`SignedCall`](crate::SignedCall)s, which take the
/// configuration itself.
#[derive(Clone, Copy, Debug)]
pub struct Signed;

impl Service for Signed {
    type Client = SdkConfig;

    fn connect(config: &SdkConfig) -> Self::Client {
        config.clone()
    }
}

/// The Region that calls to a service go to for what is in this Region.
pub(crate) fn region_of<S: Service>(region: &Region) -> Region {
    if S::IS_GLOBAL {
        home_region(partition_of(region))
    } else {
        region.clone()
    }
}

/// Names services by their SDK crate: `services! { pub(crate) Ec2 = aws_sdk_ec2; pub(crate) global Iam = aws_sdk_iam; }`.
/// `global` stands before a service that has one endpoint for a whole partition.
#[macro_export]
macro_rules! services {
    () => {};
    ($(#[$doc:meta])* $visibility:vis global $name:ident = $sdk:ident; $($more:tt)*) => {
        $crate::services!(@one [$(#[$doc])*] [$visibility] $name, $sdk, true);
        $crate::services!($($more)*);
    };
    ($(#[$doc:meta])* $visibility:vis $name:ident = $sdk:ident; $($more:tt)*) => {
        $crate::services!(@one [$(#[$doc])*] [$visibility] $name, $sdk, false);
        $crate::services!($($more)*);
    };
    (@one [$(#[$doc:meta])*] [$visibility:vis] $name:ident, $sdk:ident, $is_global:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        impl $crate::Service for $name {
            type Client = $sdk::Client;

            const IS_GLOBAL: bool = $is_global;

            fn connect(config: &$crate::SdkConfig) -> Self::Client {
                $sdk::Client::new(config)
            }
        }
    };
}
