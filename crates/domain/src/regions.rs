//! The commercial AWS regions.

/// A region: its code and its number in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The code, such as `eu-west-1`.
    pub name: &'static str,
    /// Its number in the API. Never reused or changed.
    pub id: i32,
}

macro_rules! regions {
    ($($id:literal $name:literal),* $(,)?) => {
        /// Every commercial region (partition `aws`), by code. Source: AWS's list of regions,
        /// as of 2025; new ones go to the end with the next number.
        pub const REGIONS: &[Region] = &[$(Region { id: $id, name: $name }),*];
    };
}

regions! {
    1 "us-east-1", 2 "us-east-2", 3 "us-west-1", 4 "us-west-2",
    5 "af-south-1", 6 "ap-east-1", 7 "ap-east-2", 8 "ap-northeast-1", 9 "ap-northeast-2",
    10 "ap-northeast-3", 11 "ap-south-1", 12 "ap-south-2", 13 "ap-southeast-1",
    14 "ap-southeast-2", 15 "ap-southeast-3", 16 "ap-southeast-4", 17 "ap-southeast-5",
    18 "ap-southeast-6", 19 "ap-southeast-7", 20 "ca-central-1", 21 "ca-west-1",
    22 "eu-central-1", 23 "eu-central-2", 24 "eu-north-1", 25 "eu-south-1", 26 "eu-south-2",
    27 "eu-west-1", 28 "eu-west-2", 29 "eu-west-3", 30 "il-central-1", 31 "me-central-1",
    32 "me-south-1", 33 "mx-central-1", 34 "sa-east-1",
}
