//! Which page of a list is asked for.

use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

/// Rows of one page at most.
pub const MOST: u32 = 200;

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 200 rows.
    #[serde(default, deserialize_with = "rows")]
    pub limit: Option<u32>,
    /// As `next` and `previous` give it.
    pub cursor: Option<String>,
}

/// A number of rows. What is none is no rows, which every list refuses with what is right.
///
/// # Errors
/// Those of the deserializer.
pub fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| text.parse().unwrap_or(0)))
}
