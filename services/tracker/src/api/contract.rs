//! How handlers and the OpenAPI document agree: what an answer, a body and a caller are in it.

use std::marker::PhantomData;

use poem::{Body, FromRequest, IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaParamIn, MetaRequest, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef,
    MetaSecurityScheme, Registry,
};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, OpenApi, OpenApiService};
use serde_json::{Map, Value};

use super::caller::Caller;
use super::fault::Fault;
use super::{batches, body, bulk, challans, customers, executives, history, ingest, lists, schema, series, views};

/// The media type of problems (RFC 9457).
const PROBLEM: &str = "application/problem+json";

const TITLE: &str = "DC Tracker register";
const DESCRIPTION: &str = "Challans, their history, and the ingest of other systems. /api/v1/… is the same as /api/….";

/// What the document is made from: a struct a noun.
type Apis = (
    challans::Challans,
    history::History,
    lists::Lists,
    ingest::Ingest,
    customers::CustomerList,
    executives::Executives,
    series::SeriesOfNumbers,
    batches::Batches,
    bulk::Bulk,
    views::Views,
);

/// Every address of the API with its handler.
pub(crate) fn service() -> OpenApiService<Apis, ()> {
    let apis: Apis = (
        challans::Challans,
        history::History,
        lists::Lists,
        ingest::Ingest,
        customers::CustomerList,
        executives::Executives,
        series::SeriesOfNumbers,
        batches::Batches,
        bulk::Bulk,
        views::Views,
    );
    OpenApiService::new(apis, TITLE, env!("CARGO_PKG_VERSION"))
}

/// The document as JSON text with a line break at its end.
#[must_use]
pub fn text() -> String {
    // A document a noun: the library writes an address that two nouns share twice, and the second would hide the first.
    let mut document = Value::Null;
    for noun in [
        documented(challans::Challans),
        documented(history::History),
        documented(lists::Lists),
        documented(ingest::Ingest),
        documented(customers::CustomerList),
        documented(executives::Executives),
        documented(series::SeriesOfNumbers),
        documented(batches::Batches),
        documented(bulk::Bulk),
        documented(views::Views),
    ] {
        join(&mut document, noun);
    }
    // The library drops the slash at an address' end, which this API requires.
    if let Some(paths) = document["paths"].as_object_mut() {
        *paths = std::mem::take(paths).into_iter().map(|(path, item)| (path + "/", item)).collect();
    }
    // Nor does it say that what an answer may lack is sent as null, and that null clears a field of a body.
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(nullable);
    }
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn documented<T: OpenApi>(noun: T) -> Value {
    let service = OpenApiService::new(noun, TITLE, env!("CARGO_PKG_VERSION")).description(DESCRIPTION);
    serde_json::from_str(&service.spec()).unwrap_or_default()
}

/// Adds what `more` has and `document` lacks.
fn join(document: &mut Value, more: Value) {
    match (document, more) {
        (Value::Object(document), Value::Object(more)) => {
            for (name, value) in more {
                join(document.entry(name).or_insert(Value::Null), value);
            }
        }
        (document, more) if document.is_null() => *document = more,
        _ => {}
    }
}

/// Lets every property that is not required be null.
fn nullable(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, property) in properties {
        if required.iter().any(|known| known == name) {
            continue;
        }
        // Beside a bare `$ref` nothing else counts (OpenAPI 3.0.3, Reference Object).
        if property.get("$ref").is_some() {
            *property = serde_json::json!({ "allOf": [property.take()] });
        }
        property["nullable"] = true.into();
    }
}

/// One method of an address.
pub(crate) struct Operation {
    /// The address, such as `/api/tracker/data/{id}`.
    at: String,
    /// `GET`.
    pub(crate) method: String,
    /// What may stand behind the question mark.
    pub(crate) parameters: Vec<String>,
}

impl Operation {
    /// Whether it is one of the address `path`, as the router knows it.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let (pattern, parts) = (self.at.split('/'), path.split('/'));
        pattern.clone().count() == parts.clone().count()
            && pattern.zip(parts).all(|(p, part)| p.starts_with('{') || p == part)
    }
}

