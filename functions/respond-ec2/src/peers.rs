//! The others that serve beside the instance, as one Auto Scaling group, target group or Classic Load Balancer knows them,
//! and whether enough of them remain without it.
//!
//! Most members of one fleet may be compromised one after another, by the same hole: each must not count on the others until
//! the last. So those that incidents contain serve nobody, whatever their health, and what was taken out before still counts
//! as what the fleet was.

use std::collections::BTreeSet;

use crate::marked::Marked;

/// More aren't told by name.
const MOST_TOLD: usize = 5;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    /// `target group web`.
    pub(crate) place: String,
    /// Those that serve, as the place calls them: by instance id or by address.
    pub(crate) healthy: BTreeSet<String>,
    pub(crate) fleet: Fleet,
}

/// How many the place is meant to have.
#[derive(Clone, Debug)]
pub(crate) enum Fleet {
    /// An Auto Scaling group says so.
    Desired(usize),
    /// A load balancer only knows what is registered now, the instance with it.
    Registered {
        /// The load balancer, as the tag of what was taken out of it has it.
        place: String,
        targets: BTreeSet<String>,
    },
}

/// What remains without the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remaining {
    Enough,
    Nobody,
    /// Fewer than half.
    Few {
        serving: usize,
        of: usize,
    },
}

impl Peers {
    /// How many serve and aren't contained.
    pub(crate) fn serving(&self, marked: &Marked) -> usize {
        self.healthy.iter().filter(|name| !marked.has(name)).count()
    }

    pub(crate) fn remaining(&self, marked: &Marked) -> Remaining {
        let of = match &self.fleet {
            Fleet::Desired(desired) => *desired,
            Fleet::Registered { place, targets } => targets.len() + marked.taken_out_of(place, targets),
        };
        match self.serving(marked) {
            0 => Remaining::Nobody,
            serving if serving.saturating_mul(2) < of => Remaining::Few { serving, of },
            _ => Remaining::Enough,
        }
    }

    /// Those that are healthy and contained, in words; nothing if there are none.
    pub(crate) fn contained(&self, marked: &Marked) -> Option<String> {
        let contained: Vec<&str> = self
            .healthy
            .iter()
            .filter(|name| marked.has(name))
            .map(String::as_str)
            .collect();
        let more = match contained.len().saturating_sub(MOST_TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = contained.get(..MOST_TOLD).unwrap_or(&contained);
        (!contained.is_empty()).then(|| {
            let who = match contained.len() {
                1 => "another one is healthy still and isn't counted on, since another incident contains it",
                _ => "others are healthy still and aren't counted on, since other incidents contain them",
            };
            format!("in {} {who}: {}{more}", self.place, named.join(", "))
        })
    }
}

#[cfg(test)]
mod tests;
