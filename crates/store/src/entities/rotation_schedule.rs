//! How often the access key of a cloud account is rotated; without a row, the operator's default holds.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rotation_schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub cloud_account_id: i32,
    pub account_id: i32,
    pub every_days: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
