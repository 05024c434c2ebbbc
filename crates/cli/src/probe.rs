//! `leeward probe hosts`.

use std::io::{self, BufWriter, Write as _};

use leeward_model::SafeText;
use leeward_probe::{Network, Settings, hosts};

use crate::{
    args, asking,
    failure::{Exit, Failure},
    library,
};

/// Lists the hosts that could be asked, and what for.
pub(crate) fn run(command: args::Probe) -> Result<Exit, Failure> {
    let args::Probe::Hosts { dossiers, base_url } = command;
    let library = library::load(&dossiers)?;
    let bases = asking::bases(&base_url, &library)?;
    let network = Network { bases, ..Network::default() };
    let hosts = hosts(&library, &Settings { network, ..Settings::default() });
    let width = hosts.iter().map(|it| it.host.chars().count()).max().unwrap_or_default().max(4);
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "{:width$}  FOR", "HOST")?;
    for it in hosts {
        let dossiers = it.dossiers.join(", ");
        writeln!(
            out,
            "{:width$}  {}",
            SafeText::new(&it.host).to_string(),
            SafeText::new(&dossiers)
        )?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}
