//! The shapes of answers and bodies, for the OpenAPI document. The answers themselves are written as JSON values, since rows
//! are stored as JSON; the tests beside each noun and the generated client of the site hold both together.

mod batch;
mod challan;
mod customer;
mod figures;
mod ingest;
mod problem;
mod series;
mod view;

pub use batch::*;
pub use challan::*;
pub use customer::*;
pub use figures::*;
pub use ingest::*;
pub use problem::*;
pub use series::*;
pub use view::*;
