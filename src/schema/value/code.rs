//! The codes under which values are told, one place for all of them.

/// A value is not one of the few that its field takes.
pub const ENUM: &str = "enum";
/// A number is too small or too large.
pub const BOUND: &str = "bound";
/// A field that has to be there is not.
pub const REQUIRED: &str = "missing";
/// Two fields contradict each other, or one needs another.
pub const CROSS_FIELD: &str = "cross-field";
/// What has to be unique stands twice.
pub const DUPLICATE: &str = "duplicate";
/// A name refers to nothing in the same object.
pub const REFERENCE: &str = "reference";
/// A quantity that cannot be read, or one that its field does not take.
pub const QUANTITY: &str = "quantity";
/// A duration that cannot be read.
pub const DURATION: &str = "duration";
/// A port number or port name.
pub const PORT: &str = "port";
/// An IP address, a CIDR or a host name.
pub const ADDRESS: &str = "address";
/// A label selector, or labels that it does not match.
pub const SELECTOR: &str = "selector";
/// A schedule or its time zone.
pub const CRON: &str = "cron";
/// An expression that is evaluated later.
pub const EXPRESSION: &str = "expression";
/// More than fits.
pub const SIZE: &str = "size";
/// A name that breaks Kubernetes' syntax.
pub const NAME: &str = "name";
/// A field that keeps its value once the object is there.
pub const IMMUTABLE: &str = "immutable";
