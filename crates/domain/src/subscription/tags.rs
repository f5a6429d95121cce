//! Resource tags: what the customer wants written on everything that Berth makes.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reading::{Object, Reading},
    task::ErrorType,
};

/// How many resource tags a subscription may have. AWS allows 50 on a resource; the others are Berth's.
pub const MOST_TAGS: usize = 30;

/// AWS's own limits, in characters.
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// Keys that Berth writes itself, whatever the permission profile.
const TAKEN_KEYS: [&str; 2] = ["Name", "RedisLabsIdentifier"];

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceTag {
    /// Its key, unique in its subscription.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
}

/// A subscription's resource tags: at most 30, each key once, none of AWS's or Berth's own, in the customer's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceTags(Vec<ResourceTag>);

impl ResourceTags {
    /// The tags.
    pub fn as_slice(&self) -> &[ResourceTag] {
        &self.0
    }

    /// Reads the body of a change of the tags, `{"resourceTags": […]}`; an empty list removes them all.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        if !body.has("resourceTags") {
            reading.refuse("resourceTags", ErrorType::BadRequest, "is required; [] removes all tags");
        }
        let tags = Self::read(&mut reading, &body);
        reading.finish(Some(tags))
    }

    /// Reads the list `resourceTags` of an object.
    pub(crate) fn read(reading: &mut Reading, object: &Object<'_>) -> Self {
        let items = reading.objects(object, "resourceTags").unwrap_or_default();
        if items.len() > MOST_TAGS {
            let message = format!("may be at most {MOST_TAGS}; these are {}", items.len());
            reading.refuse(
                object.path("resourceTags"),
                ErrorType::ResourceTagsExceedsMaximumCount,
                message,
            );
        }
        let mut keys = HashSet::new();
        let mut tags = Vec::new();
        for item in &items {
            let key = read_key(reading, item);
            let value = read_value(reading, item);
            let (Some(key), Some(value)) = (key, value) else { continue };
            if !keys.insert(key.clone()) {
                let message = "is the key of another tag too";
                reading.refuse(item.path("key"), ErrorType::ResourceTagsDuplicateKey, message);
            }
            tags.push(ResourceTag { key, value });
        }
        Self(tags)
    }
}

fn read_key(reading: &mut Reading, tag: &Object<'_>) -> Option<String> {
    let given = tag.has("key");
    let key = reading.text(tag, "key");
    let (kind, message) = match &key {
        None if given => return None,
        None => (ErrorType::ResourceTagsEmptyKey, "is required".to_owned()),
        Some(key) if key.trim().is_empty() => {
            (ErrorType::ResourceTagsEmptyKey, "must not be empty".to_owned())
        }
        Some(key) if key.chars().count() > LONGEST_KEY => (
            ErrorType::ResourceTagKeyExceedsMaximumLength,
            format!("must be at most {LONGEST_KEY} characters"),
        ),
        Some(key) if has_prefix(key, "aws:") => (
            ErrorType::ResourceTagsNameNotAllowed,
            "must not begin with aws:, which is AWS's own".to_owned(),
        ),
        Some(key) if has_prefix(key, "berth:") || TAKEN_KEYS.contains(&key.as_str()) => (
            ErrorType::ResourceTagsNameNotAllowed,
            "is a tag that Berth writes itself; choose another key".to_owned(),
        ),
        Some(key) if !key.chars().all(may_stand_in_a_tag) => {
            (ErrorType::ResourceTagsNameNotAllowed, CHARACTERS.to_owned())
        }
        Some(_) => return key,
    };
    reading.refuse(tag.path("key"), kind, message);
    None
}

fn read_value(reading: &mut Reading, tag: &Object<'_>) -> Option<String> {
    let given = tag.has("value");
    let value = reading.text(tag, "value");
    let (kind, message) = match &value {
        None if given => return None,
        None => (ErrorType::ResourceTagsMissingValue, "is required; it may be empty".to_owned()),
        Some(value) if value.chars().count() > LONGEST_VALUE => (
            ErrorType::ResourceTagValueExceedsMaximumLength,
            format!("must be at most {LONGEST_VALUE} characters"),
        ),
        Some(value) if !value.chars().all(may_stand_in_a_tag) => {
            (ErrorType::BadRequest, CHARACTERS.to_owned())
        }
        Some(_) => return value,
    };
    reading.refuse(tag.path("value"), kind, message);
    None
}

const CHARACTERS: &str = "may have letters, digits, spaces and any of _ . : / = + - @";

/// What AWS allows in the tags of every service.
fn may_stand_in_a_tag(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}

fn has_prefix(key: &str, prefix: &str) -> bool {
    key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
