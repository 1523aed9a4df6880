//! What a filter can ask about.

use serde::Serialize;

use crate::challan::Stage;

/// How a field's values are written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of few words.
    Choice,
    /// The whole folded text, or its beginning with `*`.
    Text,
    /// As text, for any member.
    List,
    /// Words in a text.
    Words,
    /// A civil day; an instant counts as its day in the organisation's time zone.
    Day,
    /// Rupees.
    Money,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
}

macro_rules! fields {
    ($($variant:ident = $name:literal, $kind:ident, [$($other:literal),*], [$($column:literal),+];)*) => {
        /// A field by the name that filters give it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            $(#[doc = concat!("`", $name, ":`")] $variant,)*
        }

        impl Field {
            /// Every field, in the order in which completion offers them.
            pub const ALL: &'static [Field] = &[$(Field::$variant),*];

            /// The name in a filter.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Field::$variant => $name),* }
            }

            /// The field that `name` names in capitals or small letters, by its own name or by that of its column.
            #[must_use]
            pub fn parse(name: &str) -> Option<Field> {
                match name.to_ascii_lowercase().as_str() { $($name $(| $other)* => Some(Field::$variant),)* _ => None }
            }

            /// How its values are compared.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Field::$variant => Kind::$kind),* }
            }

            /// The columns of a challan that it is read from: where one of them is hidden, so is the field.
            #[must_use]
            pub fn columns(self) -> &'static [&'static str] {
                match self { $(Field::$variant => &[$($column),+]),* }
            }
        }
    };
}

fields! {
    Stage = "stage", Choice, [], ["stage"];
    Customer = "customer", Text, [], ["customer"];
    Executive = "executive", List, ["executives", "delivery_executives"], ["delivery_executives"];
    Date = "date", Day, [], ["date"];
    Number = "number", Text, ["challan_number"], ["challan_number"];
    Amount = "amount", Money, [], ["amount"];
    Age = "age", Number, [], ["date", "delivered_at", "pod_upload_date", "invoice_date"];
    Pod = "pod", Flag, ["proof_of_delivery"], ["proof_of_delivery", "pod_upload_date"];
    Invoice = "invoice", Text, ["invoice_number"], ["invoice_number"];
    Submitted = "submitted", Flag, ["invoice_submission"], ["invoice_submission"];
    Summary = "summary", Words, ["dc_summary"], ["dc_summary"];
    Remarks = "remarks", Words, [], ["remarks"];
    Dispatched = "dispatched", Day, ["dispatched_at"], ["dispatched_at"];
    Delivered = "delivered", Day, ["delivered_at"], ["delivered_at"];
    PodDate = "pod_date", Day, ["pod_upload_date"], ["pod_upload_date"];
    ReceivedBy = "received_by", Text, [], ["received_by"];
    InvoiceDate = "invoice_date", Day, [], ["invoice_date"];
    SubmittedOn = "submitted_on", Day, ["invoice_submitted_on"], ["invoice_submitted_on"];
    Voided = "voided", Day, ["voided_at"], ["voided_at"];
    VoidReason = "void_reason", Words, [], ["void_reason"];
    Source = "source", Text, [], ["source"];
    External = "external", Text, ["external_id"], ["external_id"];
    Version = "version", Number, [], ["version"];
    Created = "created", Day, ["created_at"], ["created_at"];
    CreatedBy = "created_by", Text, [], ["created_by"];
    Updated = "updated", Day, ["updated_at"], ["updated_at"];
    UpdatedBy = "updated_by", Text, [], ["updated_by"];
    Deleted = "deleted", Day, ["deleted_at"], ["deleted_at"];
    DeletedBy = "deleted_by", Text, [], ["deleted_by"];
}

impl Field {
    /// Whether it is hidden from an asker from whom `hidden` columns are kept.
    #[must_use]
    pub fn is_hidden(self, hidden: &[String]) -> bool {
        self.columns().iter().any(|column| hidden.iter().any(|h| h == column))
    }

    /// Words that stand for a value; the search box offers them.
    #[must_use]
    pub fn values(self) -> Vec<&'static str> {
        match self.kind() {
            Kind::Choice => Stage::ALL.iter().map(|s| s.as_str()).collect(),
            Kind::Day => vec!["today", "this-month", "this-quarter", "this-fy", "last-7d", "last-30d", "none", "any"],
            Kind::Flag => vec!["yes", "no"],
            Kind::Text | Kind::List | Kind::Words | Kind::Money => vec!["none", "any"],
            Kind::Number => Vec::new(),
        }
    }

    /// A term as it may be written.
    #[must_use]
    pub fn example(self) -> String {
        let value = match self {
            Field::Age => ">7",
            Field::Number => "2607*",
            Field::Customer => "\"Asha Traders\"",
            Field::Executive => "ravi",
            Field::Invoice => "INV-0042",
            Field::ReceivedBy => "\"S. Iyer\"",
            Field::Source => "erp",
            Field::External => "so-1042",
            _ => match self.kind() {
                Kind::Choice => "delivered,dispatched",
                Kind::Text | Kind::List => "asha*",
                Kind::Words => "gate",
                Kind::Day => "2026-07-01..2026-07-31",
                Kind::Money => ">50000",
                Kind::Number => ">1",
                Kind::Flag => "no",
            },
        };
        format!("{}:{value}", self.as_str())
    }
}

/// What the search box offers for one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// What stands before the colon.
    pub field: &'static str,
    /// How values are written.
    pub kind: Kind,
    /// Words that stand for a value.
    pub values: Vec<&'static str>,
    /// A term as it may be written.
    pub example: String,
}

/// Every field that an asker may use from whom `hidden` columns are kept.
#[must_use]
pub fn completions(hidden: &[String]) -> Vec<Completion> {
    let shown = Field::ALL.iter().filter(|field| !field.is_hidden(hidden));
    shown
        .map(|field| Completion {
            field: field.as_str(),
            kind: field.kind(),
            values: field.values(),
            example: field.example(),
        })
        .collect()
}
