//! What the CloudNativePG operator refuses, and what it accepts and you regret.

pub mod superuser_access;
