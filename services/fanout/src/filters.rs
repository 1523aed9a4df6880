//! The filters of one stream.

use chrono::Utc;
use chrono_tz::Tz;
use domain::filter::{self, Filter};
use domain::identity::{Identity, Permission, Via};
use domain::rights::{can, hidden_everywhere, reach};
use serde_json::json;
use service::Problem;

use crate::event::{Event, Places, State, Told};

/// The most filters of a stream (the contract's limit).
const MOST: usize = 8;

/// Up to eight filters, each of one tab; none for everything that the asker may see.
pub(crate) struct Filters {
    filters: Vec<Filter>,
    tz: Tz,
}

/// What a stream says of one change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// How far a batch of theirs has come.
    Batch(String),
    /// Nothing: the asker does not see it, or no filter does.
    Nothing,
    /// The row as it is now.
    Changed(String),
    /// The row left what the asker may see.
    Gone(String),
}

impl Filters {
    /// Reads the filters of `who`.
    ///
    /// # Errors
    /// 400 with the place of the first mistake, 403 for a field that is hidden from the asker in every row.
    pub(crate) fn read(texts: &[String], who: &Identity, tz: Tz) -> Result<Filters, Problem> {
        if texts.len() > MOST {
            return Err(Problem::malformed(format!("A stream has at most {MOST} filters.")));
        }
        let hidden = hidden_everywhere(who, Permission::ChallanRead, Utc::now());
        let mut filters = Vec::with_capacity(texts.len());
        for (i, text) in texts.iter().enumerate() {
            let filter = filter::parse(text).map_err(|m| {
                let problem = Problem::malformed(m.to_string()).with("place", m.place.into());
                problem.with("expected", m.expected.into()).with("filter", i.into())
            })?;
            if let Some(field) = filter.fields().into_iter().find(|f| f.is_hidden(&hidden)) {
                return Err(Problem::forbidden(format!("The field {} is hidden from you.", field.as_str())));
            }
            filters.push(filter);
        }
        Ok(Filters { filters, tz })
    }

    /// What `who` is told.
    pub(crate) fn said(&self, told: &Told, who: &Identity) -> Said {
        match told {
            Told::Challan(event) => self.said_of(event, who),
            // A batch is its maker's own, and made at the site.
            Told::Batch(progress) if progress.maker == who.user_id && who.via == Via::Session => {
                Said::Batch(progress.data.clone())
            }
            Told::Batch(_) => Said::Nothing,
        }
    }

    fn said_of(&self, event: &Event, who: &Identity) -> Said {
        let now = Utc::now();
        let reached = |state: &State| reach(who, Permission::ChallanRead, &state.challan, now);
        let hidden = reached(&event.after);
        let hidden_before = event.before.as_ref().and_then(|before| Some((before, reached(before)?)));
        let places = Places {
            now: hidden.as_ref().map_or_else(Vec::new, |hidden| self.places(&event.after, hidden)),
            was: hidden_before.as_ref().map_or_else(Vec::new, |(before, hidden)| self.places(before, hidden)),
        };
        if !self.filters.is_empty() && places == Places::default() {
            return Said::Nothing;
        }
        match (hidden, hidden_before) {
            (None, None) => Said::Nothing,
            (None, Some(_)) => Said::Gone(json!({ "id": event.after.challan.id, "in": places.was }).to_string()),
            // A row that comes into reach is new to the asker, whatever changed.
            (Some(hidden), Some(_)) if !event.shows(&hidden) => Said::Nothing,
            (Some(hidden), _) => {
                let can = can(who, &event.after.challan, now);
                Said::Changed(event.data(&hidden, &can, (!self.filters.is_empty()).then_some(&places)))
            }
        }
    }

    fn places(&self, state: &State, hidden: &[String]) -> Vec<usize> {
        if self.filters.is_empty() {
            return Vec::new();
        }
        let today = Utc::now().with_timezone(&self.tz).date_naive();
        let finding = state.finding(self.tz);
        let holds = |(i, filter): (usize, &Filter)| filter.holds(finding, hidden, today).then_some(i);
        self.filters.iter().enumerate().filter_map(holds).collect()
    }
}
