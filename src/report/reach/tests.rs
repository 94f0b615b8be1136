//! Texts of reports.
