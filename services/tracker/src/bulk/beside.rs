//! What stands beside rows and refuses them, which only an attempt to write them finds, and which rows have to be written together:
//! challans of one invoice go to another customer all at once or not at all.

use std::collections::{BTreeSet, HashMap};

use db::Tx;
use uuid::Uuid;

use super::{Desk, Refusal, row};
use crate::invoices;
use crate::store::finding;
use crate::store::jobs::Taken;
use crate::write::{Planned, Refused, Rehearsed, Tries};

/// Rows that are written together at most, where they stand on each other's invoices.
const TOGETHER: usize = 1000;

/// What the tries to write some rows have learnt, each from the one before.
#[derive(Debug, Default)]
pub struct Beside {
    refused: HashMap<Uuid, Refusal>,
    /// Those that are refused only as long as others are not.
    by_neighbours: HashMap<Uuid, Refusal>,
    /// The invoices, by folded number, that are another customer's as long as challans stand on them which may wait to be written;
    /// none where nobody waits.
    contested: Option<BTreeSet<String>>,
    /// How often more were found.
    rounds: u32,
    /// Whether the last try found something out.
    learnt: bool,
    pub(super) rehearsed: Rehearsed,
}

impl Beside {
    /// Of rows that are all written at once.
    #[must_use]
    pub fn new() -> Beside {
        Beside::default()
    }

    /// Of rows that are all judged at once, after what was `rehearsed`.
    #[must_use]
    pub fn after(rehearsed: Rehearsed) -> Beside {
        Beside { rehearsed, ..Beside::default() }
    }

    /// Of a piece of many rows, the others of which wait, after what was `rehearsed` in those before.
    #[must_use]
    pub fn of_piece(rehearsed: Rehearsed) -> Beside {
        Beside { contested: Some(BTreeSet::new()), ..Beside::after(rehearsed) }
    }

    /// What was rehearsed, for the pieces that follow.
    #[must_use]
    pub fn rehearsed(self) -> Rehearsed {
        self.rehearsed
    }

    /// Whether there is another try: at once where the last one found something out, else after a pause.
    pub async fn again(&mut self, tries: &mut Tries) -> bool {
        std::mem::take(&mut self.learnt) || tries.again().await
    }

    /// The challans on contested invoices, beside the `rows` of the piece.
    ///
    /// # Errors
    /// The database's own.
    pub async fn companions(&self, tx: &mut Tx, rows: &[Taken]) -> db::Result<Vec<Uuid>> {
        let contested: Vec<&str> = self.contested.iter().flatten().map(String::as_str).collect();
        let mut found = finding::on_invoices(tx, &contested, TOGETHER).await?;
        found.retain(|id| rows.binary_search_by_key(id, |row| row.id).is_err());
        Ok(found)
    }

    /// How many rows are taken where a piece has `size`, and so many companions of it wait. Rows beside each other are often each
    /// other's companions, so all are taken with them; where none waits, contested is refused.
    pub fn rows(&mut self, size: usize, companions: usize) -> usize {
        if self.rounds == 0 {
            return size;
        }
        let rows = size.saturating_mul(1 << self.rounds.min(16)).min(TOGETHER.max(size));
        if companions == 0 || rows >= TOGETHER {
            self.contested = None;
        }
        if companions == 0 { size } else { rows }
    }

    /// The refusal of a row that was found before.
    pub(super) fn refusal(&self, id: Uuid) -> Option<&Refusal> {
        self.refused.get(&id).or_else(|| self.by_neighbours.get(&id))
    }

    /// Keeps why rows are refused, unless they are to be tried together with more.
    pub(super) fn learn(&mut self, desk: &Desk<'_>, planned: &[Planned], refused: Vec<Refused>) {
        self.learnt = true;
        let invoices = refused.iter().filter_map(|row| invoices::key(&planned[row.place].after.challan));
        if let Some(contested) = &mut self.contested {
            let known = contested.len();
            contested.extend(invoices.map(|(_, folded)| folded));
            if contested.len() > known {
                self.rounds += 1;
                return;
            }
        }
        self.by_neighbours.clear();
        for Refused { place, errors, by_neighbour } in refused {
            let Planned { before, after, .. } = &planned[place];
            let refusal = row::refused(desk, before.as_ref().unwrap_or(&after.challan), &errors);
            let known = if by_neighbour { &mut self.by_neighbours } else { &mut self.refused };
            known.insert(after.challan.id, refusal);
        }
    }
}
