//! What was last read of nodes: the latest numbers in columns of their own, for metrics. `announced` and `series` are
//! JSON.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "node_readings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub deployment_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub node: String,
    pub instance_id: String,
    pub read_at: i64,
    pub system: Option<String>,
    pub itself: Option<String>,
    pub announced: String,
    pub cpu: Option<f64>,
    pub network_in: Option<f64>,
    pub network_out: Option<f64>,
    pub volume_read: Option<f64>,
    pub volume_write: Option<f64>,
    pub series: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
