//! Reading a challan. Its facts stand beside its other fields; serde reads a flattened part by way of a map of all of them, and
//! reading is most of what a list, an export or a rebuilt index costs.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{Challan, Facts, Paise, Stage, When};

/// A challan as it is written, field by field.
#[derive(Deserialize)]
pub(super) struct Flat {
    id: Uuid,
    challan_number: Option<String>,
    date: NaiveDate,
    customer: String,
    dc_summary: Option<String>,
    delivery_executives: Vec<String>,
    amount: Option<Paise>,
    dispatched_at: Option<When>,
    delivered_at: Option<When>,
    invoice_number: Option<String>,
    invoice_date: Option<NaiveDate>,
    invoice_submission: bool,
    invoice_submitted_on: Option<NaiveDate>,
    pod_upload_date: Option<NaiveDate>,
    received_by: Option<String>,
    remarks: Option<String>,
    customer_id: Uuid,
    proof_of_delivery: Vec<Uuid>,
    stage: Stage,
    voided_at: Option<DateTime<Utc>>,
    void_reason: Option<String>,
    source: Option<String>,
    external_id: Option<String>,
    version: u64,
    created_at: DateTime<Utc>,
    created_by: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
    deleted_at: Option<DateTime<Utc>>,
    deleted_by: Option<String>,
}

impl From<Flat> for Challan {
    fn from(flat: Flat) -> Challan {
        Challan {
            id: flat.id,
            challan_number: flat.challan_number,
            facts: Facts {
                date: flat.date,
                customer: flat.customer,
                dc_summary: flat.dc_summary,
                delivery_executives: flat.delivery_executives,
                amount: flat.amount,
                dispatched_at: flat.dispatched_at,
                delivered_at: flat.delivered_at,
                invoice_number: flat.invoice_number,
                invoice_date: flat.invoice_date,
                invoice_submission: flat.invoice_submission,
                invoice_submitted_on: flat.invoice_submitted_on,
                pod_upload_date: flat.pod_upload_date,
                received_by: flat.received_by,
                remarks: flat.remarks,
            },
            customer_id: flat.customer_id,
            proof_of_delivery: flat.proof_of_delivery,
            stage: flat.stage,
            voided_at: flat.voided_at,
            void_reason: flat.void_reason,
            source: flat.source,
            external_id: flat.external_id,
            version: flat.version,
            created_at: flat.created_at,
            created_by: flat.created_by,
            updated_at: flat.updated_at,
            updated_by: flat.updated_by,
            deleted_at: flat.deleted_at,
            deleted_by: flat.deleted_by,
        }
    }
}
