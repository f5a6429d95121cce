//! When AWS accounts in regions were last read, and whether they could be. `checks` and `figures` are JSON.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub aws_account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub region: String,
    pub begun_at: i64,
    pub read_at: Option<i64>,
    pub checks: Option<String>,
    pub figures: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
