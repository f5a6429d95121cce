//! Sessions in customers' AWS consoles, without their URLs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "console_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: i32,
    pub cloud_account_id: i32,
    pub requested_by: String,
    pub reason: String,
    pub minutes: i32,
    pub state: String,
    pub requested_at: i64,
    pub decided_by: Option<String>,
    pub valid_until: i64,
    pub opened_at: Option<i64>,
    pub ends_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