/// Every method of every address.
pub(crate) fn operations() -> Vec<Operation> {
    let mut found = Vec::new();
    for path in <Apis as OpenApi>::meta().into_iter().flat_map(|api| api.paths) {
        for operation in path.operations {
            let asked = operation.params.into_iter().filter(|parameter| parameter.in_type == MetaParamIn::Query);
            found.push(Operation {
                at: path.path.clone(),
                method: operation.method.to_string(),
                parameters: asked.map(|parameter| parameter.name).collect(),
            });
        }
    }
    found
}

/// An answer with `STATUS` and a body of the shape `T`.
pub(crate) struct Shown<T, const STATUS: u16 = 200>(Response, PhantomData<fn() -> T>);

impl<T, const STATUS: u16> From<Response> for Shown<T, STATUS> {
    fn from(response: Response) -> Self {
        Shown(response, PhantomData)
    }
}

impl<T: Type, const STATUS: u16> IntoResponse for Shown<T, STATUS> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T: Type, const STATUS: u16> ApiResponse for Shown<T, STATUS> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![success::<T>(STATUS)] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// A changed challan; 409 and 412 carry the row as it stands.
pub(crate) struct Edited(Response);

impl From<Response> for Edited {
    fn from(response: Response) -> Self {
        Edited(response)
    }
}

impl IntoResponse for Edited {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Edited {
    fn meta() -> MetaResponses {
        let conflict = |status, description| MetaResponse {
            content: vec![media(PROBLEM, schema::Conflict::schema_ref())],
            ..response(Some(status), description)
        };
        let responses = vec![
            success::<schema::Challan>(200),
            conflict(409, "Somebody else changed the same field meanwhile."),
            conflict(412, "The version named is not the present one."),
        ];
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        schema::Challan::register(registry);
        schema::Conflict::register(registry);
    }
}

fn response(status: Option<u16>, description: &'static str) -> MetaResponse {
    MetaResponse { description, status, status_range: None, content: Vec::new(), headers: Vec::new() }
}

fn media(content_type: &'static str, schema: MetaSchemaRef) -> MetaMediaType {
    MetaMediaType { content_type, schema }
}

pub(super) fn success<T: Type>(status: u16) -> MetaResponse {
    let header = |name: &str, description: &str| MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        schema: String::schema_ref(),
    };
    MetaResponse {
        content: vec![media("application/json", T::schema_ref())],
        headers: vec![
            header("ETag", "The version of a single challan, in quotation marks."),
            header("X-Batch-Id", "The batch of a write."),
            header("X-Request-Id", "The request's number in the logs."),
        ],
        ..response(Some(status), "Done.")
    }
}

/// Everything that is not done is a problem document.
impl ApiResponse for Fault {
    fn meta() -> MetaResponses {
        let range = |range: &str, description| MetaResponse {
            status_range: Some(range.to_owned()),
            content: vec![media(PROBLEM, schema::Problem::schema_ref())],
            ..response(None, description)
        };
        let asked = "This cannot be done; the problem says which field, why, and what would be right.";
        let ours = "Our fault; 503 with Retry-After where the database or another service is away.";
        MetaResponses { responses: vec![range("4XX", asked), range("5XX", ours)] }
    }

    fn register(registry: &mut Registry) {
        schema::Problem::register(registry);
    }
}

/// A JSON object of the shape `T`, as it was sent; the noun's own rules read it, so that every field has its own reason.
pub(crate) struct JsonObject<T, const LIMIT: usize = { body::JSON_LIMIT }> {
    pub(crate) given: Map<String, Value>,
    shape: PhantomData<fn() -> T>,
}

impl<T, const LIMIT: usize> JsonObject<T, LIMIT> {
    /// The object as bytes that are the same for the same object.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.given).unwrap_or_default()
    }
}

impl<'a, T: Type, const LIMIT: usize> ApiExtractor<'a> for JsonObject<T, LIMIT> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![media("application/json", T::schema_ref())];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        // Before the body: who may not write is not read.
        let given = body::object(request, <Body as FromRequest>::from_request(request, body).await?, LIMIT)
            .await
            .map_err(Fault::from)?;
        Ok(JsonObject { given, shape: PhantomData })
    }
}

