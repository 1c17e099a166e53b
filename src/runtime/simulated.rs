//! Simulated hosts (not yet).
use crate::model::fault::Fault;
/// x
pub struct Fleet;
impl Fleet {
    /// x
    pub fn host(&self, _name: &str) -> Result<super::local::Local, Fault> {
        Ok(super::local::Local)
    }
}
