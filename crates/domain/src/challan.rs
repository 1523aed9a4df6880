//! challan
