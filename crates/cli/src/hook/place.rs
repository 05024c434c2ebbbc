//! tmp
use crate::{
    args,
    failure::{Exit, Failure},
};
pub(crate) fn install(_: &args::Install) -> Result<Exit, Failure> {
    Ok(Exit::Clean)
}
pub(crate) fn uninstall(_: &args::Where) -> Result<Exit, Failure> {
    Ok(Exit::Clean)
}
pub(crate) fn status(_: &args::Where) -> Result<Exit, Failure> {
    Ok(Exit::Clean)
}
