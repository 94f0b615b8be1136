//! What a typed view is: an object, seen as one of its kind.

use crate::manifest::Resource;

/// An object seen as one of its kind.
pub trait View<'w>: Sized {
    /// The API group; empty for the core.
    const GROUP: &'static str;
    /// The kind.
    const KIND: &'static str;

    /// The view of an object of that kind.
    fn new(resource: &'w Resource<'w>) -> Self;

    /// The object.
    fn resource(&self) -> &'w Resource<'w>;

    /// The view of `resource`, if it is a whole object of that kind.
    fn of(resource: &'w Resource<'w>) -> Option<Self> {
        (resource.whole && resource.is(Self::GROUP, Self::KIND)).then(|| Self::new(resource))
    }
}

/// Any object at all, parts among them.
#[derive(Clone, Copy, Debug)]
pub struct Any<'w> {
    resource: &'w Resource<'w>,
}

impl<'w> View<'w> for Any<'w> {
    const GROUP: &'static str = "";
    const KIND: &'static str = "";

    fn new(resource: &'w Resource<'w>) -> Self {
        Any { resource }
    }

    fn resource(&self) -> &'w Resource<'w> {
        self.resource
    }

    fn of(resource: &'w Resource<'w>) -> Option<Self> {
        Some(Any { resource })
    }
}

/// Declares a view type for a group and a kind.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident, $group:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'w> {
            resource: &'w $crate::manifest::Resource<'w>,
        }

        impl<'w> $crate::graph::View<'w> for $name<'w> {
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;

            fn new(resource: &'w $crate::manifest::Resource<'w>) -> Self {
                $name { resource }
            }

            fn resource(&self) -> &'w $crate::manifest::Resource<'w> {
                self.resource
            }
        }

        impl<'w> std::ops::Deref for $name<'w> {
            type Target = $crate::manifest::Resource<'w>;

            fn deref(&self) -> &Self::Target {
                self.resource
            }
        }
    };
}

pub(super) use view;