/// A body without fields, or none at all: whoever sends one means something that is not done here.
pub(crate) struct Nothing;

impl<'a> ApiExtractor<'a> for Nothing {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        let body = <Body as FromRequest>::from_request(request, body).await?;
        let given = body::object(request, body, body::JSON_LIMIT).await.map_err(Fault::from)?;
        match given.keys().next() {
            Some(name) => Err(Fault(challans::one(name, "unknown_field", "This address takes no fields.")).into()),
            None => Ok(Nothing),
        }
    }
}

/// Rows of another system, a JSON array or an object a line.
pub(crate) struct Rows(pub(crate) Body);

impl<'a> ApiExtractor<'a> for Rows {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        schema::IngestRow::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        // A row of any other shape is a row too: it is rejected by itself, in its place among the results.
        let any = MetaSchemaRef::Inline(Box::new(MetaSchema::ANY));
        let row = MetaSchema { any_of: vec![schema::IngestRow::schema_ref(), any], ..MetaSchema::ANY };
        let row = MetaSchemaRef::Inline(Box::new(row));
        let rows = MetaSchema { items: Some(Box::new(row.clone())), ..MetaSchema::new("array") };
        let content =
            vec![media("application/json", MetaSchemaRef::Inline(Box::new(rows))), media("application/x-ndjson", row)];
        let description =
            "Up to 10,000 rows and 16 MiB unpacked. A row that breaks a rule is rejected; the others are written.";
        Some(MetaRequest { description: Some(description), content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        Ok(Rows(<Body as FromRequest>::from_request(request, body).await?))
    }
}

/// The caller is who the session's cookie or the key says; a cookie needs the CSRF token on unsafe methods.
impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let scheme = |ty, name, key_in, scheme, description| MetaSecurityScheme {
            ty,
            description: Some(description),
            name,
            key_in,
            scheme,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        let session = "With the cookie csrftoken sent back in X-CSRFToken on POST, PUT, PATCH and DELETE.";
        registry.create_security_scheme("session", scheme("apiKey", Some("sessionid"), Some("cookie"), None, session));
        registry.create_security_scheme("key", scheme("http", None, None, Some("bearer"), "An API key, dct_…."));
    }

    fn security_schemes() -> Vec<&'static str> {
        vec!["session", "key"]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        Ok(Caller::of(request).await?)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use domain::challan::Facts;
    use poem_openapi::types::ParseFromJSON;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::write::Context;

    #[test]
    fn every_address_is_in_the_document() {
        let document: Value = serde_json::from_str(&text()).unwrap();
        let written = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let path = path.trim_end_matches('/').to_owned();
            item.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
        });
        let mut written: Vec<(String, String)> = written.collect();
        let mut routed: Vec<(String, String)> = operations().into_iter().map(|o| (o.at, o.method)).collect();
        written.sort();
        routed.sort();
        assert_eq!(written, routed);
    }

    #[test]
    fn a_challan_is_what_the_document_says() {
        let context = Context {
            actor_id: Uuid::now_v7(),
            actor_name: "Asha".into(),
            via: "site",
            address: String::new(),
            request_id: String::new(),
            batch_id: Uuid::now_v7(),
            now: Utc::now(),
            tz: chrono_tz::Asia::Kolkata,
        };
        let challan = challans::fresh(Facts::of(context.today()), Uuid::now_v7(), &context);
        let mut row = serde_json::to_value(challan).unwrap();
        row["hidden"] = json!([]);
        row["can"] = json!(["update", "issue", "delete"]);
        let known = row.as_object().unwrap().len();
        assert!(schema::Challan::parse_from_json(Some(row)).is_ok(), "no field is missing, unknown or of another type");
        let document: Value = serde_json::from_str(&text()).unwrap();
        assert_eq!(document["components"]["schemas"]["Challan"]["properties"].as_object().unwrap().len(), known);
    }
}
