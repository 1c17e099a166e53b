//! `ports`, of an environment and of a service.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::env::one_of;
use super::fault::quoted;
use super::faults::Faults;
use super::reader::{Table, describe};
use super::{check, schema};
use crate::model::port::{Bind, PortRange, PortSpec, Protocol};

/// `ports = ["3444-3445", 80]` of an environment: what may listen there.
pub(super) fn ranges(table: &Table<'_>, faults: &mut Faults) -> Vec<PortRange> {
    let Some(values) = table.values("ports", faults) else { return Vec::new() };
    values.iter().filter_map(|value| range(table, value, faults)).collect()
}

fn range(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    faults: &mut Faults,
) -> Option<PortRange> {
    let Some(text) = value.get_ref().as_str() else {
        let port = number(table, value, faults)?;
        return Some(PortRange { first: port, last: port });
    };
    let ends = text.split_once('-').map_or((text, text), |(first, last)| (first, last));
    let parse = |end: &str| end.trim().parse::<u16>().ok().filter(|port| *port > 0);
    match (parse(ends.0), parse(ends.1)) {
        (Some(first), Some(last)) if first <= last => Some(PortRange { first, last }),
        (Some(_), Some(_)) => {
            let message = format!("the range {} ends before it begins", quoted(text));
            faults.at(table.source, &value.span(), message, "write the smaller port first");
            None
        }
        _ => {
            let message = format!("{} is no range of ports", quoted(text));
            let remedy = "write `\"3444-3445\"`, or a single port as a number";
            faults.at(table.source, &value.span(), message, remedy);
            None
        }
    }
}

/// `ports = [3444, { port = 3445, name = "sse", bind = "loopback" }]` of a service.
pub(super) fn of_service(table: &Table<'_>, faults: &mut Faults) -> Vec<PortSpec> {
    let Some(values) = table.values("ports", faults) else { return Vec::new() };
    let mut ports: Vec<PortSpec> = Vec::new();
    for value in values {
        let Some(spec) = one(table, value, faults) else { continue };
        if ports.iter().any(|p| p.port == spec.port && p.protocol == spec.protocol) {
            let message = format!("port {}/{} is here twice", spec.port, spec.protocol.name());
            faults.at(table.source, &value.span(), message, "remove one of them");
        } else {
            ports.push(spec);
        }
    }
    ports
}

fn one<'a>(
    table: &Table<'a>,
    value: &'a Spanned<DeValue<'a>>,
    faults: &mut Faults,
) -> Option<PortSpec> {
    let Some(inner) = table.inner_table(value, &schema::PORT) else {
        let port = number(table, value, faults)?;
        return Some(PortSpec { port, protocol: Protocol::Tcp, name: None, bind: None });
    };
    inner.refuse_unknown(faults);
    inner.require("port", faults);
    let port = inner.value_of("port").and_then(|value| number(&inner, value, faults));
    let words = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
    let protocol = match inner.text("protocol", faults) {
        Some(text) => one_of(&inner, "protocol", &text, &words, faults)?,
        None => Protocol::Tcp,
    };
    let name = inner.text("name", faults);
    if let Some((name, Err(refusal))) =
        name.as_ref().map(|name| (name, check::name(name.get_ref())))
    {
        inner.refuse(&name.span(), refusal, faults);
    }
    let bind = inner.text("bind", faults);
    let bind = match &bind {
        Some(text) => Some(address(&inner, text.get_ref(), &text.span(), faults)?),
        None => None,
    };
    let name = name.map(|name| (*name.get_ref()).into());
    Some(PortSpec { port: port?, protocol, name, bind })
}

fn address(
    table: &Table<'_>,
    text: &str,
    span: &Range<usize>,
    faults: &mut Faults,
) -> Option<Bind> {
    match text {
        "any" => Some(Bind::Any),
        "loopback" => Some(Bind::Loopback),
        _ => {
            let address = text.parse().ok();
            if address.is_none() {
                let message = format!("{} is no address to bind to", quoted(text));
                let remedy =
                    "write `\"loopback\"`, `\"any\"`, or an address such as `\"10.0.0.5\"`";
                faults.at(table.source, span, message, remedy);
            }
            address.map(Bind::Address)
        }
    }
}

/// A port's number.
pub(super) fn number(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    faults: &mut Faults,
) -> Option<u16> {
    let port = super::reader::integer(value)
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port > 0);
    if port.is_none() {
        let message =
            format!("a port is a number from 1 to 65535, but this is {}", describe(value));
        faults.at(table.source, &value.span(), message, "write it as a number, such as `3444`");
    }
    port
}
